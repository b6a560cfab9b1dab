//! Events in the notation of vectors.

use serde_json::{Map, Value, json};
use websocket_proto::handshake::{DeflateParameters, Headers, OriginPolicy, Request, Response};
use websocket_proto::{
    CloseFrame, EndCause, Ending, Event, Leniency, MessageKind, ProtocolError, Side,
};

use crate::compare::digits;

/// An event in the notation of vectors; `None` for a part of a message in streaming delivery.
pub(crate) fn event(event: Event<'_>, unfinished: &mut Unfinished) -> Option<Value> {
    let name = event.name();
    Some(match event {
        Event::Request(request) => json!({ name: self::request(&request) }),
        Event::Open(response) | Event::Refused(response) => {
            json!({ name: self::response(&response) })
        }
        Event::Text(text) => message(MessageKind::Text, text.as_bytes()),
        Event::Binary(data) => message(MessageKind::Binary, data),
        Event::MessageStart(kind) => return unfinished.start(kind),
        Event::MessageChunk(chunk) => return unfinished.push(chunk),
        Event::MessageEnd => unfinished.end(),
        Event::Ping(payload) => json!({ name: digits(payload) }),
        Event::Pong { payload, round_trip, .. } => json!({
            name: digits(payload),
            "round_trip": round_trip.map(|time| time.as_secs_f64()),
        }),
        Event::Close { code, reason, .. } => json!({ name: code.get(), "reason": reason }),
        Event::Ended(ending) => ended(ending),
        other => panic!("{other:?}: not in any vector"),
    })
}

/// The unfinished message of streaming delivery. Its chunks together are the message of the vector.
pub(crate) struct Unfinished {
    message: Option<(MessageKind, Vec<u8>)>,
    /// Texts are not checked, and are binary messages in the vector.
    unchecked: bool,
}

impl Unfinished {
    pub(crate) const fn new(unchecked: bool) -> Self {
        Self { message: None, unchecked }
    }

    fn start(&mut self, kind: MessageKind) -> Option<Value> {
        let kind = if self.unchecked { MessageKind::Binary } else { kind };
        assert!(self.message.replace((kind, Vec::new())).is_none(), "a start inside a message");
        None
    }

    fn push(&mut self, chunk: &[u8]) -> Option<Value> {
        assert!(!chunk.is_empty(), "an empty chunk");
        self.message.as_mut().expect("a start before the chunk").1.extend_from_slice(chunk);
        None
    }

    fn end(&mut self) -> Value {
        let (kind, payload) = self.message.take().expect("a start before the end");
        message(kind, &payload)
    }
}

fn message(kind: MessageKind, payload: &[u8]) -> Value {
    let payload = match kind {
        MessageKind::Text => str::from_utf8(payload).expect("checked text").to_owned(),
        MessageKind::Binary => digits(payload),
    };
    json!({ kind.name(): payload })
}

fn request(request: &Request<'_>) -> Value {
    json!({
        "target": request.target(),
        "path": request.path(),
        "query": request.query(),
        "authority": request.authority(),
        "subprotocols": request.subprotocols().collect::<Vec<_>>(),
        "headers": headers(request.headers()),
        "same_origin": request.is_origin_allowed(&OriginPolicy::SameHost),
    })
}

fn response(response: &Response<'_>) -> Value {
    json!({
        "status": response.status(),
        "subprotocol": response.subprotocol(),
        "headers": headers(response.headers()),
        "body": String::from_utf8_lossy(response.body()),
        "truncated": response.is_body_truncated(),
        "location": response.location(),
        "retry_after": response.retry_after(),
        "versions": response.supported_versions().collect::<Vec<_>>(),
        "challenges": response.challenges().collect::<Vec<_>>(),
    })
}

/// Headers with names in lower case and the values of each name joined. Values that are not UTF-8
/// are given in digits.
fn headers(headers: Headers<'_>) -> Value {
    let mut all = Map::new();
    for header in headers {
        let value = header.value_str().map_or_else(|| digits(header.value()), str::to_owned);
        add_header(&mut all, header.name(), &value);
    }
    Value::Object(all)
}

pub(crate) fn add_header(all: &mut Map<String, Value>, name: &str, value: &str) {
    let name = name.to_ascii_lowercase();
    let value = match all.get(&name) {
        Some(before) => format!("{}, {value}", before.as_str().unwrap_or_default()),
        None => value.to_owned(),
    };
    all.insert(name, value.into());
}

fn ended(ending: &Ending) -> Value {
    let deadline = match ending.cause {
        EndCause::TimedOut(deadline) => Some(deadline.name()),
        _ => None,
    };
    json!({
        "ended": ending.cause.name(),
        "deadline": deadline,
        "code": ending.code().get(),
        "initiator": ending.initiator.map(Side::name),
        "sent": ending.sent.as_ref().map(code),
        "received": ending.received.as_ref().map(code),
        "fault": ending.fault.map(ProtocolError::name),
        "message_lost": ending.message_lost,
        "stalled": ending.stalled.as_secs_f64(),
    })
}

fn code(frame: &CloseFrame) -> u16 {
    frame.code.get()
}

/// The parameters of compression; `false` for none.
pub(crate) fn agreed(agreed: Option<DeflateParameters>) -> Value {
    agreed.map_or(Value::Bool(false), |agreed| {
        json!({
            "server_no_context_takeover": agreed.server_no_context_takeover,
            "client_no_context_takeover": agreed.client_no_context_takeover,
            "server_max_window_bits": agreed.server_max_window_bits.bits(),
            "client_max_window_bits": agreed.client_max_window_bits.bits(),
        })
    })
}

/// The names of the leniencies that were used.
pub(crate) fn lenient(mut used: Leniency) -> Value {
    used.by_name().filter(|(_, is_used)| **is_used).map(|(name, _)| name).collect()
}
