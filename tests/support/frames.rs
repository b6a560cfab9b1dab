//! Encodes frames as a peer sends them, and puts into words what a connection sends.

use websocket_proto::frame::{FrameHeader, HeaderRules, MaskKey, Masking, OpCode, mask};

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// Bytes from hexadecimal digits. White space is ignored.
#[track_caller]
pub fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    assert!(digits.len().is_multiple_of(2), "an odd number of digits");
    let pair = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

/// A masked frame, as a client sends it.
pub fn masked(fin: bool, opcode: OpCode, payload: impl AsRef<[u8]>) -> Vec<u8> {
    encode(fin, opcode, payload.as_ref(), Some(MaskKey::new(KEY)))
}

/// An unmasked frame, as a server sends it.
pub fn frame(fin: bool, opcode: OpCode, payload: impl AsRef<[u8]>) -> Vec<u8> {
    encode(fin, opcode, payload.as_ref(), None)
}

/// A masked text message.
pub fn text(text: impl AsRef<[u8]>) -> Vec<u8> {
    masked(true, OpCode::Text, text)
}

/// A masked binary message.
pub fn binary(data: impl AsRef<[u8]>) -> Vec<u8> {
    masked(true, OpCode::Binary, data)
}

/// A masked continuation frame.
pub fn continuation(fin: bool, data: impl AsRef<[u8]>) -> Vec<u8> {
    masked(fin, OpCode::Continuation, data)
}

/// A masked ping.
pub fn ping(payload: impl AsRef<[u8]>) -> Vec<u8> {
    masked(true, OpCode::Ping, payload)
}

/// A masked pong.
pub fn pong(payload: impl AsRef<[u8]>) -> Vec<u8> {
    masked(true, OpCode::Pong, payload)
}

/// A masked Close frame.
pub fn close(code: u16, reason: &str) -> Vec<u8> {
    masked(true, OpCode::Close, [&code.to_be_bytes(), reason.as_bytes()].concat())
}

/// The same frame with RSV1 set, as the first or only one of a compressed message.
pub fn compressed(mut frame: Vec<u8>) -> Vec<u8> {
    frame[0] |= 0x40;
    frame
}

fn encode(fin: bool, opcode: OpCode, payload: &[u8], key: Option<MaskKey>) -> Vec<u8> {
    let header =
        FrameHeader { fin, compressed: false, opcode, mask: key, len: payload.len() as u64 };
    let mut bytes = header.encode().as_bytes().to_vec();
    match key {
        Some(key) => mask::append(payload, &mut bytes, key),
        None => bytes.extend_from_slice(payload),
    }
    bytes
}

/// Puts into words what a connection has sent: HTTP heads by their status or method, frames by
/// their kind. Every frame has to pass the strict parser of the other role. `in_message` tells
/// whether a fragmented message is unfinished, before the bytes and after them.
pub fn in_words(mut bytes: &[u8], masking: Masking, in_message: &mut bool) -> Vec<String> {
    let mut words = Vec::new();
    while !bytes.is_empty() {
        if let Some(head) = http_head(bytes) {
            words.push(head);
            break;
        }
        let rules = HeaderRules { masking, in_message: *in_message, compression: true };
        let (header, size) =
            FrameHeader::parse(bytes, rules).expect("a valid header").expect("a whole header");
        let (frame, rest) = bytes.split_at(size + usize::try_from(header.len).unwrap());
        let mut payload = frame[size..].to_vec();
        if let Some(key) = header.mask {
            mask::apply(&mut payload, key);
        }
        words.push(frame_in_words(&header, &payload, in_message));
        bytes = rest;
    }
    words
}

fn frame_in_words(header: &FrameHeader, payload: &[u8], in_message: &mut bool) -> String {
    if !header.opcode.is_control() {
        *in_message = !header.fin;
    }
    let fragment = match (header.compressed, header.fin) {
        (true, true) => "compressed ",
        (true, false) => "compressed fragment ",
        (false, true) => "",
        (false, false) => "fragment ",
    };
    match header.opcode {
        OpCode::Text => format!("sends {fragment}text {}", quoted(payload)),
        OpCode::Binary => format!("sends {fragment}binary {}", spaced(payload)),
        OpCode::Continuation => format!("sends {fragment}continuation {}", quoted(payload)),
        OpCode::Ping => format!("sends ping {}", quoted(payload)),
        OpCode::Pong => format!("sends pong {}", quoted(payload)),
        OpCode::Close => match payload {
            [high, low, reason @ ..] => {
                let code = u16::from_be_bytes([*high, *low]);
                format!("sends close {code} {}", quoted(reason))
            }
            _ => "sends close".into(),
        },
    }
}

fn http_head(bytes: &[u8]) -> Option<String> {
    let line = bytes.split(|byte| *byte == b'\r').next()?;
    let line = str::from_utf8(line).ok()?;
    match line.strip_prefix("HTTP/1.1 ") {
        Some(status) => Some(format!("sends {}", &status[..3])),
        None if line.ends_with(" HTTP/1.1") => Some("sends request".into()),
        None => None,
    }
}

/// A payload as quoted text, if it is short and valid UTF-8, else as [`spaced`] gives it.
pub fn quoted(bytes: &[u8]) -> String {
    match str::from_utf8(bytes) {
        Ok(text) if bytes.len() <= 130 => format!("{text:?}"),
        _ => spaced(bytes),
    }
}

/// A payload as hexadecimal bytes, or by its length and a digest if it is long.
pub fn spaced(bytes: &[u8]) -> String {
    if bytes.len() > 130 {
        let sum = bytes
            .iter()
            .fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)));
        return format!("{} bytes {sum:08x}", bytes.len());
    }
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(" ")
}

/// Text of `len` bytes, rounded down to tens, with characters of one to four bytes.
pub fn mixed_text(len: usize) -> Vec<u8> {
    "né€𝄞".bytes().cycle().take(len / 10 * 10).collect()
}

/// A message with these parts in fragments, the last of which is a dot, and pings in between. Then
/// each part as a message, and a Close frame.
pub fn fragments_and_messages(opcode: OpCode, parts: &[Vec<u8>]) -> Vec<u8> {
    let mut stream = masked(false, opcode, &parts[0]);
    for part in &parts[1..] {
        stream.extend(ping("between"));
        stream.extend(continuation(false, part));
    }
    stream.extend(continuation(true, "."));
    for part in parts {
        stream.extend(masked(true, opcode, part));
    }
    stream.extend(close(1000, ""));
    stream
}
