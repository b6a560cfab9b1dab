//! Output in the notation of vectors.

use flate2::{Decompress, FlushDecompress};
use serde_json::{Map, Value, json};
use websocket_proto::frame::{FrameHeader, HeaderRules, Masking, OpCode, mask};

use crate::compare::digits;
use crate::events::add_header;

/// The output of a connection, divided into HTTP heads and frames. Every frame has to pass the
/// strict parser of the other role.
pub(crate) struct Sent {
    bytes: Vec<u8>,
    client: bool,
    /// Whether the next output is a head of the handshake.
    head: bool,
    /// Whether what the server answers is a request with the method HEAD.
    pub(crate) answers_head: bool,
    in_message: bool,
    compression: bool,
    inflater: Decompress,
    pub(crate) last_ping: Vec<u8>,
}

impl Sent {
    pub(crate) fn new(client: bool, handshake: bool) -> Self {
        Self {
            bytes: Vec::new(),
            client,
            head: handshake,
            answers_head: false,
            in_message: false,
            compression: true,
            inflater: Decompress::new(false),
            last_ping: Vec::new(),
        }
    }

    /// Adds bytes that were written.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Removes and returns all heads and frames that are whole.
    pub(crate) fn take_new(&mut self) -> Vec<Value> {
        let mut told = Vec::new();
        while let Some((item, size)) = if self.head { self.next_head() } else { self.next_frame() }
        {
            self.bytes.drain(..size);
            told.push(item);
        }
        told
    }

    fn next_head(&mut self) -> Option<(Value, usize)> {
        let end = self.bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let head = String::from_utf8(self.bytes[..end].to_vec()).expect("a head in UTF-8");
        let mut lines = head.split("\r\n");
        let first: Vec<&str> = lines.next()?.splitn(3, ' ').collect();
        let headers = headers(lines);
        if self.client {
            assert_eq!((first[0], first[2]), ("GET", "HTTP/1.1"), "the request line");
            self.head = false;
            return Some((json!({ "request": { "target": first[1], "headers": headers } }), end));
        }
        assert_eq!(first[0], "HTTP/1.1", "the status line");
        let status: u16 = first[1].parse().expect("a status");
        self.head = status != 101;
        let length =
            headers.get("content-length").map_or(0, |it| it.as_str().unwrap().parse().unwrap());
        if self.answers_head {
            assert_eq!(self.bytes.len(), end, "RFC 9110 §9.3.2: the answer to HEAD has no body");
            return Some((json!({ "response": { "status": status, "headers": headers } }), end));
        }
        let body = self.bytes.get(end..end + length)?;
        let body = String::from_utf8_lossy(body);
        let response = json!({ "status": status, "headers": headers, "body": body });
        Some((json!({ "response": response }), end + length))
    }

    fn next_frame(&mut self) -> Option<(Value, usize)> {
        let masking = if self.client { Masking::Required } else { Masking::Forbidden };
        let (in_message, compression) = (self.in_message, self.compression);
        let rules = HeaderRules { masking, in_message, compression };
        let (header, size) = FrameHeader::parse(&self.bytes, rules).expect("a good header")?;
        let end = size + usize::try_from(header.len).expect("a length");
        let mut payload = self.bytes.get(size..end)?.to_vec();
        if let Some(key) = header.mask {
            mask::apply(&mut payload, key);
        }
        Some((self.frame(&header, &payload), end))
    }

    fn frame(&mut self, header: &FrameHeader, payload: &[u8]) -> Value {
        if !header.opcode.is_control() {
            self.in_message = !header.fin;
        }
        let (fin, compressed) = (header.fin, header.compressed);
        let raw = compressed.then(|| digits(payload));
        let payload = if compressed { self.inflate(payload) } else { payload.to_vec() };
        match header.opcode {
            OpCode::Text => {
                let text = String::from_utf8_lossy(&payload);
                json!({ "text": text, "fin": fin, "compressed": compressed, "payload": raw })
            }
            OpCode::Binary => {
                let data = digits(&payload);
                json!({ "binary": data, "fin": fin, "compressed": compressed, "payload": raw })
            }
            OpCode::Continuation => {
                json!({ "continuation": digits(&payload), "fin": fin, "compressed": false })
            }
            OpCode::Ping => {
                self.last_ping = payload;
                json!({ "ping": digits(&self.last_ping) })
            }
            OpCode::Pong => json!({ "pong": digits(&payload) }),
            OpCode::Close => close(&payload),
        }
    }

    /// Inflates a compressed message of one frame by zlib.
    fn inflate(&mut self, payload: &[u8]) -> Vec<u8> {
        assert!(!payload.ends_with(&TAIL), "the tail is left out");
        let mut message = Vec::with_capacity(1 << 20);
        let whole = [payload, &TAIL].concat();
        self.inflater
            .decompress_vec(&whole, &mut message, FlushDecompress::Sync)
            .expect("deflate data");
        message
    }
}

/// The end of a message's compressed data, which senders leave out (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

fn headers<'a>(lines: impl Iterator<Item = &'a str>) -> Map<String, Value> {
    let mut all = Map::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ").expect("a header line");
        add_header(&mut all, name, value);
    }
    all
}

fn close(payload: &[u8]) -> Value {
    match payload {
        [] => json!({ "close": 1005, "reason": "" }),
        [high, low, reason @ ..] => {
            let reason = str::from_utf8(reason).expect("a reason in UTF-8");
            json!({ "close": u16::from_be_bytes([*high, *low]), "reason": reason })
        }
        [_] => panic!("a Close frame with half a code"),
    }
}
