//! A WebSocket in its parts.

use std::mem;

use super::super::default_config;
use super::super::unreported::Unreported;
use super::stream::Stream;
use super::web_socket::WebSocket;
use super::wire::Wire;
use crate::{Connection, Incoming, Outgoing, Role, Time};

/// The parts of a [`WebSocket`]: what was read and not consumed is in `incoming`, what was sent and
/// not written in `outgoing`.
///
/// If the connection was about to end, a WebSocket that is made [from the
/// parts](WebSocket::from_parts) reports that first.
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
    unreported: Unreported,
}

impl<S: Stream> WebSocket<S> {
    /// A WebSocket from its parts.
    pub fn from_parts(parts: Parts<S>) -> Self {
        let Parts { stream, connection, incoming, outgoing, unreported } = parts;
        let socket = Self::assemble(Wire::new(stream), connection, incoming, outgoing);
        Self { unreported, ..socket }
    }

    /// The parts of the WebSocket, with everything that was not read or not written.
    ///
    /// ```no_run
    /// # use websocket_proto::io::blocking::{WebSocket, connect};
    /// # let socket = connect("ws://127.0.0.1:9001/")?;
    /// // For a loop of your own; or to change something and go on.
    /// let mut parts = socket.into_parts();
    /// parts.stream.inner_mut().set_nonblocking(true)?;
    /// let socket = WebSocket::from_parts(parts);
    /// # Ok::<(), websocket_proto::io::Error>(())
    /// ```
    pub fn into_parts(mut self) -> Parts<S> {
        let writer = &mut self.writer;
        writer.trace.forget();
        let Some(stream) = writer.wire.take_stream() else { unreachable!("taken out only here") };
        let none = Connection::established(Role::Server, None, default_config(), Time::ZERO);
        Parts {
            stream,
            connection: mem::replace(&mut writer.connection, none),
            incoming: mem::take(&mut self.incoming),
            outgoing: mem::take(&mut writer.outgoing),
            unreported: mem::take(&mut self.unreported),
        }
    }
}
