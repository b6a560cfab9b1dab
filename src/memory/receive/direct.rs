//! Direct reads: the transport reads a large payload to the end of the message, not to the window.

use super::ReceiveMemory;

impl ReceiveMemory {
    /// How long a message has to be before more of it is read directly: the room for a read is as
    /// long as the message so far, and short ones would mean many reads.
    const MIN_FOR_DIRECT: usize = 8 << 10;

    /// Lets the transport read the next `left` bytes of the message directly, if they do not fit in
    /// the window. If they fit, a read to the window also brings what comes after them.
    pub(crate) fn prepare_direct_read(&mut self, left: usize) {
        let worth_it = left > self.max_direct_read() && self.message.len() >= Self::MIN_FOR_DIRECT;
        self.message.direct_left = if worth_it { left } else { 0 };
    }

    /// Room for at most as many bytes as the message has, and at most as many as the window has. If
    /// the window fits in the processor's caches, the bytes are then processed while they are
    /// there.
    pub(super) fn direct_space(&mut self) -> &mut [u8] {
        let len = self.message.len();
        if self.message.capacity() == len {
            self.message.reserve(self.message.direct_left.min(len));
        }
        let room = self.message.capacity() - len;
        let piece = self.message.direct_left.min(room).min(self.max_direct_read());
        self.message.spare_mut(piece)
    }

    /// Notes that the transport wrote `len` bytes to the front of the direct space. Returns how many
    /// of them there was room for.
    pub(super) fn commit_direct(&mut self, len: usize) -> usize {
        let len = len.min(self.message.spare_len()).min(self.message.direct_left);
        self.message.commit(len);
        self.message.direct_left -= len;
        self.message.direct_unprocessed += len;
        len
    }

    /// The bytes that were read directly and are not processed yet; they count as processed
    /// afterwards, and no more will be read directly.
    pub(crate) fn take_direct(&mut self) -> &mut [u8] {
        self.message.take_direct()
    }

    fn max_direct_read(&self) -> usize {
        if self.window.is_empty() { Self::DEFAULT_WINDOW } else { self.window.len() }
    }
}
