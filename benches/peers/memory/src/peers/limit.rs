use bytes::Bytes;
use common::MemoryStream;
use websocket_proto::frame::{MaskKey, mask};

use crate::cell::Side;
use crate::peer::Peer;

/// As large as that of our state machine.
const WINDOW: usize = 64 << 10;

/// The least that any receiver does: copies what is read into a window, walks the headers and
/// unmasks in place, without checks, state, text or whole messages.
pub(crate) struct Walker {
    stream: MemoryStream,
    window: Vec<u8>,
    /// Bytes of the window that were read and not walked over.
    unread: std::ops::Range<usize>,
    /// What is to come of the frame's payload.
    payload: usize,
    key: MaskKey,
    last: bool,
}

impl Walker {
    /// Walks over one frame's rest, or its part in the window; whether a message has ended.
    fn step(&mut self, see: &mut impl FnMut(&[u8])) -> bool {
        let part = self.payload.min(self.unread.len());
        let bytes = &mut self.window[self.unread.start..][..part];
        mask::apply(bytes, self.key);
        see(bytes);
        self.unread.start += part;
        self.payload -= part;
        self.key = self.key.turned(part);
        self.payload == 0 && self.last
    }

    /// Begins the next frame, if its header is in the window.
    fn begin(&mut self) -> bool {
        let bytes = &self.window[self.unread.clone()];
        let Some((first, second)) = bytes.first().zip(bytes.get(1)) else { return false };
        let extended = match second & 0x7F {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let Some(rest) = bytes.get(2..2 + extended + 4) else { return false };
        let (len, key) = rest.split_at(extended);
        self.payload = match len {
            [] => usize::from(second & 0x7F),
            len => len.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)),
        };
        self.key = MaskKey::new([key[0], key[1], key[2], key[3]]);
        self.last = first & 0x80 != 0;
        self.unread.start += 2 + extended + 4;
        true
    }

    /// Keeps a header that was cut, and reads behind it.
    fn read(&mut self) {
        let kept = self.unread.len();
        self.window.copy_within(self.unread.clone(), 0);
        self.unread = 0..kept + self.stream.read(&mut self.window[kept..]);
    }
}

impl Peer for Walker {
    const WHOLE_MESSAGES: bool = false;

    fn connect(stream: MemoryStream, _: Side) -> Self {
        let key = MaskKey::new([0; 4]);
        Self { stream, window: vec![0; WINDOW], unread: 0..0, payload: 0, key, last: false }
    }

    fn receive(&mut self, messages: usize, mut see: impl FnMut(&[u8])) {
        let mut seen = 0;
        while seen < messages {
            if self.payload == 0 && !self.begin() || self.unread.is_empty() {
                self.read();
                continue;
            }
            seen += usize::from(self.step(&mut see));
        }
    }

    fn send(&mut self, _: &[Bytes], _: usize) {
        panic!("it only receives");
    }
}
