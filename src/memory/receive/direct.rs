//! Direct reads: the transport reads a large payload to the end of the message, not to the window.

use super::ReceiveMemory;
use crate::memory::NoMemory;

impl ReceiveMemory {
    /// How long a message has to be before more of it is read directly: the room for a read is as
    /// long as the message so far, and short ones would mean many reads.
    const MIN_FOR_DIRECT: usize = 8 << 10;

    /// Lets the transport read the next `left` bytes of the message directly, if they do not fit in
    /// the window. If they fit, a read to the window also brings what comes after them.
    pub(crate) fn prepare_direct_read(&mut self, left: usize) {
        let worth_it = left > self.window_or_own() && self.message.len() >= Self::MIN_FOR_DIRECT;
        self.message.set_direct_left(if worth_it { left } else { 0 });
    }

    /// Whether the transport may read directly now.
    pub(super) fn is_direct_read_due(&self) -> bool {
        self.message.direct_left() > 0
    }

    /// Makes room for a direct read: for at most as many bytes as the message has.
    pub(super) fn try_reserve_direct(&mut self) -> Result<(), NoMemory> {
        let len = self.message.len();
        let is_full = self.message.capacity() == len;
        if is_full { self.message.try_reserve(self.message.direct_left().min(len)) } else { Ok(()) }
    }

    /// The room that was made, but at most as many bytes as the window has or a direct read begins
    /// with. If the window fits in the processor's caches, the bytes are then processed while they
    /// are there.
    pub(super) fn direct_space(&mut self) -> &mut [u8] {
        let room = self.message.capacity() - self.message.len();
        let longest = self.window_or_own().max(Self::MIN_FOR_DIRECT);
        self.message.spare_mut(self.message.direct_left().min(room).min(longest))
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
