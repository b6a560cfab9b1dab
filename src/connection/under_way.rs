//! What was written, and may still be on its way to the peer.

use core::time::Duration;

use crate::Time;

/// When a slow peer will have received everything that was written. The buffers between the two
/// sides take much at once, and tell nothing of what the peer has taken from them.
#[derive(Debug)]
pub(super) struct UnderWay {
    /// How many bytes had been written in all when this was last noted.
    written: u64,
    until: Time,
}

impl UnderWay {
    /// The most that the buffers are expected to hold, in bytes: what Linux lets a socket grow to.
    const MOST: u64 = 4 << 20;

    pub(super) const fn nothing(now: Time) -> Self {
        Self { written: 0, until: now }
    }

    /// How many bytes had been written in all when this was last noted.
    pub(super) const fn written(&self) -> u64 {
        self.written
    }

    /// Notes how many bytes have been written in all. Returns whether they are more than before.
    #[inline]
    pub(super) fn note_written(&mut self, now: Time, written: u64) -> bool {
        let moved = written != self.written;
        if moved {
            let more = Self::time_for(written.saturating_sub(self.written).min(Self::MOST));
            let latest = now.after(Self::time_for(Self::MOST));
            self.until = self.until.max(now).after(more).min(latest);
            self.written = written;
        }
        moved
    }

    /// Notes that the peer has received the first `received` of all bytes.
    pub(super) fn note_received(&mut self, now: Time, received: u64) {
        let left = self.written.saturating_sub(received);
        self.until = self.until.min(now.after(Self::time_for(left)));
    }

    /// When a slow peer will have received everything that was written, and then `more` bytes that
    /// still wait to be written.
    pub(super) fn received_with(&self, now: Time, more: u64) -> Time {
        self.until.max(now).after(Self::time_for(more))
    }

    /// How long a slow peer takes to receive this many bytes. It receives 16 KiB in a second.
    fn time_for(bytes: u64) -> Duration {
        Duration::from_nanos(bytes.saturating_mul(1_000_000_000) >> 14)
    }
}
