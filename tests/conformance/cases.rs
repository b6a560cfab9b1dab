//! Vectors that stand for several.

use serde_json::{Map, Value};

/// The vector once for each of its `cases`, with the names in braces replaced by the values of the
/// case; or as it is if it has none.
pub(crate) fn expand(mut item: Value) -> Vec<Value> {
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
