//! What is encoded and not yet written.

use alloc::boxed::Box;
use alloc::vec::Vec;

use bytes::Bytes;

use super::shared::SharedFrames;
use crate::frame::{self, EncodedHeader, FrameHeader, mask};

/// The send memory of one connection: bytes for the transport, in order.
///
/// Write what [`pending`](Self::pending) shows, say how much was taken with
/// [`advance`](Self::advance), and repeat until [`is_empty`](Self::is_empty). Everything that
/// gathered since the last write leaves in one.
///
/// A pong does not wait behind queued messages: it leaves at the next end of a frame. At most one
/// pong waits, the newest, as RFC 6455 §5.5.3 allows, so a flood of pings costs no memory.
pub struct Outgoing {
    /// Encoded bytes, of which the first `written` are gone.
    queue: Vec<u8>,
    written: usize,
    /// Each behind the byte of `queue` at its place.
    shared: SharedFrames,
    /// A place in `queue` where a frame begins, from which later ones can be found.
    frame_start: usize,
    last_frame: LastFrame,
    /// Made for a ping, and gone with the answer.
    pong: Option<Box<Pong>>,
    written_in_all: u64,
    /// How many bytes of the queue and of what is shared have left.
    left: u64,
    /// Some were dropped.
    dropped: bool,
    /// The next message was promised room.
    promised: bool,
    /// The transport holds back a part of what it took, as TLS does.
    held: bool,
}

/// The pong that leaves when the queue is written up to its place.
#[derive(Default)]
struct Pong {
    at: usize,
    frame: Vec<u8>,
    written: usize,
    /// The one to leave after it, if it is partly written.
    owed: Vec<u8>,
}

impl Pong {
    fn rest(&self) -> &[u8] {
        &self.frame[self.written..]
    }
}

/// The frame that nothing may follow, as the place behind its first byte, or zero when that has
/// left.
#[derive(Clone, Copy)]
struct LastFrame(usize);

impl LastFrame {
    const NOT_QUEUED: Self = Self(usize::MAX);

    /// The frame that begins at this place.
    const fn at(start: usize) -> Self {
        Self(start + 1)
    }

    /// Whether something at this place would follow it.
    const fn is_before(self, at: usize) -> bool {
        at >= self.0
    }

    /// The queue is written up to here, and about to lose so many bytes at its front.
    fn note_written(&mut self, written: usize, lost: usize) {
        if self.is_before(written) {
            self.0 = 0;
        } else if self.0 != usize::MAX {
            self.0 -= lost;
        }
    }
}

/// What leaves next.
enum Next {
    Queue { end: usize },
    Shared,
    Pong,
}

impl Outgoing {
    /// Written bytes in front of the queue are dropped once there are this many.
    const COMPACT_AT: usize = 64 << 10;

    /// The most pieces that [`pending`](Self::pending) shows at once.
    pub const PIECES: usize = 8;

    /// Room for most HTTP heads, in bytes.
    const TYPICAL_HEAD: usize = 256;

    /// Empty, without memory of its own.
    pub const fn new() -> Self {
        Self {
            queue: Vec::new(),
            written: 0,
            shared: SharedFrames::NONE,
            frame_start: 0,
            last_frame: LastFrame::NOT_QUEUED,
            pong: None,
            written_in_all: 0,
            left: 0,
            dropped: false,
            promised: false,
            held: false,
        }
    }

    /// Whether there is nothing to write.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.written == self.queue.len() && self.pong.is_none() && self.shared.is_empty()
    }

    /// The bytes to write.
    pub fn len(&self) -> usize {
        let pongs = self.pong.as_ref().map_or(0, |pong| pong.rest().len() + pong.owed.len());
        self.queued() + pongs
    }

    /// The bytes to write next, in order: made for a vectored write. Those behind the first may
    /// be empty, and there may be more than are shown.
    pub fn pending(&self) -> [&[u8]; Self::PIECES] {
        let mut pieces = [&[][..]; Self::PIECES];
        let mut at = self.written;
        let mut shared = self.shared.iter().peekable();
        let mut pong = self.pong.as_deref();
        for piece in &mut pieces {
            let begun = shared.peek().is_some_and(|shared| shared.begun);
            if let Some(due) = pong.take_if(|pong| pong.at == at && !begun) {
                *piece = due.rest();
                // What is owed leaves behind it, and is shown next time.
                if !due.owed.is_empty() {
                    break;
                }
            } else if let Some(shared) = shared.next_if(|shared| shared.at == at) {
                *piece = &shared.bytes;
            } else {
                let end = shared.peek().map_or(self.queue.len(), |shared| shared.at);
                let end = pong.map_or(end, |pong| end.min(pong.at));
                *piece = &self.queue[at..end];
                at = end;
            }
        }
        pieces
    }

    /// The first piece of [`pending`](Self::pending) that is not empty, for a plain write.
    pub fn chunk(&self) -> &[u8] {
        match self.next() {
            Next::Queue { end } => &self.queue[self.written..end],
            Next::Shared => self.shared.front().map_or(&[], |shared| &shared.bytes),
            Next::Pong => self.pong.as_ref().map_or(&[], |pong| pong.rest()),
        }
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
            self.shared = SharedFrames::NONE;
        }
    }

    /// The heap memory held, in bytes, without that of shared messages.
    pub fn heap(&self) -> usize {
        let pongs = self
            .pong
            .as_ref()
            .map_or(0, |pong| size_of::<Pong>() + pong.frame.capacity() + pong.owed.capacity());
        self.queue.capacity() + pongs + self.shared.heap()
    }

    fn next(&self) -> Next {
        let front = self.shared.front();
        let shared_is_next = front.is_some_and(|shared| shared.at == self.written);
        if shared_is_next && front.is_some_and(|shared| shared.begun) {
            Next::Shared
        } else if self.pong.as_ref().is_some_and(|pong| pong.at == self.written) {
            Next::Pong
        } else if shared_is_next {
            Next::Shared
        } else {
            let end = front.map_or(self.queue.len(), |shared| shared.at);
            Next::Queue { end: self.pong.as_ref().map_or(end, |pong| end.min(pong.at)) }
        }
    }

    /// Takes from the first piece and tells how much it took.
    fn advance_piece(&mut self, len: usize) -> usize {
        match self.next() {
            Next::Queue { end } => {
                let taken = len.min(end - self.written);
                self.written += taken;
                self.left += taken as u64;
                taken
            }
            Next::Shared => {
                let taken = self.shared.advance(len);
                self.left += taken as u64;
                taken
            }
            Next::Pong => self.advance_pong(len),
        }
    }

    fn advance_pong(&mut self, len: usize) -> usize {
        let Some(pong) = &mut self.pong else { return 0 };
        let taken = len.min(pong.rest().len());
        pong.written += taken;
        if pong.rest().is_empty() {
            pong.frame = core::mem::take(&mut pong.owed);
            pong.written = 0;
        }
        self.pong.take_if(|pong| pong.frame.is_empty());
        taken
    }

    fn drop_written(&mut self) {
        self.last_frame.note_written(self.written, 0);
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
        if let Some(pong) = &mut self.pong {
            pong.at -= self.written;
        }
        self.shared.move_places(self.written);
        self.last_frame.note_written(self.written, self.written);
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

/// Places in all that is ever sent, pongs left out, as they overtake: for adapters that tell when a
/// message has left.
#[cfg(feature = "std")]
impl Outgoing {
    /// Behind the last byte that was queued. [`left`](Self::left) never gets there if some of it was
    /// dropped.
    pub(crate) fn end(&self) -> u64 {
        if self.dropped { u64::MAX } else { self.left + self.queued() as u64 }
    }

    /// Behind the last byte that the transport took.
    pub(crate) const fn left(&self) -> u64 {
        self.left
    }

    /// Says whether the transport holds back a part of what it took: that waits, too.
    pub(crate) const fn hold(&mut self, held: bool) {
        self.held = held;
    }

    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(crate) const fn is_held(&self) -> bool {
        self.held
    }
}

/// For the state machine.
impl Outgoing {
    /// Whether something waits to leave, here or in the transport.
    pub(crate) fn waits(&self) -> bool {
        self.held || !self.is_empty()
    }

    /// Appends a frame.
    #[inline]
    pub(crate) fn push_frame(&mut self, header: FrameHeader, payload: &[u8]) {
        self.queue.reserve(EncodedHeader::ROOM + payload.len());
        append_frame(&mut self.queue, header, payload);
    }

    /// Appends a frame whose payload `make` appends, and whose header is known by its length then.
    pub(crate) fn push_made_frame<E>(
        &mut self,
        make: impl FnOnce(&mut Vec<u8>),
        header: impl FnOnce(usize) -> Result<FrameHeader, E>,
    ) -> Result<(), E> {
        let start = self.queue.len();
        let made = start + FrameHeader::MAX_LEN;
        self.queue.resize(made, 0);
        make(&mut self.queue);
        let header = header(self.queue.len() - made).inspect_err(|_| self.queue.truncate(start))?;
        if let Some(key) = header.mask {
            mask::apply(&mut self.queue[made..], key);
        }
        let encoded = header.encode();
        let unused = FrameHeader::MAX_LEN - encoded.as_bytes().len();
        self.queue[start + unused..made].copy_from_slice(encoded.as_bytes());
        self.queue.drain(start..start + unused);
        Ok(())
    }

    /// Appends frames that are shared with others. Short ones are copied, which costs less than
    /// a place of their own in a vectored write.
    pub(crate) fn push_shared(&mut self, frames: &Bytes) {
        const COPIED: usize = 512;
        if frames.len() <= COPIED {
            return self.queue.extend_from_slice(frames);
        }
        self.shared.push(self.queue.len(), frames.clone());
    }

    /// Appends the frame that nothing may follow.
    pub(crate) fn push_last_frame(&mut self, header: FrameHeader, payload: &[u8]) {
        self.last_frame = LastFrame::at(self.queue.len());
        self.push_frame(header, payload);
    }

    /// Puts a pong at the next end of a frame, in place of one that has not begun to leave.
    /// There is no such place behind the Close frame: then it is dropped. While the connection
    /// `is_open` it has sent none, and what left here was that of another one.
    pub(crate) fn push_pong(&mut self, header: FrameHeader, payload: &[u8], is_open: bool) {
        if is_open {
            self.last_frame = LastFrame::NOT_QUEUED;
        }
        let at = self.next_frame();
        self.frame_start = at;
        if self.last_frame.is_before(at) {
            return;
        }
        let pong = self.pong.get_or_insert_default();
        let slot = if pong.written > 0 { &mut pong.owed } else { &mut pong.frame };
        slot.clear();
        append_frame(slot, header, payload);
        if pong.written == 0 {
            pong.at = at;
        }
    }

    /// Lets an HTTP head be appended, and notes where frames begin.
    pub(crate) fn push_head<R>(&mut self, encode: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        self.queue.reserve(Self::TYPICAL_HEAD);
        let result = encode(&mut self.queue);
        self.frame_start = self.queue.len();
        result
    }

    /// Drops everything that waits.
    pub(crate) fn clear(&mut self) {
        let (written_in_all, left) = (self.written_in_all, self.left);
        let dropped = self.dropped || self.queued() > 0;
        *self = Self { written_in_all, left, dropped, ..Self::new() };
    }

    /// Whether a message is taken though too much waits.
    #[inline]
    pub(crate) const fn has_promised(&self) -> bool {
        self.promised
    }

    /// Lets `push` find room, as it was promised.
    #[cfg(all(feature = "futures", any(feature = "smol", feature = "tokio")))]
    pub(crate) fn keep_promise<R>(&mut self, push: impl FnOnce(&mut Self) -> R) -> R {
        self.promised = true;
        let result = push(self);
        self.promised = false;
        result
    }

    /// What waits, in bytes, without the pongs, which overtake it.
    fn queued(&self) -> usize {
        self.queue.len() - self.written + self.shared.len()
    }
}

impl Default for Outgoing {
    fn default() -> Self {
        Self::new()
    }
}

impl core::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Outgoing").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[inline]
fn append_frame(target: &mut Vec<u8>, header: FrameHeader, payload: &[u8]) {
    header.encode().append_to(target);
    match header.mask {
        Some(key) => mask::append(payload, target, key),
        None => target.extend_from_slice(payload),
    }
}
