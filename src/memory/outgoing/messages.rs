//! How many messages have not left.

/// Counts of the messages that were queued and have not left.
#[derive(Clone, Copy)]
pub(super) struct MessageCounts {
    /// Messages of which the transport has not taken the last byte.
    waiting: u32,
    /// Messages that the transport has taken, and may hold back.
    held: u32,
    /// Messages that were dropped, and will never leave.
    dropped: u32,
}

impl MessageCounts {
    pub(super) const NONE: Self = Self { waiting: 0, held: 0, dropped: 0 };

    /// Counts a frame that was queued, if it ends a message.
    #[inline(always)]
    pub(super) const fn note_queued(&mut self, ends_message: bool) {
        self.waiting = self.waiting.saturating_add(ends_message as u32);
    }

    /// Counts a frame that was taken, if it ends a message.
    pub(super) const fn note_taken(&mut self, ends_message: bool) {
        self.waiting = self.waiting.saturating_sub(ends_message as u32);
        self.held = self.held.saturating_add(ends_message as u32);
    }

    pub(super) const fn note_all_taken(&mut self) {
        self.held = self.held.saturating_add(self.waiting);
        self.waiting = 0;
    }

    /// Notes that the transport holds back nothing.
    #[cfg(feature = "std")]
    pub(super) const fn note_flushed(&mut self) {
        self.held = 0;
    }

    /// The counts after everything was dropped that has not left.
    pub(super) const fn after_drop(self) -> Self {
        Self { dropped: self.unsent(), ..Self::NONE }
    }

    pub(super) const fn unsent(self) -> u32 {
        self.waiting.saturating_add(self.held).saturating_add(self.dropped)
    }
}
