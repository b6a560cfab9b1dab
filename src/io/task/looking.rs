//! Looking at what is inside a socket: its stream, its connection, and how it ended.
//!
//! No method hands out the stream to be changed: whoever reads from it or writes to it directly
//! takes bytes out of frames, or puts some between them. Streams have their options behind `&self`.

use super::{Receiver, Reconnecting, ReconnectingSender, Sender, WebSocket, Wire, Writer};
use crate::handshake::Response;
use crate::{Connection, Ending};

impl<W: Wire> WebSocket<W> {
    /// The stream, for the peer's address, its certificates, the options of the socket. Reading
    /// from it or writing to it directly breaks the connection.
    ///
    /// ```no_run
    /// # #[cfg(all(feature = "tokio", feature = "tls"))]
    /// # async fn example() -> Result<(), websocket_proto::io::Error> {
    /// use websocket_proto::io::tokio::connect;
    ///
    /// let socket = connect("wss://127.0.0.1:9001/").await?;
    /// println!("connected to {}", socket.stream().inner().peer_addr()?);
    /// if let Some(session) = socket.stream().session() {
    ///     println!("certificates: {:?}", session.peer_certificates());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn stream(&self) -> &W::Stream {
        self.sides.writer.stream()
    }

    /// The protocol state: the configuration, the compression that was agreed on, the round-trip
    /// time.
    pub fn connection(&self) -> &Connection {
        self.sides.writer.connection()
    }

    /// How the connection ended; `None` before the end was received. This is what
    /// [`Event::Ended`](crate::Event::Ended) reports, for those who use the socket as a stream.
    ///
    /// ```
    /// # #[cfg(all(feature = "tokio", feature = "futures"))]
    /// # mod example {
    /// use futures_util::StreamExt;
    /// use websocket_proto::io::{Error, tokio::WebSocket};
    ///
    /// async fn print(mut socket: WebSocket) -> Result<(), Error> {
    ///     while let Some(message) = socket.next().await {
    ///         println!("{:?}", message?);
    ///     }
    ///     if let Some(ending) = socket.ending() {
    ///         println!("{ending}");
    ///     }
    ///     Ok(())
    /// }
    /// # }
    /// ```
    pub fn ending(&self) -> Option<&Ending> {
        self.sides.writer.ending()
    }

    /// How many messages were queued and are not known to have left: they wait to be written or in
    /// a buffer of the stream, or the connection has ended. They are the last ones that were queued,
    /// and those for which `send_*` fails with [`Error::NotWritten`](crate::io::Error::NotWritten).
    /// The peer may also lack some that have left, if the connection ended otherwise than
    /// [cleanly](Ending::is_clean).
    ///
    /// A stream is taken to hold back at most a message of 64 KiB, as TLS does. Up to twice as much
    /// of what it took last may count although it has left.
    pub fn unsent(&self) -> u64 {
        self.sides.writer.unsent()
    }
}

impl<W: Wire> Writer<W> {
    /// The stream; see [`WebSocket::stream`].
    pub fn stream(&self) -> &W::Stream {
        self.wire.stream()
    }

    /// The protocol state; see [`WebSocket::connection`].
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// How the connection ended; see [`WebSocket::ending`].
    pub fn ending(&self) -> Option<&Ending> {
        self.ending.as_deref()
    }

    /// How many messages have not left; see [`WebSocket::unsent`].
    pub fn unsent(&self) -> u64 {
        self.outgoing.unsent_messages()
    }
}

impl<W: Wire> Sender<W> {
    /// Looks at the stream: at the peer's address, its certificates, the options of the socket.
    /// Reading from it or writing to it directly breaks the connection.
    ///
    /// The socket is locked while `look` runs, so all others who use it wait.
    ///
    /// # Panics
    ///
    /// If `look` uses the same socket: such a call would wait for itself.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # mod example {
    /// use std::{io, net::SocketAddr};
    /// use websocket_proto::io::tokio::Sender;
    ///
    /// fn peer(sender: &Sender) -> io::Result<SocketAddr> {
    ///     sender.with_stream(|stream| stream.inner().peer_addr())
    /// }
    /// # }
    /// ```
    pub fn with_stream<T>(&self, look: impl FnOnce(&W::Stream) -> T) -> T {
        self.shared.look(|writer| look(writer.stream()))
    }

    /// Looks at the protocol state: at the configuration, the compression that was agreed on, the
    /// round-trip time. All of it is that of now. The socket is locked meanwhile, as with
    /// [`with_stream`](Self::with_stream).
    ///
    /// # Panics
    ///
    /// If `look` uses the same socket: such a call would wait for itself.
    ///
    /// # Example
    ///
    /// ```
    /// # use websocket_proto::io::task::{Sender, Wire};
    /// # use std::time::Duration;
    /// fn round_trip<W: Wire>(sender: &Sender<W>) -> Option<Duration> {
    ///     sender.with_connection(|connection| connection.round_trip())
    /// }
    /// ```
    pub fn with_connection<T>(&self, look: impl FnOnce(&Connection) -> T) -> T {
        self.shared.look(|writer| look(writer.connection()))
    }

    /// How the connection ended; `None` before the receiving side has received the end.
    pub fn ending(&self) -> Option<Ending> {
        self.shared.look(|writer| writer.ending().cloned())
    }

    /// How many messages of all senders have not left; see [`WebSocket::unsent`].
    pub fn unsent(&self) -> u64 {
        self.shared.lock().unsent()
    }
}

impl<W: Wire> Receiver<W> {
    /// Looks at the stream; see [`Sender::with_stream`].
    pub fn with_stream<T>(&self, look: impl FnOnce(&W::Stream) -> T) -> T {
        self.shared.look(|writer| look(writer.stream()))
    }

    /// Looks at the protocol state; see [`Sender::with_connection`].
    pub fn with_connection<T>(&self, look: impl FnOnce(&Connection) -> T) -> T {
        self.shared.look(|writer| look(writer.connection()))
    }

    /// How the connection ended; `None` before the end was received. See [`WebSocket::ending`].
    pub fn ending(&self) -> Option<Ending> {
        self.shared.look(|writer| writer.ending().cloned())
    }

    /// How many messages of all senders have not left; see [`WebSocket::unsent`].
    pub fn unsent(&self) -> u64 {
        self.shared.lock().unsent()
    }

    /// The server's response; see [`WebSocket::response`].
    pub fn response(&mut self) -> Option<Response<'_>> {
        self.receive_side.response()
    }
}

impl<W: Wire> Reconnecting<W> {
    /// Looks at the stream of the current connection, as [`Sender::with_stream`] does; `None`
    /// without one.
    pub fn with_stream<T>(&self, look: impl FnOnce(&W::Stream) -> T) -> Option<T> {
        self.machine.current().map(|halves| halves.sender.with_stream(look))
    }

    /// Looks at the protocol state of the current connection, as [`Sender::with_connection`] does;
    /// `None` without one.
    pub fn with_connection<T>(&self, look: impl FnOnce(&Connection) -> T) -> Option<T> {
        self.machine.current().map(|halves| halves.sender.with_connection(look))
    }

    /// How the connection ended that was lost last; `None` if none was lost yet.
    pub fn ending(&self) -> Option<&Ending> {
        self.machine.last_ending()
    }

    /// How many messages were queued on the connection that was lost last, by all who sent, and have
    /// not left, as [`WebSocket::unsent`] counts them.
    pub fn unsent(&self) -> u64 {
        self.machine.last_unsent()
    }
}

impl<W: Wire> ReconnectingSender<W> {
    /// Looks at the stream of the current connection, as [`Sender::with_stream`] does; `None`
    /// without one.
    pub fn with_stream<T>(&self, look: impl FnOnce(&W::Stream) -> T) -> Option<T> {
        Some(self.sender().ok()?.with_stream(look))
    }

    /// Looks at the protocol state of the current connection, as [`Sender::with_connection`] does;
    /// `None` without one.
    pub fn with_connection<T>(&self, look: impl FnOnce(&Connection) -> T) -> Option<T> {
        Some(self.sender().ok()?.with_connection(look))
    }

    /// How the connection ended that was lost last; `None` if none was lost yet.
    pub fn ending(&self) -> Option<Ending> {
        self.handle.last_ending()
    }

    /// How many messages have not left of the connection that was lost last, as
    /// [`Reconnecting::unsent`] says.
    pub fn unsent(&self) -> u64 {
        self.handle.last_unsent()
    }
}
