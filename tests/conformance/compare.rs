//! Compares what a vector expects with what happened.

use serde_json::{Map, Value};

use crate::bytes::{Context, bytes, text};

/// Whether an event or something sent is as expected. Members that the expectation leaves out may
/// have any value, those with `null` must be missing, and those with `true` must be there.
pub(crate) fn matches(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => expected.iter().all(|(name, expected)| {
            let got = got.get(name).unwrap_or(&Value::Null);
            matches(expected, got) || name == "connection" && has_token(got, expected)
        }),
        (Value::Array(expected), Value::Array(got)) => {
            expected.len() == got.len() && expected.iter().zip(got).all(|(a, b)| matches(a, b))
        }
        (Value::Bool(true), got) => !matches!(got, Value::Null | Value::Bool(false)),
        (Value::Number(expected), Value::Number(got)) => expected.as_f64() == got.as_f64(),
        (expected, got) => expected == got,
    }
}

/// Whether a list, as in `Connection`, has the token.
fn has_token(list: &Value, token: &Value) -> bool {
    let (Some(list), Some(token)) = (list.as_str(), token.as_str()) else { return false };
    list.split(',').any(|option| option.trim().eq_ignore_ascii_case(token))
}

/// An expectation in the form that is compared: bytes as digits, names of headers in lower case.
pub(crate) fn normal(expected: &Value, context: Context<'_>) -> Value {
    let Value::Object(members) = expected else { return expected.clone() };
    let member =
        |(name, value): (&String, &Value)| (name.clone(), normal_member(name, value, context));
    Value::Object(members.iter().map(member).collect())
}

fn normal_member(name: &str, value: &Value, context: Context<'_>) -> Value {
    match name {
        _ if matches!(value, Value::Bool(_) | Value::Null) => value.clone(),
        "text" | "reason" | "body" => text(value, context).into(),
        "binary" | "continuation" | "ping" | "pong" | "payload" => {
            digits(&bytes(value, context)).into()
        }
        "headers" => {
            let lower =
                |(name, value): (&String, &Value)| (name.to_ascii_lowercase(), value.clone());
            Value::Object(
                value.as_object().map_or_else(Map::new, |it| it.iter().map(lower).collect()),
            )
        }
        "request" | "open" | "refused" | "response" => normal(value, context),
        _ => value.clone(),
    }
}

/// Like [`normal`], for something sent: frames are final and not compressed by default.
pub(crate) fn normal_sent(expected: &Value, context: Context<'_>) -> Value {
    let mut expected = normal(expected, context);
    let members = expected.as_object_mut().expect("what is sent");
    if ["text", "binary", "continuation"].iter().any(|name| members.contains_key(*name)) {
        members.entry("fin").or_insert(Value::Bool(true));
        members.entry("compressed").or_insert(Value::Bool(false));
    }
    expected
}

pub(crate) fn digits(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// A list for messages of failed tests, with long texts cut.
pub(crate) fn shown(items: &[Value]) -> String {
    let lines = items.iter().map(|item| format!("\n      {}", shortened(item)));
    if items.is_empty() { " nothing".into() } else { lines.collect() }
}

fn shortened(value: &Value) -> Value {
    match value {
        Value::String(text) if text.chars().count() > 200 => {
            let head: String = text.chars().take(60).collect();
            format!("{head}… ({} bytes)", text.len()).into()
        }
        Value::Array(items) => items.iter().map(shortened).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), shortened(value))).collect()
        }
        other => other.clone(),
    }
}
