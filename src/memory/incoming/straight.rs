//! Reading large payloads straight to the message, past the window.

use super::Incoming;

impl Incoming {
    /// What has to have come of a message before more is read straight to it: it grows by as much
    /// as there is, and little would mean many reads.
    const LEAST: usize = 8 << 10;

    /// Whether `left` bytes, which are next, do not fit in the window. If they do, a read brings
    /// what is behind them as well.
    pub(super) fn is_worth_reading_straight(&self, left: usize) -> bool {
        left > self.straight_piece() && self.message.len() >= Self::LEAST
    }

    /// Room for as much as has come, at most, and no more than the window has: so it is taken in
    /// while it is in the processor's caches, if the window is.
    pub(super) fn straight_space(&mut self) -> &mut [u8] {
        let come = self.message.len();
        if self.message.capacity() == come {
            self.message.reserve(self.message.straight.min(come));
        }
        let room = self.message.capacity() - come;
        let piece = self.message.straight.min(room).min(self.straight_piece());
        self.message.spare(piece)
    }

    pub(super) fn filled_straight(&mut self, len: usize) {
        let len = len.min(self.message.spare_len()).min(self.message.straight);
        self.message.grow(len);
        self.message.straight -= len;
        self.message.arrived += len;
    }

    /// What was read to the end of the message and not taken in.
    pub(crate) fn take_arrived(&mut self) -> &mut [u8] {
        self.message.take_arrived()
    }

    fn straight_piece(&self) -> usize {
        if self.window.is_empty() { Self::DEFAULT_WINDOW } else { self.window.len() }
    }
}
