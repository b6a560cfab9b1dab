//! Which proxy the environment names.

use serde_json::{Value, json};
use websocket_proto::handshake::Uri;
use websocket_proto::handshake::proxy::{Proxy, ProxyVariableError};

#[test]
fn variables() {
    crate::play("environment.json", |vector| {
        let uri: Uri = vector["url"].as_str().expect("a URL").parse().expect("a URI");
        let variable = |name: &str| vector["variables"].get(name)?.as_str().map(str::to_owned);
        let found = match Proxy::from_variables(&uri, variable) {
            Ok(proxy) => proxy.map_or(Value::Null, |proxy| proxy.to_string().into()),
            Err(ProxyVariableError::Url { variable, .. }) => json!({ "fails": variable }),
            Err(ProxyVariableError::NoProxy { variable, entry }) => {
                json!({ "fails": variable, "entry": entry })
            }
            Err(other) => panic!("{other}"),
        };
        if found == vector["proxy"] { Ok(()) } else { Err(format!("found {found}")) }
    });
}

/// The variables of this process, which no test changes: whatever they are, both ways agree.
#[test]
fn the_environment_of_the_process() {
    for url in ["ws://h.example/", "wss://h.example/", "ws://127.0.0.1/"] {
        let uri: Uri = url.parse().unwrap();
        let value = |name: &str| std::env::var(name).ok();
        assert_eq!(Proxy::from_env(&uri), Proxy::from_variables(&uri, value));
    }
}
