//! The bytes that are encoded and not yet written.

mod for_connection;
mod frame_cursor;
mod in_flight;
mod last_frame;
mod messages;
mod pong;
#[cfg(feature = "std")]
mod positions;
mod shared;
mod taking;

use alloc::boxed::Box;
use alloc::vec::Vec;

pub(crate) use for_connection::Made;
#[cfg(all(test, feature = "std"))]
pub(super) use frame_cursor::walked;
#[cfg(feature = "tls")]
pub(crate) use messages::MAX_HELD;
pub(crate) use pong::QueuedPong;

use frame_cursor::FrameCursor;
use in_flight::InFlight;
use last_frame::LastFrame;
use messages::MessageCounts;
use pong::Pong;
use shared::{Shared, SharedBytes};

/// The send memory of one connection: bytes for the transport, in order.
///
/// Write what [`pending`](Self::pending) returns, say with [`advance`](Self::advance) how much the
/// transport took, and repeat until [`is_empty`](Self::is_empty). Everything that was queued since
/// the last write can be written at once. A writer that needs bytes of its own gets them from
/// [`take_in_flight`](Self::take_in_flight).
///
/// A pong does not wait for all queued messages: it is written at the next end of a frame. Only the
/// newest pong waits, as §5.5.3 allows, so a flood of pings costs no memory.
pub struct Outgoing {
    /// Encoded bytes, of which the first `written` were written.
    queue: Vec<u8>,
    written: usize,
    /// Made when it is needed, and kept until [`shrink`](Self::shrink).
    aside: Option<Box<Aside>>,
    /// A position in `queue` where a frame begins, from which later ones can be found.
    frame_start: usize,
    last_frame: LastFrame,
    /// Made for a ping, and dropped once the pong was written.
    pong: Option<Box<Pong>>,
    /// How many bytes were written in all.
    total_written: u64,
    /// How many bytes were written in all, without those of pongs.
    taken_position: u64,
    messages: MessageCounts,
    /// The frame before `frame_start` ends a message, which is not counted as taken yet.
    ends_message: bool,
    /// Some bytes were dropped, and will never be written.
    dropped: bool,
    /// The next message was promised room, however much waits.
    promised_room: bool,
    /// The transport holds back a part of what it took, as TLS does.
    held: bool,
}

/// What is beside the queue.
#[derive(Default)]
struct Aside {
    /// What is written once the queue was written up to its positions.
    shared: SharedBytes,
    /// What is written before everything else.
    in_flight: InFlight,
}

/// What is written next, of what is not in flight.
enum Next {
    Queue { end: usize },
    Shared,
    Pong,
}

impl Outgoing {
    /// Written bytes at the front of the queue are removed once there are this many.
    const COMPACT_AT: usize = 64 << 10;

    /// How many pieces [`pending`](Self::pending) returns.
    pub const PIECES: usize = 16;

    /// Empty, and without heap memory.
    pub const fn new() -> Self {
        Self {
            queue: Vec::new(),
            written: 0,
            aside: None,
            frame_start: 0,
            last_frame: LastFrame::NOT_QUEUED,
            pong: None,
            total_written: 0,
            taken_position: 0,
            messages: MessageCounts::NONE,
            ends_message: false,
            dropped: false,
            promised_room: false,
            held: false,
        }
    }

    /// Whether everything was written: nothing waits, and nothing is in flight.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.written == self.queue.len()
            && self.pong.is_none()
            && self.aside.as_ref().is_none_or(|aside| aside.is_empty())
    }

    /// How many bytes are not written yet: those that wait and those in flight.
    pub fn len(&self) -> usize {
        let aside = self.aside.as_ref().map_or(0, |aside| aside.len());
        let pong = self.pong.as_ref().map_or(0, |pong| pong.len());
        self.queue.len() - self.written + pong + aside
    }

    /// The bytes to write next, in order, for a vectored write. Pieces after the first may be
    /// empty, and more bytes may wait than these. Nothing is shown while something is in flight.
    pub fn pending(&self) -> [&[u8]; Self::PIECES] {
        let mut pieces = [&[][..]; Self::PIECES];
        if let Some(piece) = self.only_piece() {
            pieces[0] = piece;
            return pieces;
        }
        if self.has_in_flight() {
            return pieces;
        }
        let mut position = self.written;
        let mut shared = self.aside.iter().flat_map(|aside| aside.shared.iter()).peekable();
        let mut pong = self.pong.as_deref();
        for piece in &mut pieces {
            let begun = shared.peek().is_some_and(|shared| shared.begun);
            if let Some(due) = pong.take_if(|pong| pong.position == position && !begun) {
                *piece = due.unwritten();
                // The next pong follows this one, and is returned by the next call.
                if !due.next.is_empty() {
                    break;
                }
            } else if let Some(shared) = shared.next_if(|shared| shared.position == position) {
                *piece = &shared.bytes;
            } else {
                let end = shared.peek().map_or(self.queue.len(), |shared| shared.position);
                let end = pong.map_or(end, |pong| end.min(pong.position));
                *piece = &self.queue[position..end];
                position = end;
            }
        }
        pieces
    }

    /// The first piece of [`pending`](Self::pending) that is not empty, for a plain write.
    pub fn first_piece(&self) -> &[u8] {
        if self.has_in_flight() {
            return &[];
        }
        match self.next(self.queue.len()) {
            Next::Queue { end } => &self.queue[self.written..end],
            Next::Shared => self.first_shared().map_or(&[], |shared| &shared.bytes),
            Next::Pong => self.pong.as_ref().map_or(&[], |pong| pong.unwritten()),
        }
    }

    /// Says that the transport took the next `len` bytes. If fewer wait, all of them count as
    /// taken. While something is in flight, nothing else is counted.
    pub fn advance(&mut self, len: usize) {
        if self.only_piece().is_some_and(|piece| piece.len() == len) {
            return self.advance_to_end(len);
        }
        if self.has_in_flight() {
            return self.advance_in_flight(len);
        }
        let mut rest = len;
        while rest > 0 && !self.is_empty() {
            let taken = self.advance_piece(rest);
            self.total_written += taken as u64;
            rest -= taken;
        }
        self.drop_written();
        self.messages.note_taken_bytes(len - rest);
    }

    /// How many bytes the transport has taken in all.
    pub const fn written(&self) -> u64 {
        self.total_written
    }

    /// Frees the memory, if nothing waits in it: for a connection that becomes idle.
    pub fn shrink(&mut self) {
        if self.is_empty() {
            self.queue = Vec::new();
            self.aside = None;
        }
    }

    /// The heap memory held, in bytes, without that of shared messages and payloads.
    pub fn heap(&self) -> usize {
        let pongs = self.pong.as_ref().map_or(0, |pong| pong.heap());
        self.queue.capacity() + pongs + self.aside.as_ref().map_or(0, |aside| aside.heap())
    }

    /// All that waits, if it is in one piece: in the queue, without anything between its frames.
    pub(crate) fn only_piece(&self) -> Option<&[u8]> {
        (self.aside.is_none() && self.pong.is_none()).then(|| &self.queue[self.written..])
    }

    fn first_shared(&self) -> Option<&Shared> {
        self.aside.as_ref()?.shared.front()
    }

    /// `queue_end` is the length of the queue.
    fn next(&self, queue_end: usize) -> Next {
        let front = self.first_shared();
        let shared_is_next = front.is_some_and(|shared| shared.position == self.written);
        if shared_is_next && front.is_some_and(|shared| shared.begun) {
            Next::Shared
        } else if self.pong.as_ref().is_some_and(|pong| pong.position == self.written) {
            Next::Pong
        } else if shared_is_next {
            Next::Shared
        } else {
            let end = front.map_or(queue_end, |shared| shared.position);
            Next::Queue { end: self.pong.as_ref().map_or(end, |pong| end.min(pong.position)) }
        }
    }

    /// Counts the only piece, which has `len` bytes, as written. Most writes take all that waits.
    fn advance_to_end(&mut self, len: usize) {
        self.total_written += len as u64;
        self.taken_position += len as u64;
        self.written += len;
        self.last_frame.note_written(self.written);
        self.forget_written();
        self.messages.note_taken_bytes(len);
    }

    /// Counts up to `len` bytes of the first piece as written, and returns how many.
    fn advance_piece(&mut self, len: usize) -> usize {
        match self.next(self.queue.len()) {
            Next::Queue { end } => {
                let taken = len.min(end - self.written);
                self.written += taken;
                self.taken_position += taken as u64;
                taken
            }
            Next::Shared => {
                let Some(aside) = &mut self.aside else { return 0 };
                let (taken, ends_message) = aside.shared.advance(len);
                self.taken_position += taken as u64;
                self.messages.note_taken(ends_message);
                taken
            }
            Next::Pong => self.advance_pong(len),
        }
    }

    fn advance_pong(&mut self, len: usize) -> usize {
        let taken = self.pong.as_mut().map_or(0, |pong| pong.advance(len));
        self.pong.take_if(|pong| pong.frame.is_empty());
        taken
    }

    /// Removes what was written from the queue, if that is worth it.
    fn drop_written(&mut self) {
        self.last_frame.note_written(self.written);
        if self.is_empty() {
            return self.forget_written();
        }
        self.find_next_frame();
        if self.written >= Self::COMPACT_AT && self.written >= self.queue.len() / 2 {
            self.compact();
        }
    }

    /// Begins the queue anew after everything was written.
    fn forget_written(&mut self) {
        self.queue.clear();
        (self.written, self.frame_start, self.ends_message) = (0, 0, false);
        if !self.dropped {
            self.messages.note_all_taken();
        }
    }

    fn compact(&mut self) {
        self.queue.drain(..self.written);
        self.frame_start -= self.written;
        if let Some(pong) = &mut self.pong {
            pong.position -= self.written;
        }
        if let Some(aside) = &mut self.aside {
            aside.shared.note_removed(self.written);
        }
        self.last_frame.note_removed(self.written);
        self.written = 0;
    }

    /// Moves `frame_start` to the first frame of which nothing was written, or to the end of the
    /// queue, and counts the messages before it that were written whole.
    fn find_next_frame(&mut self) {
        let mut cursor = FrameCursor { start: self.frame_start, ends_message: self.ends_message };
        cursor.find_next(&self.queue, self.written, &mut self.messages);
        (self.frame_start, self.ends_message) = (cursor.start, cursor.ends_message);
    }
}

impl Aside {
    fn is_empty(&self) -> bool {
        self.shared.is_empty() && self.in_flight.is_empty()
    }

    /// How many bytes are not written yet.
    const fn len(&self) -> usize {
        self.shared.len() + self.in_flight.len()
    }

    /// The heap memory held, in bytes, with that of this value and without that of shared bytes.
    fn heap(&self) -> usize {
        size_of::<Self>() + self.shared.heap() + self.in_flight.heap()
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
