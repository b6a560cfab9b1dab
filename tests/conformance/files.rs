//! Reads the files of `conformance/`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

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

/// The vector once for each of its `cases`, with the names in braces replaced by the values of the
/// case; or as it is if it has none.
fn expand(mut item: Value) -> Vec<Value> {
    let members = item.as_object_mut().expect("a vector");
    let Some(cases) = members.remove("cases") else { return vec![item] };
    let Value::Array(cases) = cases else { panic!("{item}: cases are a list") };
    let id = item["id"].as_str().expect("an id").to_owned();
    let one = |(at, case): (usize, &Value)| {
        let mut vector = filled(&item, case.as_object().expect("a case"));
        vector["id"] = format!("{id}-{}", at + 1).into();
        vector
    };
    cases.iter().enumerate().map(one).collect()
}

fn filled(value: &Value, case: &Map<String, Value>) -> Value {
    match value {
        Value::String(text) => filled_text(text, case),
        Value::Array(items) => items.iter().map(|item| filled(item, case)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), filled(value, case))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// Replaces the names in a text. A name that is the whole text may be replaced by a value of any
/// kind.
fn filled_text(text: &str, case: &Map<String, Value>) -> Value {
    let braced = |name: &str| format!("{{{name}}}");
    if let Some((_, value)) = case.iter().find(|(name, _)| braced(name) == text) {
        return value.clone();
    }
    let fill = |text: String, (name, value): (&String, &Value)| match value {
        Value::String(value) => text.replace(&braced(name), value),
        value => text.replace(&braced(name), &value.to_string()),
    };
    case.iter().fold(text.to_owned(), fill).into()
}
