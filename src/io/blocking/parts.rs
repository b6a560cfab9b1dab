//! Taking a blocking WebSocket apart, and putting it together again.

use std::mem;

use super::super::shared_default;
use super::super::unreported::Unreported;
use super::stream::Stream;
use super::web_socket::WebSocket;
use super::wire::Wire;
use crate::{Connection, Incoming, Outgoing, Role, Time};

/// The parts of a [`WebSocket`]. An end that was found and not reported yet is kept as well: a
/// socket that is made [from the parts](WebSocket::from_parts) reports it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Parts<S> {
    /// The stream.
    pub stream: S,
    /// The protocol state.
    pub connection: Connection,
    /// The receive memory, with what was read and not consumed.
    pub incoming: Incoming,
    /// The send memory, with what was sent and not written.
    pub outgoing: Outgoing,
    unreported: Unreported,
}

impl<S: Stream> WebSocket<S> {
    /// Makes a WebSocket from the parts of one.
    pub fn from_parts(parts: Parts<S>) -> Self {
        let Parts { stream, connection, incoming, outgoing, unreported } = parts;
        let socket = Self::assemble(Wire::new(stream), connection, incoming, outgoing);
        Self { unreported, ..socket }
    }

    /// Takes the WebSocket apart, with everything that is unread and unwritten.
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
        let Some(stream) = writer.wire.take_stream() else { unreachable!("taken out only here") };
        let none = Connection::established(Role::Server, None, shared_default(), Time::ZERO);
        Parts {
            stream,
            connection: mem::replace(&mut writer.connection, none),
            incoming: mem::take(&mut self.incoming),
            outgoing: mem::take(&mut writer.outgoing),
            unreported: mem::take(&mut self.unreported),
        }
    }
}
