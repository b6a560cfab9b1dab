//! Direct reads: the transport reads a large payload to the end of the message, not to the window.

use core::fmt;

use super::ReceiveMemory;
use crate::memory::{Assembly, NoMemory};

/// A direct read in progress that owns its bytes, for transports that cannot read into a borrow:
/// those of io_uring and of completion ports, say. See
/// [`Incoming::take_direct_read`](crate::Incoming::take_direct_read).
///
/// It holds the message so far. If it is dropped, the message is lost.
pub struct DirectRead(Assembly);

impl DirectRead {
    /// Where the transport reads to. The bytes are on the heap: they stay where they are while this
    /// value is moved, to another thread too.
    pub fn space(&mut self) -> &mut [u8] {
        let len = self.0.spare_len().min(self.0.direct_left());
        self.0.spare_mut(len)
    }
}

impl fmt::Debug for DirectRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectRead").field("message", &self.0.len()).finish_non_exhaustive()
    }
}

impl ReceiveMemory {
    /// How long a message has to be before more of it is read directly: the room for a read is as
    /// long as the message so far, and short ones would mean many reads.
    const MIN_FOR_DIRECT: usize = 8 << 10;

    /// Lets the transport read the next `left` bytes of the message directly, if they do not fit in
    /// the window. If they fit, a read to the window also brings what comes after them.
    pub(crate) fn prepare_direct_read(&mut self, left: usize) {
        if !self.is_direct_read_taken() {
            let worth_it =
                left > self.window_or_own() && self.message.len() >= Self::MIN_FOR_DIRECT;
            self.message.set_direct_left(if worth_it { left } else { 0 });
        }
    }

    /// Whether the transport may read directly now.
    pub(super) fn is_direct_read_due(&self) -> bool {
        self.message.direct_left() > 0 && !self.message.is_unallocated()
    }

    /// Whether the message is away in a [`DirectRead`]: a message that is read directly has bytes.
    pub(super) fn is_direct_read_taken(&self) -> bool {
        self.message.direct_left() > 0 && self.message.is_unallocated()
    }

    /// Whether there is nothing to read before a [`DirectRead`] comes back. Bytes in the window would
    /// be those after it: if there are any, the message has been lost.
    pub(crate) fn awaits_direct_read(&self) -> bool {
        self.is_direct_read_taken() && self.start == self.end
    }

    /// Takes the message out for a direct read, if one is due. If there is no memory for it, that is
    /// noted.
    pub(crate) fn take_direct_read(&mut self) -> Option<DirectRead> {
        if !self.is_direct_read_due() || self.out_of_memory {
            return None;
        }
        self.out_of_memory = self.try_reserve_direct().is_err();
        if self.out_of_memory {
            return None;
        }
        self.direct_space();
        let taken = core::mem::replace(&mut self.message, Assembly::new());
        self.message.set_direct_left(taken.direct_left());
        Some(DirectRead(taken))
    }

    /// Puts the message back, with `len` more bytes that were read. Drops it if it was given up
    /// meanwhile.
    pub(crate) fn finish_direct_read(&mut self, read: DirectRead, len: usize) {
        if self.is_direct_read_taken() {
            self.message = read.0;
            self.received_since_asked += self.commit_direct(len);
        }
    }

    /// Makes room for a direct read: for at most as many bytes as the message has.
    pub(super) fn try_reserve_direct(&mut self) -> Result<(), NoMemory> {
        if self.message.room() > 0 {
            return Ok(());
        }
        self.message.try_reserve(self.message.direct_left().min(self.message.len()))
    }

    /// The room that was made, but at most as many bytes as the window has or a direct read begins
    /// with. If the window fits in the processor's caches, the bytes are then processed while they
    /// are there.
    pub(super) fn direct_space(&mut self) -> &mut [u8] {
        let longest = self.window_or_own().max(Self::MIN_FOR_DIRECT);
        self.message.spare_mut(self.direct_room().min(longest))
    }

    /// How many bytes may be read directly into the room that was made.
    pub(super) fn direct_room(&self) -> usize {
        self.message.direct_left().min(self.message.room())
    }

    /// Notes that the transport wrote `len` bytes to the front of the direct space. Returns how many
    /// of them there was room for.
    pub(super) fn commit_direct(&mut self, len: usize) -> usize {
        let len = len.min(self.message.spare_len()).min(self.message.direct_left());
        self.message.commit_direct(len);
        len
    }

    /// The bytes that were read directly and are not processed yet; they count as processed
    /// afterwards, and no more will be read directly.
    pub(crate) fn take_direct(&mut self) -> &mut [u8] {
        self.message.take_direct()
    }

    fn window_or_own(&self) -> usize {
        if self.window.is_empty() { self.own_window() } else { self.window.len() }
    }
}
