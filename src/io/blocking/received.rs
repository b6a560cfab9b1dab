//! What a wait for an event has led to.

/// The result of a wait for a limited time, as [`WebSocket::receive_timeout`] does.
///
/// `T` is what is returned without a limit: an event with its writer, an event alone, or an
/// [`Update`](crate::io::Update).
///
/// [`WebSocket::receive_timeout`]: super::WebSocket::receive_timeout
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "a loop has to know them all")]
pub enum Received<T> {
    /// Something happened.
    Event(T),
    /// Nothing happened before the timeout.
    TimedOut,
    /// Nothing more will happen: the end was reported before.
    Ended,
}

/// A [`Received`] without what it borrows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Event,
    TimedOut,
    Ended,
}

/// What is to be done with an event that was found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    Now,
    /// It is to be reported, after what answers it was written as far as that needs no waiting.
    AfterAnswer,
    /// It was kept for later, or discarded.
    NotNow,
}
