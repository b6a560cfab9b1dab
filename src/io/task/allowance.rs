//! How much a task may do without waiting, before it gives way to others.

/// How many events may be received before the task gives way to others. Other work counts as the
/// events that cost as much.
#[derive(Debug)]
pub(super) struct Allowance(u32);

impl Allowance {
    /// The full allowance. To receive this much takes about a millisecond, and a few in an
    /// application.
    pub(super) const FULL: Self = Self(4096);

    /// How many events a pause in inflating counts as: one comes after a quarter of a megabyte.
    const PAUSE_COST: u32 = 1024;

    /// How many events a write counts as.
    const WRITE_COST: u32 = 16;

    /// How many bytes that were read count as one event.
    const BYTES_PER_EVENT: usize = 256;

    /// Spends what one event costs. `false` if nothing is left to spend.
    #[inline(always)]
    pub(super) fn spend_event(&mut self) -> bool {
        match self.0.checked_sub(1) {
            Some(remaining) => {
                self.0 = remaining;
                true
            }
            None => false,
        }
    }

    pub(super) fn spend_pause(&mut self) {
        self.0 = self.0.saturating_sub(Self::PAUSE_COST);
    }

    pub(super) fn spend_write(&mut self) {
        self.0 = self.0.saturating_sub(Self::WRITE_COST);
    }

    pub(super) fn spend_read(&mut self, len: usize) {
        self.0 = self.0.saturating_sub((len / Self::BYTES_PER_EVENT) as u32);
    }

    pub(super) fn use_up(&mut self) {
        self.0 = 0;
    }

    pub(super) fn refill(&mut self) {
        *self = Self::FULL;
    }
}
