//! Plays the vectors of `conformance/proxies/`: what is said to proxies, and which one is used.

#[path = "../support/mod.rs"]
mod support;

#[path = "../conformance/bytes.rs"]
#[expect(dead_code, reason = "no text is needed here")]
mod bytes;
#[path = "../conformance/cases.rs"]
mod cases;

mod environment;
mod hidden;
mod tunnels;

use std::fs;
use std::path::Path;

use serde_json::Value;

/// All vectors of a file, with one for each case.
fn vectors(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/proxies").join(file);
    let text = fs::read_to_string(path).expect("the vectors");
    let text = text.replace("{version}\"", concat!(env!("CARGO_PKG_VERSION"), "\""));
    let items: Vec<Value> = serde_json::from_str(&text).expect("a list");
    items.into_iter().flat_map(cases::expand).collect()
}

/// Plays all vectors of a file, and reports those that fail.
fn play(file: &str, play: impl Fn(&Value) -> Result<(), String>) {
    let vectors = vectors(file);
    let with_id = |vector: &Value| Some((vector["id"].clone(), play(vector).err()?));
    let failures: Vec<String> =
        vectors.iter().filter_map(with_id).map(|(id, error)| format!("{id}: {error}")).collect();
    assert!(vectors.len() > 60, "only {} vectors", vectors.len());
    assert!(failures.is_empty(), "{} fail:\n{}", failures.len(), failures.join("\n"));
}
