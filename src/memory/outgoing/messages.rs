//! How many messages have not left.

use crate::frame::FrameHeader;

/// The most bytes that a transport is taken to hold back, as TLS does: a message of 64 KiB with its
/// header. Those that were taken before them have left, though the transport may never have been flushed
/// while it takes more and more.
pub(crate) const MAX_HELD: u32 = (64 << 10) + FrameHeader::MAX_LEN as u32;

/// Counts of the messages that were queued and have not left.
#[derive(Clone, Copy)]
pub(super) struct MessageCounts {
    /// Messages of which the transport has not taken the last byte. Those that were dropped stay
    /// here.
    waiting: u32,
    /// Messages that the transport may hold back: those of the last bytes that it took, and those of
    /// as many bytes before.
    held: u32,
    held_before: u32,
    /// How many bytes the messages in `held` are from.
    taken_bytes: u32,
}

impl MessageCounts {
    pub(super) const NONE: Self = Self { waiting: 0, held: 0, held_before: 0, taken_bytes: 0 };

    /// Counts a frame that was queued, if it ends a message.
    #[inline(always)]
    pub(super) const fn note_queued(&mut self, ends_message: bool) {
        // No memory holds as many messages as would overflow this.
        self.waiting = self.waiting.wrapping_add(ends_message as u32);
    }

    /// Counts a frame that was taken, if it ends a message.
    pub(super) const fn note_taken(&mut self, ends_message: bool) {
        self.waiting = self.waiting.saturating_sub(ends_message as u32);
        self.held = self.held.saturating_add(ends_message as u32);
    }

    /// Counts everything that was queued as taken.
    pub(super) const fn note_all_taken(&mut self) {
        self.held = self.held.saturating_add(self.waiting);
        self.waiting = 0;
    }

    /// Counts the bytes of what was taken, after the frames that they end.
    pub(super) fn note_taken_bytes(&mut self, len: usize) {
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        self.taken_bytes = self.taken_bytes.saturating_add(len);
        if self.taken_bytes >= MAX_HELD {
            *self = Self { held_before: self.held, held: 0, taken_bytes: 0, ..*self };
        }
    }

    /// Notes that the transport holds back nothing.
    #[cfg(feature = "std")]
    pub(super) const fn note_flushed(&mut self) {
        *self = Self { waiting: self.waiting, ..Self::NONE };
    }

    /// The counts after everything was dropped that has not left.
    pub(super) const fn after_drop(self) -> Self {
        Self { waiting: self.unsent(), ..Self::NONE }
    }

    pub(super) const fn unsent(self) -> u32 {
        self.waiting.saturating_add(self.held).saturating_add(self.held_before)
    }
}
