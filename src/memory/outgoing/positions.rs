//! Positions in everything that is ever sent, from which adapters know when a message was written.
//! Pongs do not count, as they overtake other frames.

use super::Outgoing;

impl Outgoing {
    /// The position after the last byte that was queued. If some of the bytes were dropped,
    /// [`taken_position`](Self::taken_position) never gets there.
    pub(crate) fn queued_position(&self) -> u64 {
        if self.dropped { u64::MAX } else { self.taken_position + self.queued() as u64 }
    }

    /// The position after the last byte that the transport took.
    pub(crate) const fn taken_position(&self) -> u64 {
        self.taken_position
    }

    /// Notes whether the transport holds back a part of what it took. That part is unsent, too.
    pub(crate) const fn set_held(&mut self, held: bool) {
        self.held = held;
    }

    /// Notes that the transport holds back nothing: everything that it took has left.
    pub(crate) const fn note_flushed(&mut self) {
        self.held = false;
        self.messages.note_flushed();
    }

    /// How many messages were queued and are not known to have left. They are the last ones. Some of
    /// them may have left if the transport holds back less than it is taken to hold.
    pub(crate) fn unsent_messages(&self) -> u64 {
        self.messages.unsent().into()
    }

    /// Whether the transport holds back a part of what it took.
    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(crate) const fn is_held(&self) -> bool {
        self.held
    }
}
