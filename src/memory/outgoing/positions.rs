//! Positions in all that is ever sent, for adapters that tell when a message has left. Pongs do not
//! count, as they overtake.

use super::Outgoing;

impl Outgoing {
    /// The position after the last byte that was queued. [`taken_position`](Self::taken_position) never gets there if
    /// some of it was dropped.
    pub(crate) fn queued_position(&self) -> u64 {
        if self.dropped { u64::MAX } else { self.taken_position + self.queued() as u64 }
    }

    /// The position after the last byte that the transport took.
    pub(crate) const fn taken_position(&self) -> u64 {
        self.taken_position
    }

    /// Notes whether the transport holds back a part of what it took. That waits, too.
    pub(crate) const fn set_held(&mut self, held: bool) {
        self.held = held;
    }

    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(crate) const fn is_held(&self) -> bool {
        self.held
    }
}
