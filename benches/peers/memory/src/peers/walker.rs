use bytes::Bytes;
use common::{MemoryStream, Side};
use websocket_proto::frame::{MaskKey, mask};

use crate::peer::Peer;

/// The size of the window, in bytes.
const WINDOW: usize = 64 << 10;

/// The least that any receiver does: it reads into a window, walks over the headers and unmasks in
/// place. It checks nothing, has no state of a connection and does not put messages together.
pub(crate) struct Walker {
    stream: MemoryStream,
    window: Vec<u8>,
    /// The bytes of the window that were read and are still to be walked over.
    unread: std::ops::Range<usize>,
    /// How many bytes of the frame's payload are still to come.
    payload_left: usize,
    key: MaskKey,
    /// Whether the frame is the last one of its message.
    is_last: bool,
}

impl Walker {
    /// Walks over the rest of the frame, or the part of it in the window, and returns whether a
    /// message has ended.
    fn walk_payload(&mut self, see: &mut impl FnMut(&[u8])) -> bool {
        let part = self.payload_left.min(self.unread.len());
        let bytes = &mut self.window[self.unread.start..][..part];
        mask::apply(bytes, self.key);
        see(bytes);
        self.unread.start += part;
        self.payload_left -= part;
        self.key = self.key.rotated(part);
        self.payload_left == 0 && self.is_last
    }

    /// Begins the next frame, if its whole header is in the window, and returns whether it is.
    fn begin_frame(&mut self) -> bool {
        let bytes = &self.window[self.unread.clone()];
        let Some((first, second)) = bytes.first().zip(bytes.get(1)) else { return false };
        let extended = match second & 0x7F {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let Some(rest) = bytes.get(2..2 + extended + 4) else { return false };
        let (len, key) = rest.split_at(extended);
        self.payload_left = match len {
            [] => usize::from(second & 0x7F),
            len => len.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)),
        };
        self.key = MaskKey::new([key[0], key[1], key[2], key[3]]);
        self.is_last = first & 0x80 != 0;
        self.unread.start += 2 + extended + 4;
        true
    }

    /// Moves what is left in the window to its start, and reads after it.
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
        Self { stream, window: vec![0; WINDOW], unread: 0..0, payload_left: 0, key, is_last: false }
    }

    fn receive(&mut self, messages: usize, mut see: impl FnMut(&[u8])) {
        let mut seen = 0;
        while seen < messages {
            if self.payload_left == 0 && !self.begin_frame() || self.unread.is_empty() {
                self.read();
                continue;
            }
            seen += usize::from(self.walk_payload(&mut see));
        }
    }

    fn send(&mut self, _: &[Bytes], _: usize) {
        panic!("it only receives");
    }
}
