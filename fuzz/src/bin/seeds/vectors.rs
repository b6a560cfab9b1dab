//! Reads the parts of the vectors that seeds are made from. `conformance/README.md` has their
//! format.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use crate::bytes::{Context, bytes};

/// The input of one vector.
pub(crate) struct Vector {
    pub(crate) handshake: bool,
    pub(crate) agreed: bool,
    pub(crate) urls: Vec<String>,
    role: String,
    inputs: Vec<Value>,
}

impl Vector {
    /// All bytes that this role receives; `None` if there are none or the vector is for the other
    /// role.
    pub(crate) fn input(&self, client: bool) -> Option<Vec<u8>> {
        let role = if client { "client" } else { "server" };
        let played = self.role == "both" || self.role == role;
        let input = || self.bytes(client);
        played.then(input).filter(|input| !input.is_empty())
    }

    /// All bytes that arrive, with frames not masked, as a client receives them.
    pub(crate) fn unmasked_input(&self) -> Option<Vec<u8>> {
        Some(self.bytes(true)).filter(|input| !input.is_empty())
    }

    fn bytes(&self, client: bool) -> Vec<u8> {
        let context = Context { client, last_ping: &[] };
        self.inputs.iter().flat_map(|input| bytes(input, context)).collect()
    }

    fn read(value: &Value) -> Self {
        let steps = value["steps"].as_array().expect("steps");
        let url = |step: &Value| step["do"]["connect"]["url"].as_str().map(str::to_owned);
        Self {
            handshake: value["start"] == "handshake",
            agreed: value.get("agreed").is_some(),
            urls: steps.iter().filter_map(url).collect(),
            role: value["role"].as_str().expect("a role").into(),
            inputs: steps.iter().filter_map(|step| step.get("in").cloned()).collect(),
        }
    }
}

/// The vectors of all files.
pub(crate) fn all() -> Vec<Vector> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance");
    let files = fs::read_dir(folder).expect("the vectors").map(|file| file.expect("a file").path());
    let json = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let vectors = json.filter(|path| !path.ends_with("catalogue.json")).flat_map(|path| of(&path));
    vectors.map(|vector| Vector::read(&vector)).collect()
}

/// What proxies answer.
pub(crate) fn proxy_answers() -> impl Iterator<Item = Vec<u8>> {
    let context = Context { client: true, last_ping: &[] };
    of_proxies("tunnels.json").into_iter().map(move |vector| {
        let steps = vector["steps"].as_array().expect("steps").iter();
        steps.filter_map(|step| step.get("in")).flat_map(|input| bytes(input, context)).collect()
    })
}

/// The URL, the first proxy and the list of servers without one.
pub(crate) fn proxy_variables() -> impl Iterator<Item = [String; 3]> {
    of_proxies("environment.json").into_iter().map(|vector| {
        let variables = vector["variables"].as_object().expect("variables");
        let proxy = variables.iter().find(|(name, _)| !name.eq_ignore_ascii_case("no_proxy"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let proxy = proxy.map_or_else(String::new, |(_, value)| text(value));
        [text(&vector["url"]), proxy, text(&vector["variables"]["no_proxy"])]
    })
}

fn of_proxies(file: &str) -> Vec<Value> {
    of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/proxies").join(file))
}

/// The vectors of a file.
fn of(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("a file of vectors");
    let vectors: Vec<Value> = serde_json::from_str(&text).expect("a list of vectors");
    vectors.iter().flat_map(expand).collect()
}

/// The vector once for each of its cases, or as it is if it has none.
fn expand(vector: &Value) -> Vec<Value> {
    match vector.get("cases").and_then(Value::as_array) {
        None => vec![vector.clone()],
        Some(cases) => {
            let cases = cases.iter().filter_map(Value::as_object);
            cases.map(|case| filled(vector, case)).collect()
        }
    }
}

/// The value with the names in braces replaced by the values of the case.
fn filled(value: &Value, case: &Map<String, Value>) -> Value {
    match value {
        Value::String(text) => filled_text(text, case),
        Value::Array(items) => items.iter().map(|item| filled(item, case)).collect(),
        Value::Object(members) => {
            let fill = |(name, value): (&String, &Value)| (name.clone(), filled(value, case));
            Value::Object(members.iter().filter(|(name, _)| *name != "cases").map(fill).collect())
        }
        other => other.clone(),
    }
}

fn filled_text(text: &str, case: &Map<String, Value>) -> Value {
    let mut filled = text.to_owned();
    for (name, value) in case {
        let name = format!("{{{name}}}");
        if text == name {
            return value.clone();
        }
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        filled = filled.replace(&name, &value);
    }
    filled.into()
}
