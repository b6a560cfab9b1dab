//! What is said to a proxy, and what its answers lead to.

use serde_json::{Value, json};
use websocket_proto::handshake::Uri;
use websocket_proto::handshake::proxy::{Proxy, ProxyError, Tunnel, TunnelProgress};

use crate::bytes::{Context, bytes};

/// How the bytes that arrive in a step are cut.
#[derive(Clone, Copy, Debug)]
enum Cut {
    Whole,
    Bytes,
    /// In two, at this byte.
    At(usize),
}

#[test]
fn tunnels() {
    crate::play("tunnels.json", |vector| {
        play(vector, Cut::Whole)?;
        play(vector, Cut::Bytes)?;
        let longest = steps(vector).iter().map(|step| input(step).len()).max().unwrap_or(0);
        (1..longest).step_by(longest / 512 + 1).try_for_each(|at| play(vector, Cut::At(at)))
    });
}

/// A vector without one of its expectations has to fail, as the comparison must see all that happens.
#[test]
fn every_expectation_counts() {
    for vector in crate::vectors("tunnels.json") {
        for at in 0..steps(&vector).len() {
            for name in ["sends", "open", "fails"] {
                let mut changed = vector.clone();
                let step = changed["steps"][at].as_object_mut().expect("a step");
                let Some(removed) = step.remove(name) else { continue };
                let is_empty = name == "sends" && removed == "";
                let played = play(&changed, Cut::Whole);
                assert!(played.is_err() || is_empty, "{}: {name} of step {at}", vector["id"]);
            }
        }
    }
}

fn play(vector: &Value, cut: Cut) -> Result<(), String> {
    let proxy = Proxy::new(text(&vector["proxy"])).map_err(|error| error.to_string())?;
    let uri: Uri = text(&vector["url"]).parse().expect("a URI");
    let mut tunnel = Tunnel::new(&proxy, &uri).map_err(|error| error.to_string())?;
    for (at, step) in steps(vector).iter().enumerate() {
        let (sent, result) = play_step(&mut tunnel, step, cut);
        same(&sent, &in_bytes(&step["sends"]))
            .and_then(|()| same_result(&result, step))
            .map_err(|error| format!("step {}, {cut:?}: {error}", at + 1))?;
    }
    Ok(())
}

type Received = Result<TunnelProgress, ProxyError>;

/// Returns what is sent and the last result, with all bytes that are the server's.
fn play_step(tunnel: &mut Tunnel, step: &Value, cut: Cut) -> (Vec<u8>, Received) {
    if step.get("eof").is_some() {
        let error = tunnel.receive_eof();
        return (tunnel.take_output(), Err(error));
    }
    let (input, mut sent) = (input(step), tunnel.take_output());
    let (mut result, mut opened) = (tunnel.receive(&[]), Vec::new());
    for piece in pieces(&input, cut) {
        result = tunnel.receive(piece);
        sent.extend(tunnel.take_output());
        if let Ok(TunnelProgress::Open(bytes)) = &result {
            opened.extend_from_slice(bytes);
        }
    }
    if let Ok(TunnelProgress::Open(bytes)) = &mut result {
        *bytes = opened;
    }
    (sent, result)
}

fn pieces(input: &[u8], cut: Cut) -> Vec<&[u8]> {
    match cut {
        Cut::Whole => vec![input],
        Cut::Bytes => input.chunks(1).collect(),
        Cut::At(at) => {
            let (first, second) = input.split_at(at.min(input.len()));
            vec![first, second]
        }
    }
}

fn same_result(result: &Received, step: &Value) -> Result<(), String> {
    match (result, step.get("open"), step.get("fails")) {
        (Ok(TunnelProgress::NeedBytes), None, None) => Ok(()),
        (Ok(TunnelProgress::Open(bytes)), Some(expected), None) => same(bytes, &in_bytes(expected)),
        (Err(error), None, Some(_)) => same_error(error, step),
        _ => Err(format!("{result:?}")),
    }
}

/// Compares the error in the words of the vectors, with the members that are there.
fn same_error(error: &ProxyError, step: &Value) -> Result<(), String> {
    let described = describe(error);
    let names = ["fails", "status", "reason", "challenges", "code", "why"];
    let differs = |name: &&&str| step.get(**name).is_some_and(|value| *value != described[**name]);
    names.iter().find(differs).map_or(Ok(()), |name| Err(format!("{name}: {described}")))
}

fn describe(error: &ProxyError) -> Value {
    let fails = error.name();
    match error {
        ProxyError::Refused(refusal) => {
            let response = refusal.response();
            assert!(response.body().is_empty() && response.is_body_truncated());
            let challenges: Vec<&str> = response.challenges().collect();
            json!({
                "fails": fails,
                "status": response.status(),
                "reason": response.reason(),
                "challenges": challenges,
            })
        }
        ProxyError::BadResponse(error) => json!({ "fails": fails, "why": error.name() }),
        ProxyError::Socks(reply) => json!({ "fails": fails, "code": reply.code() }),
        _ => json!({ "fails": fails }),
    }
}

fn same(found: &[u8], expected: &[u8]) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("\"{}\", not \"{}\"", found.escape_ascii(), expected.escape_ascii()))
}

fn steps(vector: &Value) -> &Vec<Value> {
    vector["steps"].as_array().expect("steps")
}

fn input(step: &Value) -> Vec<u8> {
    in_bytes(&step["in"])
}

fn in_bytes(value: &Value) -> Vec<u8> {
    if value.is_null() {
        return Vec::new();
    }
    bytes(value, Context { client: true, last_ping: &[] })
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
