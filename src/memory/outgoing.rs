//! What is encoded and not yet written.

use alloc::vec::Vec;

use crate::frame::{self, FrameHeader, mask};

/// The send memory of one connection: bytes for the transport, in order.
///
/// Write what [`pending`](Self::pending) shows, say how much was taken with
/// [`advance`](Self::advance), and repeat until [`is_empty`](Self::is_empty). Everything that
/// gathered since the last write leaves in one.
///
/// A pong does not wait behind queued messages: it leaves at the next end of a frame. At most one
/// pong waits, the newest, as RFC 6455 §5.5.3 allows, so a flood of pings costs no memory.
#[derive(Default)]
pub struct Outgoing {
    /// Encoded bytes, of which the first `written` are gone.
    queue: Vec<u8>,
    written: usize,
    /// A place in `queue` where a frame begins, from which later ones can be found.
    frame_start: usize,
    /// Where the Close frame begins that nothing may follow, and whether it began to leave.
    last_frame: Option<usize>,
    last_frame_left: bool,
    /// The pong that leaves when `queue` is written up to `pong_at`, and how much of it has.
    pong: Vec<u8>,
    pong_at: usize,
    pong_written: usize,
    /// The pong to leave after one that is partly written.
    owed: Vec<u8>,
    written_in_all: u64,
}

impl Outgoing {
    /// Written bytes in front of the queue are dropped once there are this many.
    const COMPACT_AT: usize = 64 << 10;

    /// Empty, without memory of its own.
    pub const fn new() -> Self {
        Self {
            queue: Vec::new(),
            written: 0,
            frame_start: 0,
            last_frame: None,
            last_frame_left: false,
            pong: Vec::new(),
            pong_at: 0,
            pong_written: 0,
            owed: Vec::new(),
            written_in_all: 0,
        }
    }

    /// Whether there is nothing to write.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.written == self.queue.len() && self.pong.is_empty()
    }

    /// The bytes to write.
    pub fn len(&self) -> usize {
        self.queue.len() - self.written + self.pong.len() - self.pong_written + self.owed.len()
    }

    /// The bytes to write next, in order; a piece may be empty. Made for a vectored write.
    pub fn pending(&self) -> [&[u8]; 3] {
        if self.pong.is_empty() {
            return [&self.queue[self.written..], &[], &[]];
        }
        let (first, rest) = (&self.queue[self.written..self.pong_at], &self.queue[self.pong_at..]);
        // What is owed leaves before the rest, so the rest waits for it.
        let rest = if self.owed.is_empty() { rest } else { &self.owed };
        [first, &self.pong[self.pong_written..], rest]
    }

    /// The first piece of [`pending`](Self::pending) that is not empty, for a plain write.
    pub fn chunk(&self) -> &[u8] {
        self.pending().into_iter().find(|piece| !piece.is_empty()).unwrap_or_default()
    }

    /// Says that the transport took the next `len` bytes. More than there are counts as all.
    pub fn advance(&mut self, mut len: usize) {
        while len > 0 && !self.is_empty() {
            let taken = self.advance_piece(len);
            self.written_in_all += taken as u64;
            len -= taken;
        }
        self.drop_written();
    }

    /// How many bytes the transport took in all.
    pub const fn written(&self) -> u64 {
        self.written_in_all
    }

    /// Gives memory back that nothing waits in, for a connection that turns idle.
    pub fn shrink(&mut self) {
        if self.is_empty() {
            self.queue = Vec::new();
        }
    }

    /// The heap memory held, in bytes.
    pub fn heap(&self) -> usize {
        self.queue.capacity() + self.pong.capacity() + self.owed.capacity()
    }

    /// Takes from the first piece and tells how much it took.
    fn advance_piece(&mut self, len: usize) -> usize {
        let queue_end = if self.pong.is_empty() { self.queue.len() } else { self.pong_at };
        let taken = len.min(queue_end - self.written);
        if taken > 0 {
            self.written += taken;
            return taken;
        }
        let taken = len.min(self.pong.len() - self.pong_written);
        self.pong_written += taken;
        if self.pong_written == self.pong.len() {
            self.pong = core::mem::take(&mut self.owed);
            self.pong_written = 0;
        }
        taken
    }

    fn drop_written(&mut self) {
        self.last_frame_left |= self.last_frame.is_some_and(|at| at < self.written);
        if self.is_empty() {
            self.queue.clear();
            (self.written, self.frame_start) = (0, 0);
        } else if self.written >= Self::COMPACT_AT && self.written >= self.queue.len() / 2 {
            self.compact();
        }
    }

    fn compact(&mut self) {
        self.frame_start = self.next_frame();
        self.queue.drain(..self.written);
        self.frame_start -= self.written;
        self.pong_at = self.pong_at.saturating_sub(self.written);
        self.last_frame = self.last_frame.map(|at| at.saturating_sub(self.written));
        self.written = 0;
    }

    /// Where the first frame begins that is not partly written, or the end of the queue.
    fn next_frame(&self) -> usize {
        let mut at = self.frame_start;
        while at < self.written {
            at += frame::encoded_len(&self.queue[at..]);
        }
        at.min(self.queue.len())
    }
}

/// For the state machine.
impl Outgoing {
    /// Appends a frame.
    #[inline]
    pub(crate) fn push_frame(&mut self, header: FrameHeader, payload: &[u8]) {
        self.queue.reserve(FrameHeader::MAX_LEN + payload.len());
        append_frame(&mut self.queue, header, payload);
    }

    /// Appends the frame that nothing may follow.
    pub(crate) fn push_last_frame(&mut self, header: FrameHeader, payload: &[u8]) {
        self.last_frame = Some(self.queue.len());
        self.push_frame(header, payload);
    }

    /// Puts a pong at the next end of a frame, in place of one that has not begun to leave.
    /// There is no such place behind the Close frame: then it is dropped.
    pub(crate) fn push_pong(&mut self, header: FrameHeader, payload: &[u8]) {
        let at = self.next_frame();
        if self.last_frame_left || self.last_frame.is_some_and(|last| at > last) {
            return;
        }
        let slot = if self.pong_written > 0 { &mut self.owed } else { &mut self.pong };
        slot.clear();
        append_frame(slot, header, payload);
        if self.pong_written == 0 {
            (self.pong_at, self.frame_start) = (at, at);
        }
    }

    /// Lets an HTTP head be appended, and notes where frames begin.
    pub(crate) fn push_head<R>(&mut self, encode: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let result = encode(&mut self.queue);
        self.frame_start = self.queue.len();
        result
    }

    /// Drops everything that waits.
    pub(crate) fn clear(&mut self) {
        let written_in_all = self.written_in_all;
        *self = Self { written_in_all, ..Self::new() };
    }
}

impl core::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Outgoing").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[inline]
fn append_frame(target: &mut Vec<u8>, header: FrameHeader, payload: &[u8]) {
    target.extend_from_slice(header.encode().as_bytes());
    match header.mask {
        Some(key) => mask::append(payload, target, key),
        None => target.extend_from_slice(payload),
    }
}
