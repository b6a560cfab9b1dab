//! Frames (RFC 6455 §5.2), by as little code as there can be, and none of what is compared.

/// The first byte of a text message in one frame.
const FINAL_TEXT: u8 = 0x81;
/// In the first byte: the message is compressed (RFC 7692 §6).
pub const RSV1: u8 = 0x40;
/// In the second byte: the payload is masked, as clients have to.
pub const MASKED: u8 = 0x80;
const KEY: [u8; 4] = [0x9E, 0x37, 0x79, 0xB9];

/// Appends a text message in one frame; `rsv` is 0 or [`RSV1`], `masked` is 0 or [`MASKED`].
pub fn push_frame(rsv: u8, masked: u8, payload: &[u8], output: &mut Vec<u8>) {
    output.push(FINAL_TEXT | rsv);
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

/// The payloads of text messages that are one unmasked frame each and have this `rsv`, until the
/// bytes end. Panics if there is anything else.
pub struct Frames<'b> {
    bytes: &'b [u8],
    rsv: u8,
}

impl<'b> Frames<'b> {
    /// What a server has sent.
    pub const fn new(rsv: u8, bytes: &'b [u8]) -> Self {
        Self { bytes, rsv }
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

impl<'b> Iterator for Frames<'b> {
    type Item = &'b [u8];

    fn next(&mut self) -> Option<&'b [u8]> {
        if self.bytes.is_empty() {
            return None;
        }
        assert_eq!(self.take(1)[0], FINAL_TEXT | self.rsv, "a whole text message");
        let len = match self.take_number(1) {
            len @ ..=125 => len,
            126 => self.take_number(2),
            127 => self.take_number(8),
            _ => panic!("servers do not mask"),
        };
        Some(self.take(len))
    }
}
