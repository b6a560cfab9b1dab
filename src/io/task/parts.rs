//! A WebSocket in its parts.

use super::super::unreported::Unreported;
use crate::{Connection, Incoming, Outgoing};

/// The parts of a [`WebSocket`](super::WebSocket): what was read and not consumed is in `incoming`,
/// what was sent and not written in `outgoing`.
///
/// If the connection was about to end, a WebSocket that is made from the parts reports that first.
#[derive(Debug)]
#[non_exhaustive]
pub struct Parts<S> {
    /// The stream.
    pub stream: S,
    /// The protocol state.
    pub connection: Connection,
    /// The receive memory.
    pub incoming: Incoming,
    /// The send memory. A socket that is made while something in it is [in
    /// flight](Outgoing::take_in_flight) fails when it writes.
    pub outgoing: Outgoing,
    /// What ends the connection and was not reported yet.
    pub(super) unreported: Unreported,
}
