//! Frames (RFC 6455 §5.2), written and read without any of the crates that are compared.

/// Bit of the first byte: this is the last frame of its message (FIN).
pub const FINAL: u8 = 0x80;
/// Bit of the first byte: the message is compressed (RFC 7692 §6).
pub const RSV1: u8 = 0x40;
/// Opcode in the first byte: a text message begins.
pub const TEXT: u8 = 0x1;
/// Opcode in the first byte: a binary message begins.
pub const BINARY: u8 = 0x2;
/// Bit of the second byte: the payload is masked.
const MASKED: u8 = 0x80;
const KEY: [u8; 4] = [0x9E, 0x37, 0x79, 0xB9];

/// The side of a connection that sends a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Does not mask its payloads.
    Server,
    /// Masks its payloads (RFC 6455 §5.3).
    Client,
}

impl Side {
    const fn mask_bit(self) -> u8 {
        match self {
            Self::Server => 0,
            Self::Client => MASKED,
        }
    }
}

/// Appends a frame as this side sends it.
pub fn push_frame(first_byte: u8, side: Side, payload: &[u8], output: &mut Vec<u8>) {
    let mask_bit = side.mask_bit();
    output.push(first_byte);
    match payload.len() {
        len @ ..=125 => output.push(mask_bit | len as u8),
        len @ 126..=0xFFFF => {
            output.push(mask_bit | 126);
            output.extend((len as u16).to_be_bytes());
        }
        len => {
            output.push(mask_bit | 127);
            output.extend((len as u64).to_be_bytes());
        }
    }
    match side {
        Side::Server => output.extend(payload),
        Side::Client => {
            output.extend(KEY);
            output.extend(xor(payload, &KEY));
        }
    }
}

/// Masks a payload, or unmasks it.
fn xor(payload: &[u8], key: &[u8]) -> impl Iterator<Item = u8> {
    payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key)
}

/// Appends a client's message in `fragments` frames of about the same length; `opcode` is [`TEXT`]
/// or [`BINARY`].
pub fn push_fragments(opcode: u8, fragments: usize, payload: &[u8], output: &mut Vec<u8>) {
    let cut = |fragment| payload.len() * fragment / fragments;
    for fragment in 0..fragments {
        let begins = if fragment == 0 { opcode } else { 0 };
        let ends = if fragment + 1 == fragments { FINAL } else { 0 };
        push_frame(begins | ends, Side::Client, &payload[cut(fragment)..cut(fragment + 1)], output);
    }
}

/// Iterates over the unmasked payloads of messages of one frame each, until the bytes end.
///
/// # Panics
///
/// Panics if a frame has another first byte, or is masked and should not be, or the reverse.
pub struct Frames<'b> {
    bytes: &'b [u8],
    first_byte: u8,
    side: Side,
}

impl<'b> Frames<'b> {
    /// Reads `bytes` that this side sent.
    pub const fn new(first_byte: u8, side: Side, bytes: &'b [u8]) -> Self {
        Self { bytes, first_byte, side }
    }

    fn take(&mut self, len: usize) -> &'b [u8] {
        let (taken, rest) = self.bytes.split_at(len);
        self.bytes = rest;
        taken
    }

    fn take_number(&mut self, len: usize) -> usize {
        self.take(len).iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
    }
}

impl Iterator for Frames<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        if self.bytes.is_empty() {
            return None;
        }
        assert_eq!(self.take(1)[0], self.first_byte, "the first byte");
        let second = self.take(1)[0];
        assert_eq!(second & MASKED, self.side.mask_bit(), "clients mask, servers do not");
        let len = match second & !MASKED {
            126 => self.take_number(2),
            127 => self.take_number(8),
            len => usize::from(len),
        };
        Some(match self.side {
            Side::Server => self.take(len).to_vec(),
            Side::Client => {
                let key = self.take(4);
                xor(self.take(len), key).collect()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_frames_are_read_again() {
        for len in [0, 1, 125, 126, 0xFFFF, 0x1_0000] {
            for side in [Side::Server, Side::Client] {
                let payload: Vec<u8> = (0..len).map(|index| index as u8).collect();
                let mut bytes = Vec::new();
                push_frame(FINAL | BINARY, side, &payload, &mut bytes);
                push_frame(FINAL | BINARY, side, b"next", &mut bytes);
                let frames: Vec<_> = Frames::new(FINAL | BINARY, side, &bytes).collect();
                assert_eq!(frames, [payload, b"next".to_vec()]);
            }
        }
    }

    #[test]
    fn fragments_join_to_the_payload() {
        let payload = *b"0123456789";
        let mut bytes = Vec::new();
        push_fragments(TEXT, 4, &payload, &mut bytes);
        let (mut first_bytes, mut joined) = (Vec::new(), Vec::new());
        while !bytes.is_empty() {
            let rest = bytes.split_off(6 + usize::from(bytes[1] & !MASKED));
            first_bytes.push(bytes[0]);
            joined.extend(Frames::new(bytes[0], Side::Client, &bytes).next().unwrap());
            bytes = rest;
        }
        assert_eq!(first_bytes, [TEXT, 0, 0, FINAL]);
        assert_eq!(joined, payload);
    }

    #[test]
    #[should_panic(expected = "servers do not")]
    fn a_masked_frame_from_a_server_panics() {
        let mut bytes = Vec::new();
        push_frame(FINAL | BINARY, Side::Client, b"x", &mut bytes);
        Frames::new(FINAL | BINARY, Side::Server, &bytes).next();
    }
}
