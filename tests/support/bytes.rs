//! What a peer sends, and what a stream of bytes over the WebSocket makes of it: for all adapters.

use std::io::ErrorKind;

use websocket_proto::frame::OpCode;
use websocket_proto::{Config, Delivery};

use crate::support::{binary, close, continuation, masked, ping, text};

/// What a client sends to a server before it ends the stream, and what comes of it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) input: Vec<u8>,
    /// The bytes that are read.
    pub(crate) bytes: &'static [u8],
    /// The bytes that are read before those, of a message that was not received to its end: only
    /// streaming delivery has them.
    pub(crate) unfinished: &'static [u8],
    /// How reading ends.
    pub(crate) end: Result<(), ErrorKind>,
    /// The last frame that the server sends.
    pub(crate) answer: Option<&'static str>,
}

impl Case {
    fn new(name: &'static str, frames: &[Vec<u8>], bytes: &'static [u8]) -> Self {
        let answer = Some("sends close 1000 \"\"");
        Self { name, input: frames.concat(), bytes, unfinished: b"", end: Ok(()), answer }
    }

    fn fails(self, kind: ErrorKind, answer: Option<&'static str>) -> Self {
        Self { end: Err(kind), answer, ..self }
    }

    fn unfinished(self, bytes: &'static [u8]) -> Self {
        Self { unfinished: bytes, ..self }
    }

    /// What is read with this delivery.
    pub(crate) fn read_with(&self, delivery: Delivery) -> Vec<u8> {
        match delivery {
            Delivery::Streaming => [self.bytes, self.unfinished].concat(),
            _ => self.bytes.to_vec(),
        }
    }
}

fn first_fragment(bytes: &str) -> Vec<u8> {
    masked(false, OpCode::Binary, bytes)
}

fn text_in_fragments() -> Vec<u8> {
    [masked(false, OpCode::Text, "x"), continuation(true, "y")].concat()
}

/// Cases for a stream of bytes that refuses text.
pub(crate) fn cases() -> Vec<Case> {
    use ErrorKind::{ConnectionAborted, InvalidData, UnexpectedEof};
    let (one, end) = (binary("one"), close(1000, "bye"));
    let split = [first_fragment("t"), ping("?"), continuation(true, "wo")].concat();
    vec![
        Case::new("joins", &[one.clone(), binary(""), split, binary("!"), end.clone()], b"onetwo!"),
        Case::new("no bytes", std::slice::from_ref(&end), b""),
        Case {
            answer: Some("sends close 1001 \"\""),
            ..Case::new("going away", &[one.clone(), close(1001, "")], b"one")
        },
        Case {
            answer: Some("sends close"),
            ..Case::new("no code", &[one.clone(), masked(true, OpCode::Close, "")], b"one")
        },
        Case::new("an error of the peer", &[one.clone(), close(1011, "disk full")], b"one")
            .fails(ConnectionAborted, Some("sends close 1011 \"\"")),
        Case::new("a code of its own", &[one.clone(), close(3000, "")], b"one")
            .fails(ConnectionAborted, Some("sends close 3000 \"\"")),
        Case::new("no Close frame", std::slice::from_ref(&one), b"one").fails(UnexpectedEof, None),
        Case::new("cut in a frame", &[one.clone(), binary("two")[..7].to_vec()], b"one")
            .unfinished(b"t")
            .fails(UnexpectedEof, None),
        Case::new("cut in a message", &[one.clone(), first_fragment("t")], b"one")
            .unfinished(b"t")
            .fails(UnexpectedEof, None),
        Case::new("closed in a message", &[one.clone(), first_fragment("t"), end.clone()], b"one")
            .unfinished(b"t")
            .fails(UnexpectedEof, Some("sends close 1000 \"\"")),
        Case::new("a violation", &[one.clone(), b"\x83\x80\0\0\0\0".to_vec()], b"one")
            .fails(InvalidData, Some("sends close 1002 \"\"")),
        Case::new("text", &[one.clone(), text("x"), binary("two"), end.clone()], b"one")
            .fails(InvalidData, Some("sends close 1003 \"bytes come in binary messages\"")),
        Case::new("text in fragments", &[one, text_in_fragments(), end], b"one")
            .fails(InvalidData, Some("sends close 1003 \"bytes come in binary messages\"")),
    ]
}

/// A case for a stream of bytes that accepts text.
pub(crate) fn text_case() -> Case {
    Case::new("text accepted", &[text("one"), binary("two"), close(1000, "")], b"onetwo")
}

/// The configuration with this delivery.
pub(crate) fn config_with(delivery: Delivery) -> Config {
    let mut config = Config::default();
    config.delivery = delivery;
    config
}
