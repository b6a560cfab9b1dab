//! Frames (RFC 6455 §5.2), by as little code as there can be, and none of what is compared.

/// In the first byte: the last frame of its message.
pub const FINAL: u8 = 0x80;
/// In the first byte: the message is compressed (RFC 7692 §6).
pub const RSV1: u8 = 0x40;
/// In the first byte: a text message begins.
pub const TEXT: u8 = 0x1;
/// In the first byte: a binary message begins.
pub const BINARY: u8 = 0x2;
/// In the second byte: the payload is masked, as clients have to.
pub const MASKED: u8 = 0x80;
const KEY: [u8; 4] = [0x9E, 0x37, 0x79, 0xB9];

/// Appends a frame with this first byte; `masked` is 0 or [`MASKED`].
pub fn push_frame(first: u8, masked: u8, payload: &[u8], output: &mut Vec<u8>) {
    output.push(first);
    match payload.len() {
        len @ ..=125 => output.push(masked | len as u8),
        len @ 126..=0xFFFF => {
            output.push(masked | 126);
            output.extend((len as u16).to_be_bytes());
        }
        len => {
            output.push(masked | 127);
            output.extend((len as u64).to_be_bytes());
        }
    }
    let key = if masked == 0 { [0; 4] } else { KEY };
    if masked != 0 {
        output.extend(key);
    }
    output.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
}

/// Appends a masked message in so many frames of about the same length; `opcode` is [`TEXT`] or
/// [`BINARY`].
pub fn push_fragments(opcode: u8, fragments: usize, payload: &[u8], output: &mut Vec<u8>) {
    let cut = |fragment| payload.len() * fragment / fragments;
    for fragment in 0..fragments {
        let begins = if fragment == 0 { opcode } else { 0 };
        let ends = if fragment + 1 == fragments { FINAL } else { 0 };
        push_frame(begins | ends, MASKED, &payload[cut(fragment)..cut(fragment + 1)], output);
    }
}

/// The payloads of messages that are one frame each with this first byte, unmasked, until the
/// bytes end. Panics if there is anything else.
pub struct Frames<'b> {
    bytes: &'b [u8],
    first: u8,
    masked: u8,
}

impl<'b> Frames<'b> {
    /// What was sent; `masked` is 0 or [`MASKED`].
    pub const fn new(first: u8, masked: u8, bytes: &'b [u8]) -> Self {
        Self { bytes, first, masked }
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
        assert_eq!(self.take(1)[0], self.first, "the first byte");
        let second = self.take(1)[0];
        assert_eq!(second & MASKED, self.masked, "clients mask, servers do not");
        let len = match second & !MASKED {
            126 => self.take_number(2),
            127 => self.take_number(8),
            len => usize::from(len),
        };
        let key = if self.masked == 0 { &[0; 4] } else { self.take(4) };
        let payload = self.take(len);
        Some(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back() {
        for len in [0, 1, 125, 126, 0xFFFF, 0x1_0000] {
            for masked in [0, MASKED] {
                let payload: Vec<u8> = (0..len).map(|index| index as u8).collect();
                let mut bytes = Vec::new();
                push_frame(FINAL | BINARY, masked, &payload, &mut bytes);
                push_frame(FINAL | BINARY, masked, b"next", &mut bytes);
                let frames: Vec<_> = Frames::new(FINAL | BINARY, masked, &bytes).collect();
                assert_eq!(frames, [payload, b"next".to_vec()]);
            }
        }
    }

    #[test]
    fn fragments_are_the_payload_in_order() {
        let payload = *b"0123456789";
        let mut bytes = Vec::new();
        push_fragments(TEXT, 4, &payload, &mut bytes);
        let (mut firsts, mut joined) = (Vec::new(), Vec::new());
        while !bytes.is_empty() {
            let rest = bytes.split_off(6 + usize::from(bytes[1] & !MASKED));
            firsts.push(bytes[0]);
            joined.extend(Frames::new(bytes[0], MASKED, &bytes).next().unwrap());
            bytes = rest;
        }
        assert_eq!(firsts, [TEXT, 0, 0, FINAL]);
        assert_eq!(joined, payload);
    }

    #[test]
    #[should_panic(expected = "servers do not")]
    fn a_masked_frame_is_not_a_servers() {
        let mut bytes = Vec::new();
        push_frame(FINAL | BINARY, MASKED, b"x", &mut bytes);
        Frames::new(FINAL | BINARY, 0, &bytes).next();
    }
}
