//! Frames on the wire, read without the crate that is tested.

use websocket_proto::frame::{FrameHeader, OpCode};

/// The place of a frame in a stream, its header taken for what it seems to be.
struct Found {
    /// The bytes of the header.
    header: usize,
    /// Those of the payload that are there.
    payload: usize,
}

/// The stream of a server as that of a client: every frame masked. From a header that is cut or
/// that says it is masked on, it stays as it is.
pub(crate) fn masked(mut bytes: &[u8], key: [u8; 4]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() * 3);
    while let [first, second, ..] = *bytes
        && second & 0x80 == 0
    {
        let Found { header, payload } = match found(bytes) {
            Some(found) => found,
            None => {
                out.extend([first, second | 0x80]);
                bytes = &bytes[2..];
                break;
            }
        };
        out.extend([first, second | 0x80]);
        out.extend_from_slice(&bytes[2..header]);
        out.extend_from_slice(&key);
        let (frame, rest) = bytes.split_at(header + payload);
        out.extend(frame[header..].iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        bytes = rest;
    }
    out.extend_from_slice(bytes);
    out
}

/// The frame at the start; nothing if its header is cut.
fn found(bytes: &[u8]) -> Option<Found> {
    let second = *bytes.get(1)? & 0x7F;
    let (header, len) = match second {
        126 => (4, u64::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?))),
        127 => (10, u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)),
        short => (2, u64::from(short)),
    };
    let there = bytes.len() - header;
    Some(Found { header, payload: usize::try_from(len).map_or(there, |len| len.min(there)) })
}

/// A frame that is whole in an unmasked stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'b> {
    pub(crate) first: u8,
    pub(crate) payload: &'b [u8],
}

/// The frames of an unmasked stream, up to one that is masked or cut.
pub(crate) fn frames(mut bytes: &[u8]) -> impl Iterator<Item = Frame<'_>> {
    std::iter::from_fn(move || {
        let Found { header, payload } = found(bytes)?;
        let whole = bytes[1] & 0x80 == 0 && encoded_len(&bytes[..header]) == payload as u64;
        let (frame, rest) = bytes.split_at(header + payload);
        bytes = rest;
        whole.then(|| Frame { first: frame[0], payload: &frame[header..] })
    })
}

fn encoded_len(header: &[u8]) -> u64 {
    match header.get(2..) {
        None | Some([]) => u64::from(header[1]),
        Some(len) => len.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
    }
}

/// A frame of a server.
pub(crate) fn frame(fin: bool, compressed: bool, opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    let header = FrameHeader { fin, compressed, opcode, mask: None, len: payload.len() as u64 };
    [header.encode().as_bytes(), payload].concat()
}

/// The stream with payloads that are so many times as long, up to a frame that is masked or cut.
/// Those of control frames stay as they are.
pub(crate) fn lengthened(bytes: &[u8], times: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() * times);
    for Frame { first, payload } in frames(bytes) {
        let times = if first & 8 == 0 { times } else { 1 };
        let payload = payload.repeat(times);
        out.push(first);
        let header = frame(true, false, OpCode::Binary, &payload);
        out.extend_from_slice(&header[1..]);
    }
    out
}
