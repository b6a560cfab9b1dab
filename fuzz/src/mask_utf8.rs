//! Masking compared with a loop over bytes, and validation of text compared with the standard
//! library, with cuts everywhere.

use arbitrary::Arbitrary;
use websocket_proto::frame::{MaskKey, OpCode, mask};
use websocket_proto::{Config, Event, MessageKind, Progress, ProtocolError, SendError, Time};

use crate::side::{Party, Side};
use crate::wire::frame;

#[derive(Arbitrary, Debug)]
pub struct Input<'b> {
    key: [u8; 4],
    /// The offset of the payload in memory, for its alignment.
    offset: u8,
    cut: u16,
    bytes: &'b [u8],
}

impl Input<'_> {
    /// The longest text that is cut at every byte.
    const MAX_LEN_TO_CUT_EVERYWHERE: usize = 300;

    /// The fuzzer's bytes for this payload.
    pub fn seed(bytes: &[u8]) -> Vec<u8> {
        [&[0x37, 0xFA, 0x21, 0x3D, 1, 7, 0], bytes].concat()
    }

    pub fn check(self) {
        self.check_mask();
        let cut = usize::from(self.cut) % (self.bytes.len() + 1);
        check_text(&[&self.bytes[..cut], &self.bytes[cut..]]);
        if self.bytes.len() <= Self::MAX_LEN_TO_CUT_EVERYWHERE {
            check_text(&self.bytes.chunks(1).collect::<Vec<_>>());
            // The fuzzer chooses where to cut, by `cut`.
            let cuts = if cfg!(fuzzing) { 0..0 } else { 0..self.bytes.len() };
            for cut in cuts {
                let (first, second) = self.bytes.split_at(cut);
                check_text(&[first, second]);
            }
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
        mask::apply(second, key.rotated(cut));
        assert!(
            memory[..offset].iter().all(|byte| *byte == 0),
            "bytes before the payload were changed"
        );
        assert_eq!(memory[offset..], expected, "in place, cut at {cut}");
        let mut memory = vec![0; offset];
        mask::append(&self.bytes[..cut], &mut memory, key);
        mask::append(&self.bytes[cut..], &mut memory, key.rotated(cut));
        assert_eq!(memory[offset..], expected, "appended, cut at {cut}");
    }
}

/// Checks that a text in these parts is refused at the first part that makes it invalid.
fn check_text(parts: &[&[u8]]) {
    check_sent(parts);
    check_received(parts);
}

fn check_sent(parts: &[&[u8]]) {
    let Side { mut connection, mut outgoing, .. } =
        Side::open(Party::Server, None, Config::default());
    connection.start_message(MessageKind::Text).expect("an open connection");
    let mut text = Vec::new();
    for part in parts {
        let before = text.len();
        text.extend_from_slice(part);
        let sent = connection.send_fragment(part, &mut outgoing);
        if may_become_valid(&text) {
            assert_eq!(sent, Ok(()), "{text:02x?}");
            continue;
        }
        assert_eq!(sent, Err(SendError::NotUtf8), "{text:02x?}");
        // Nothing of the refused part was sent.
        text.truncate(before);
        break;
    }
    let finished = connection.send_last_fragment(&[], &mut outgoing);
    assert_eq!(finished.is_ok(), str::from_utf8(&text).is_ok(), "{text:02x?}");
}

/// Receives the text as the payload of one frame, with one read for each part.
fn check_received(parts: &[&[u8]]) {
    let Side { mut connection, mut incoming, mut outgoing } =
        Side::open(Party::Client, None, Config::default());
    let whole = frame(true, false, OpCode::Text, &parts.concat());
    let header = whole.len() - parts.concat().len();
    incoming.lend_window(vec![0; whole.len()]);
    incoming.push(&whole[..header]);
    let mut at = header;
    for part in parts {
        incoming.push(part);
        at += part.len();
        let text = &whole[header..at];
        match connection.receive(Time::ZERO, &mut incoming, &mut outgoing) {
            Ok(Progress::Event) => {
                let Some(Event::Text(received)) = incoming.event() else { panic!("a text") };
                assert_eq!((received.as_bytes(), at), (text, whole.len()));
                return;
            }
            Ok(_) => assert!(at < whole.len() && may_become_valid(text), "{text:02x?}"),
            Err(error) => {
                assert_eq!(error, ProtocolError::InvalidUtf8);
                let cut = at == whole.len() && str::from_utf8(text).is_err();
                assert!(cut || !may_become_valid(text), "{text:02x?}");
                return;
            }
        }
    }
}

/// Whether the bytes are valid UTF-8 or can become so with more bytes.
fn may_become_valid(text: &[u8]) -> bool {
    str::from_utf8(text).map_or_else(|error| error.error_len().is_none(), |_| true)
}
