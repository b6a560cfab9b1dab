//! The two kernels against what they stand for: masks against a loop over bytes, text against the
//! standard library, both cut everywhere.

use arbitrary::Arbitrary;
use websocket_proto::frame::{MaskKey, mask};
use websocket_proto::{Config, MessageKind, SendError};

use crate::side::Side;

#[derive(Arbitrary, Debug)]
pub struct Input<'b> {
    key: [u8; 4],
    /// Where the payload begins in memory.
    offset: u8,
    cut: u16,
    bytes: &'b [u8],
}

impl Input<'_> {
    /// Longer texts are not cut everywhere.
    const LONG: usize = 300;

    /// The fuzzer's bytes for these.
    pub fn seed(bytes: &[u8]) -> Vec<u8> {
        [&[0x37, 0xFA, 0x21, 0x3D, 1, 7, 0], bytes].concat()
    }

    pub fn check(self) {
        self.check_mask();
        let cut = usize::from(self.cut) % (self.bytes.len() + 1);
        check_text(&[&self.bytes[..cut], &self.bytes[cut..]]);
        if self.bytes.len() <= Self::LONG {
            (0..self.bytes.len()).for_each(|cut| {
                let (first, second) = self.bytes.split_at(cut);
                check_text(&[first, second]);
            });
            check_text(&self.bytes.chunks(1).collect::<Vec<_>>());
        }
    }

    fn check_mask(&self) {
        let expected: Vec<u8> =
            self.bytes.iter().zip(self.key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        let (key, offset) = (MaskKey::new(self.key), usize::from(self.offset % 64));
        let cut = usize::from(self.cut) % (self.bytes.len() + 1);
        let mut memory = [&vec![0; offset], self.bytes].concat();
        let (first, second) = memory[offset..].split_at_mut(cut);
        mask::apply(first, key);
        mask::apply(second, key.turned(cut));
        assert!(memory[..offset].iter().all(|byte| *byte == 0), "masked in front of it");
        assert_eq!(memory[offset..], expected, "in place, cut at {cut}");
        let mut memory = vec![0; offset];
        mask::append(&self.bytes[..cut], &mut memory, key);
        mask::append(&self.bytes[cut..], &mut memory, key.turned(cut));
        assert_eq!(memory[offset..], expected, "appended, cut at {cut}");
    }
}

/// A text that is sent in these parts is refused at the first that cannot be a part of one.
fn check_text(parts: &[&[u8]]) {
    let Side { mut connection, mut outgoing, .. } = Side::open(false, None, Config::default());
    connection.start_message(MessageKind::Text).expect("an open connection");
    let mut text = Vec::new();
    for part in parts {
        let before = text.len();
        text.extend_from_slice(part);
        let sent = connection.send_fragment(part, &mut outgoing);
        if is_begun(&text) {
            assert_eq!(sent, Ok(()), "{text:02x?}");
            continue;
        }
        assert_eq!(sent, Err(SendError::NotUtf8), "{text:02x?}");
        // Nothing of the part was taken.
        text.truncate(before);
        break;
    }
    let finished = connection.finish_message(&[], &mut outgoing);
    assert_eq!(finished.is_ok(), str::from_utf8(&text).is_ok(), "{text:02x?}");
}

/// Whether more bytes can make it UTF-8.
fn is_begun(text: &[u8]) -> bool {
    str::from_utf8(text).map_or_else(|error| error.error_len().is_none(), |_| true)
}
