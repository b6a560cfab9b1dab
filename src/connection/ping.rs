//! The keepalive's last ping.

use crate::{Keepalive, Time};

/// The keepalive's last ping.
#[derive(Debug)]
pub(super) struct Ping {
    /// When it was sent, for the round-trip time.
    pub(super) sent: Time,
    /// When it was sent, or when output was last seen to move since.
    pub(super) moved: Time,
    /// How many bytes had been written in all at `moved`.
    pub(super) written: u64,
    /// When a slow peer will have received it.
    pub(super) received: Time,
    /// No input has come since.
    pub(super) silent: bool,
    /// Its pong has not come yet.
    pub(super) unanswered: bool,
}

impl Ping {
    /// Stands for the last ping where none was sent since the keepalive began.
    pub(super) const fn none_since(begin: Time) -> Self {
        let (silent, unanswered) = (false, false);
        Self { sent: begin, moved: begin, written: 0, received: begin, silent, unanswered }
    }

    /// When input is due.
    pub(super) fn deadline(&self, keepalive: Keepalive) -> Time {
        self.moved.max(self.received).after(keepalive.timeout)
    }
}
