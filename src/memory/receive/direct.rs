//! Direct reads: a large payload is read straight to the end of the message, past the window.

use super::ReceiveMemory;

impl ReceiveMemory {
    /// How long a message has to be before more of it is read directly: the room for a read is as
    /// long as the message so far, and short ones would mean many reads.
    const MIN_FOR_DIRECT: usize = 8 << 10;

    /// Reads the next `left` bytes of the message directly, if they do not fit in the window. If
    /// they do, a read of the window brings what comes after them as well.
    pub(crate) fn prepare_direct_read(&mut self, left: usize) {
        let worth_it = left > self.max_direct_read() && self.message.len() >= Self::MIN_FOR_DIRECT;
        self.message.direct_left = if worth_it { left } else { 0 };
    }

    /// Room for at most as much as the message holds, and at most as much as the window holds: so
    /// the bytes are processed while they are in the processor's caches, if the window is.
    pub(super) fn direct_space(&mut self) -> &mut [u8] {
        let len = self.message.len();
        if self.message.capacity() == len {
            self.message.reserve(self.message.direct_left.min(len));
        }
        let room = self.message.capacity() - len;
        let piece = self.message.direct_left.min(room).min(self.max_direct_read());
        self.message.spare_mut(piece)
    }

    pub(super) fn filled_direct(&mut self, len: usize) {
        let len = len.min(self.message.spare_len()).min(self.message.direct_left);
        self.message.commit(len);
        self.message.direct_left -= len;
        self.message.direct_unprocessed += len;
    }

    /// The bytes that were read directly and not processed. No more will be read directly.
    pub(crate) fn take_direct(&mut self) -> &mut [u8] {
        self.message.take_direct()
    }

    fn max_direct_read(&self) -> usize {
        if self.window.is_empty() { Self::DEFAULT_WINDOW } else { self.window.len() }
    }
}
