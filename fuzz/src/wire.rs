//! Frames on the wire, read without the parser that is tested.

use websocket_proto::frame::{FrameHeader, OpCode};

/// The lengths of a frame's parts at the start of some bytes. The header need not be valid.
struct FrameLayout {
    /// The length of the header.
    header: usize,
    /// The length of the payload, as far as it is in the bytes.
    payload: usize,
}

/// Masks every frame of a server's stream, as a client would send it. The stream stays unchanged
/// from the first header that is cut or has the mask bit set.
pub(crate) fn masked(mut bytes: &[u8], key: [u8; 4]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() * 3);
    while let [first, second, ..] = *bytes
        && second & 0x80 == 0
    {
        let FrameLayout { header, payload } = match layout(bytes) {
            Some(layout) => layout,
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

/// The layout of the frame at the start; `None` if its header is cut.
fn layout(bytes: &[u8]) -> Option<FrameLayout> {
    let second = *bytes.get(1)? & 0x7F;
    let (header, len) = match second {
        126 => (4, u64::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?))),
        127 => (10, u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)),
        short => (2, u64::from(short)),
    };
    let available = bytes.len() - header;
    let payload = usize::try_from(len).map_or(available, |len| len.min(available));
    Some(FrameLayout { header, payload })
}

/// A whole frame of an unmasked stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'b> {
    /// The first byte: FIN, the reserved bits and the opcode.
    pub(crate) first: u8,
    pub(crate) payload: &'b [u8],
}

/// The frames of an unmasked stream, up to the first one that is masked or cut.
pub(crate) fn frames(mut bytes: &[u8]) -> impl Iterator<Item = Frame<'_>> {
    std::iter::from_fn(move || {
        let FrameLayout { header, payload } = layout(bytes)?;
        let whole = bytes[1] & 0x80 == 0 && encoded_len(&bytes[..header]) == payload as u64;
        let (frame, rest) = bytes.split_at(header + payload);
        bytes = rest;
        whole.then(|| Frame { first: frame[0], payload: &frame[header..] })
    })
}

/// The payload length that a header declares.
fn encoded_len(header: &[u8]) -> u64 {
    match header.get(2..) {
        None | Some([]) => u64::from(header[1]),
        Some(len) => len.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
    }
}

/// Encodes an unmasked frame, as a server sends it.
pub(crate) fn frame(fin: bool, compressed: bool, opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    let header = FrameHeader { fin, compressed, opcode, mask: None, len: payload.len() as u64 };
    [header.encode().as_bytes(), payload].concat()
}

/// The stream with the payload of each data frame repeated `times` times, up to the first frame
/// that is masked or cut.
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
