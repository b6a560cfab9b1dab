//! The notation of bytes in vectors, as `conformance/README.md` defines it.

use serde::Deserialize;
use serde_json::Value;

use crate::support::hex;

/// The state on which the bytes of a vector may depend.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    /// Whether this side is a client, so that frames that arrive are not masked.
    pub(crate) client: bool,
    /// The payload of the last ping that this side has sent.
    pub(crate) last_ping: &'a [u8],
}

/// The masking key of frames that name none, from §5.7.
const KEY: &str = "37fa213d";

/// Bytes in one of their notations.
#[derive(Deserialize)]
#[serde(untagged)]
enum Bytes {
    Hex(String),
    List(Vec<Self>),
    Utf8(Utf8),
    Repeat(Repeat),
    Head(Head),
    #[expect(dead_code, reason = "the name says it all")]
    LastPing(LastPing),
    Frame(Box<Frame>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Utf8 {
    utf8: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeat {
    repeat: usize,
    of: Box<Bytes>,
}

/// Lines that end in CR LF, with an empty one after them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    head: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Text(String),
    Lines(Vec<Self>),
    Bytes(LineBytes),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineBytes {
    bytes: Bytes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LastPing {
    #[expect(dead_code, reason = "the name says it all")]
    last_ping: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Frame {
    frame: Opcode,
    #[serde(default = "yes")]
    fin: bool,
    /// The reserved bits: 4 for RSV1, 2 for RSV2, 1 for RSV3.
    #[serde(default)]
    rsv: u8,
    payload: Option<Bytes>,
    text: Option<String>,
    code: Option<u16>,
    reason: Option<String>,
    /// The length to declare, if not that of the payload.
    length: Option<u64>,
    /// The bits of the length, 16 or 64, if it is not in the shortest form.
    length_bits: Option<u8>,
    /// Whether the frame is masked, if that breaks the rule of §5.1.
    masked: Option<bool>,
    mask: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Opcode {
    Number(u8),
    Name(String),
}

const fn yes() -> bool {
    true
}

/// The bytes for this notation.
pub(crate) fn bytes(value: &Value, context: Context<'_>) -> Vec<u8> {
    let bytes: Bytes =
        serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{value}: {error}"));
    let mut out = Vec::new();
    bytes.write(context, &mut out);
    out
}

/// A text: a string is the text itself, any other value a notation of its bytes.
pub(crate) fn text(value: &Value, context: Context<'_>) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => String::from_utf8(bytes(other, context)).expect("text"),
    }
}

impl Bytes {
    fn write(&self, context: Context<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Hex(digits) => out.extend(hex(digits)),
            Self::List(items) => items.iter().for_each(|item| item.write(context, out)),
            Self::Utf8(Utf8 { utf8 }) => out.extend_from_slice(utf8.as_bytes()),
            Self::Repeat(Repeat { repeat, of }) => {
                let mut once = Vec::new();
                of.write(context, &mut once);
                out.extend(once.repeat(*repeat));
            }
            Self::Head(Head { head }) => {
                head.iter().for_each(|line| line.write(context, out));
                out.extend_from_slice(b"\r\n");
            }
            Self::LastPing(_) => out.extend_from_slice(context.last_ping),
            Self::Frame(frame) => frame.write(context, out),
        }
    }
}

impl Line {
    fn write(&self, context: Context<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Text(line) => out.extend_from_slice(line.as_bytes()),
            Self::Bytes(LineBytes { bytes }) => bytes.write(context, out),
            Self::Lines(lines) => return lines.iter().for_each(|line| line.write(context, out)),
        }
        out.extend_from_slice(b"\r\n");
    }
}

impl Frame {
    fn write(&self, context: Context<'_>, out: &mut Vec<u8>) {
        let payload = self.payload(context);
        out.push(u8::from(self.fin) << 7 | self.rsv << 4 | self.frame.number());
        let masked = self.masked.unwrap_or(!context.client);
        self.write_length(u8::from(masked) << 7, payload.len() as u64, out);
        if !masked {
            return out.extend(payload);
        }
        let key = hex(self.mask.as_deref().unwrap_or(KEY));
        out.extend_from_slice(&key);
        out.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    }

    fn payload(&self, context: Context<'_>) -> Vec<u8> {
        let mut payload = Vec::new();
        payload.extend(self.code.map(u16::to_be_bytes).into_iter().flatten());
        for text in [&self.reason, &self.text].into_iter().flatten() {
            payload.extend_from_slice(text.as_bytes());
        }
        if let Some(bytes) = &self.payload {
            bytes.write(context, &mut payload);
        }
        payload
    }

    fn write_length(&self, mask: u8, actual: u64, out: &mut Vec<u8>) {
        let length = self.length.unwrap_or(actual);
        let bytes = length.to_be_bytes();
        match (self.length_bits, length) {
            (None, 0..=125) => out.push(mask | length as u8),
            (None, 126..=0xFFFF) | (Some(16), _) => {
                out.push(mask | 126);
                out.extend_from_slice(&bytes[6..]);
            }
            _ => {
                out.push(mask | 127);
                out.extend_from_slice(&bytes);
            }
        }
    }
}

impl Opcode {
    fn number(&self) -> u8 {
        match self {
            Self::Number(number) => *number,
            Self::Name(name) => match name.as_str() {
                "continuation" => 0x0,
                "text" => 0x1,
                "binary" => 0x2,
                "close" => 0x8,
                "ping" => 0x9,
                "pong" => 0xA,
                _ => panic!("{name}: no such opcode"),
            },
        }
    }
}
