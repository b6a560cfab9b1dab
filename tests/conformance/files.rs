//! Reads the files of `conformance/`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cases::expand;
use crate::vector::Vector;

/// The files of vectors, in the order of the catalogue.
pub(crate) const FILES: [&str; 9] = [
    "server-handshake",
    "extensions",
    "client-handshake",
    "frames",
    "messages",
    "utf8",
    "close",
    "deflate",
    "timing",
];

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The path of a file in `conformance/`.
pub(crate) fn path(name: &str) -> PathBuf {
    root().join("conformance").join(name)
}

pub(crate) fn read_json(name: &str) -> Value {
    let path = path(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

/// All vectors of a file, with one for each case.
pub(crate) fn vectors(file: &str) -> Vec<Vector> {
    let Value::Array(items) = read_json(&format!("{file}.json")) else {
        panic!("{file}: not a list");
    };
    items.into_iter().flat_map(expand).map(Vector::read).collect()
}
