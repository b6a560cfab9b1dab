//! Plays the vectors of a client's handshake through the types of the http crate. An HTTP library
//! stands between the two: what it does itself, with the bytes and with interim responses, is done
//! here as hyper does it, and not compared.

use http::{HeaderMap, Response, Version};
use serde_json::{Map, Value, json};
use websocket_proto::handshake::http::{Opening, ResponseError};

use crate::bytes::{Context, bytes};
use crate::compare::{matches, normal, normal_sent};
use crate::events::{add_header, agreed};
use crate::files;
use crate::player::request;
use crate::support::plain_entropy;
use crate::vector::{Command, Start, Step, Vector};

/// Rows about bytes that never leave the library: status lines, header lines, the limits of a head,
/// too many interim responses, the end of the stream.
const OF_THE_LIBRARY: [&str; 4] = ["R09", "R10", "R05g", "R12"];

const CONTEXT: Context<'_> = Context { client: true, last_ping: &[] };

#[test]
fn client_handshake_in_http_types() {
    let vectors = ["client-handshake", "extensions"].into_iter().flat_map(files::vectors);
    let of_clients = vectors.filter(|it| it.roles() == [true] && it.start == Start::Handshake);
    let played = of_clients
        .filter(|it| !OF_THE_LIBRARY.iter().any(|row| it.id.starts_with(row)))
        .map(|vector| play(&vector))
        .count();
    assert!(played > 100, "{played} vectors were played");
}

fn play(vector: &Vector) {
    let (id, config) = (&vector.id, vector.config.config());
    let deflate = config.deflate;
    let offers = deflate.map_or_else(Vec::new, |deflate| deflate.offers());
    let (connect, steps) = vector.steps.split_first().expect("a step");
    let Some(Command::Connect { url, subprotocols, headers }) = &connect.command else {
        panic!("{id}: a client connects first")
    };
    let made = request(url, subprotocols, headers)
        .and_then(|request| Opening::new(&request, &offers, &plain_entropy))
        .map(|opening| opening.leniency(config.leniency));
    let opening = match made {
        Ok(opening) => opening,
        Err(error) => return assert_eq!(connect.refused, Some(error.name().into()), "{id}"),
    };
    let (expected, got) = (normal_sent(&connect.sends[0], CONTEXT), sent(&opening));
    assert!(matches(&expected, &got), "{id}: {expected} was expected, not {got}");
    if !steps.is_empty() {
        play_response(id, &opening, steps);
    }
}

/// Plays the steps up to the first in which something has to happen.
fn play_response(id: &str, opening: &Opening, steps: &[Step]) {
    let last = steps.iter().position(|step| !step.events.is_empty()).expect("an event");
    let inputs = steps[..=last].iter().filter_map(|step| step.input.as_ref());
    let response = parse(&inputs.flat_map(|input| bytes(input, CONTEXT)).collect::<Vec<_>>());
    let result = opening.check(&response);
    if let (Some(expected), Ok(got)) = (&steps[last].agreed, &result) {
        let got = agreed(got.deflate);
        assert!(matches(expected, &got), "{id}: {expected} was expected, not {got}");
    }
    let got = match result {
        Ok(agreed) => json!({ "open": seen(&response, agreed.subprotocol.as_deref()) }),
        Err(ResponseError::Refused(_)) => json!({ "refused": seen(&response, None) }),
        Err(ResponseError::Protocol(error)) => json!({ "fails": error.name() }),
        Err(other) => panic!("{other}"),
    };
    let mut expected = normal(&steps[last].events[0], CONTEXT);
    if let Some(refused) = expected.get_mut("refused").and_then(Value::as_object_mut) {
        // The rest is the library's to read, or follows from the headers.
        refused.retain(|name, _| name == "status" || name == "headers");
    }
    assert!(matches(&expected, &got), "{id}: {expected} was expected, not {got}");
}

/// The request in the notation of vectors.
fn sent(opening: &Opening) -> Value {
    let request = opening.request_in_origin_form::<()>();
    json!({ "request": { "target": request.uri().to_string(), "headers": all(request.headers()) } })
}

fn seen(response: &Response<()>, subprotocol: Option<&str>) -> Value {
    let status = response.status().as_u16();
    json!({ "status": status, "subprotocol": subprotocol, "headers": all(response.headers()) })
}

fn all(headers: &HeaderMap) -> Value {
    let mut all = Map::new();
    for (name, value) in headers {
        add_header(&mut all, name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
    }
    Value::Object(all)
}

/// The first response that is not an interim one.
fn parse(input: &[u8]) -> Response<()> {
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(len) = head.parse(input).expect("a head") else {
        panic!("not a whole head")
    };
    let status = head.code.expect("a status");
    if status < 200 && status != 101 {
        return parse(&input[len..]);
    }
    let version = if head.version == Some(0) { Version::HTTP_10 } else { Version::HTTP_11 };
    let response = Response::builder().status(status).version(version);
    let add = |it: http::response::Builder, header: &httparse::Header<'_>| {
        it.header(header.name, header.value)
    };
    head.headers.iter().fold(response, add).body(()).expect("a response")
}
