//! The WebSocket of the adapter for blocking streams.

use std::sync::Arc;

use super::super::Error;
use super::super::trace::ConnectionTrace;
use super::super::unreported::Unreported;
use super::sending_methods::sending_methods;
use super::stream::Stream;
use super::wire::Wire;
use super::writer::Writer;
use crate::handshake::{DeflateParameters, Response};
use crate::{CloseCode, Config, Connection, Ending, Event, Incoming, Outgoing, Role, SendError};

/// A WebSocket over a blocking stream.
///
/// It is used by one thread at a time. While a call waits on the stream, the deadlines of the
/// connection are kept through the stream's timeouts, and keepalive pings are sent: a program that
/// wants them has to be in [`receive`](Self::receive) most of the time. A timeout that was set on
/// the stream before has no effect: use [`receive_timeout`](Self::receive_timeout). For several
/// threads, [split](Self::split) the socket.
///
/// When the socket is dropped, what was queued is written as far as the stream takes it without
/// waiting, and writing is shut down. Then what has arrived is read, at most 4 MiB and for some
/// milliseconds, because TCP would otherwise reset the connection and the peer might lose what was
/// written. None of this happens after the end, an [`abort`](Self::abort), a failure of the stream,
/// or while the thread panics. No Close frame is sent: [`close_with`](Self::close_with) does that. Clones of
/// the stream are shut down as well; [`into_parts`](Self::into_parts) leaves the stream as it is.
#[derive(Debug)]
pub struct WebSocket<S: Stream> {
    pub(super) incoming: Incoming,
    pub(super) writer: Writer<S>,
    /// What ends the connection and was not reported yet.
    pub(super) unreported: Unreported,
}

impl<S: Stream> WebSocket<S> {
    /// Makes a WebSocket over a stream on which somebody else, such as an HTTP library, did the
    /// handshake, and read `leftover` after it.
    ///
    /// ```
    /// use std::io::Cursor;
    /// use websocket_proto::io::blocking::{Untimed, WebSocket};
    /// use websocket_proto::{Config, Event, Role};
    ///
    /// // A masked "Hello", the first half of it read already (§5.7).
    /// let frame = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    /// let (leftover, rest) = frame.split_at(5);
    /// let stream = Untimed(Cursor::new(rest.to_vec()));
    /// let mut socket = WebSocket::established(stream, Role::Server, None, Config::default(), leftover);
    /// let Some((Event::Text(text), _)) = socket.receive()? else { panic!() };
    /// assert_eq!(text, "Hello");
    /// # Ok::<(), websocket_proto::io::Error>(())
    /// ```
    pub fn established(
        stream: S,
        role: Role,
        agreed: Option<DeflateParameters>,
        config: impl Into<Arc<Config>>,
        leftover: &[u8],
    ) -> Self {
        let wire = Wire::new(stream);
        let connection = Connection::established(role, agreed, config, wire.now());
        let mut incoming = Incoming::new();
        incoming.push(leftover);
        Self::assemble(wire, connection, incoming, Outgoing::new())
    }

    /// A WebSocket over a stream, for a connection and its memory.
    pub(super) fn assemble(
        wire: Wire<S>,
        connection: Connection,
        incoming: Incoming,
        outgoing: Outgoing,
    ) -> Self {
        let trace = ConnectionTrace::new(&connection);
        let writer =
            Writer { wire, connection, outgoing, shutdown_watch: None, ending: None, trace };
        Self { incoming, writer, unreported: Unreported::default() }
    }

    sending_methods!(self: &mut Self);

    /// Closes the connection: sends a Close frame, unless the peer has begun to close, and waits
    /// for the peer's Close frame and for the end of the stream, for at most
    /// [`Config::close_timeout`]. Messages that still arrive are dropped; to see them, use
    /// [`Writer::start_close`] and go on with [`receive`](Self::receive).
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if the code or the reason cannot be sent, or if [`Event::Ended`] was
    /// received before. What goes wrong later is in the [`Ending`].
    pub fn close_with(&mut self, code: CloseCode, reason: &str) -> Result<Ending, Error> {
        match self.writer.feed_close(code, reason) {
            Ok(()) | Err(Error::Send(SendError::Closed)) => self.receive_until_ended(),
            Err(error) => Err(error),
        }
    }

    /// The sending side, which [`receive`](Self::receive) also returns beside each event.
    ///
    /// ```
    /// # use std::{net::TcpListener, thread};
    /// # use websocket_proto::{Event, io::blocking};
    /// # let listener = TcpListener::bind("127.0.0.1:0")?;
    /// # let address = listener.local_addr()?;
    /// # let server = thread::spawn(move || {
    /// #     let mut socket = blocking::accept(listener.accept().unwrap().0).unwrap();
    /// #     for expected in ["one", "two"] {
    /// #         let Some((Event::Text(text), _)) = socket.receive().unwrap() else { panic!() };
    /// #         assert_eq!(text, expected);
    /// #     }
    /// # });
    /// # let mut socket = blocking::connect(&format!("ws://{address}/"))?;
    /// let writer = socket.writer();
    /// writer.feed_text("one")?;
    /// writer.feed_text("two")?;
    /// // Both are written now, in one write. Otherwise they are when the socket next waits.
    /// writer.flush()?;
    /// # server.join().unwrap();
    /// # Ok::<(), websocket_proto::io::Error>(())
    /// ```
    pub fn writer(&mut self) -> &mut Writer<S> {
        &mut self.writer
    }

    /// The protocol state.
    pub fn connection(&self) -> &Connection {
        self.writer.connection()
    }

    /// The stream. Its timeouts are the adapter's, which sets them anew as it needs them.
    pub fn stream(&self) -> &S {
        self.writer.stream()
    }

    /// How the connection has ended, as soon as that is known: at the latest when
    /// [`Event::Ended`] has been received.
    ///
    /// ```no_run
    /// # use websocket_proto::io::blocking::connect;
    /// # let mut socket = connect("ws://127.0.0.1:9001/")?;
    /// while socket.receive()?.is_some() {}
    /// if let Some(ending) = socket.ending() {
    ///     println!("{ending}");
    /// }
    /// # Ok::<(), websocket_proto::io::Error>(())
    /// ```
    pub fn ending(&self) -> Option<&Ending> {
        self.writer.ending()
    }

    /// How many messages were queued and are not known to have left: they wait to be written or in
    /// a buffer of the stream, or the connection has ended. They are the last ones that were queued,
    /// and those for which `send_*` fails with [`Error::NotWritten`]. The peer may also lack some
    /// that have left, if the connection ended otherwise than [cleanly](Ending::is_clean).
    ///
    /// A stream is taken to hold back at most a message of 64 KiB, as TLS does. Up to twice as much
    /// of what it took last may count although it has left; after a [split](Self::split), the
    /// messages of a piece of up to 64 KiB that is not written to its end.
    pub fn unsent(&self) -> u64 {
        self.writer.unsent()
    }

    /// The server's response, with the subprotocol that it chose. Only a client has it, and only
    /// until the first event is received.
    ///
    /// ```no_run
    /// # use websocket_proto::io::blocking::connect;
    /// let mut socket = connect("ws://127.0.0.1:9001/")?;
    /// if socket.response().and_then(|response| response.subprotocol()) != Some("chat.v2") {
    ///     println!("an older server");
    /// }
    /// # Ok::<(), websocket_proto::io::Error>(())
    /// ```
    pub fn response(&mut self) -> Option<Response<'_>> {
        match self.incoming.event() {
            Some(Event::Open(response)) => Some(response),
            _ => None,
        }
    }

    /// The receive memory, for [`take_payload`](Incoming::take_payload), which hands over a large
    /// message without a copy.
    ///
    /// ```no_run
    /// # use websocket_proto::io::blocking::connect;
    /// # let mut socket = connect("ws://127.0.0.1:9001/")?;
    /// while socket.receive()?.is_some() {
    ///     if let Some(payload) = socket.incoming().take_payload() {
    ///         println!("{} bytes to keep", payload.len());
    ///     }
    /// }
    /// # Ok::<(), websocket_proto::io::Error>(())
    /// ```
    pub fn incoming(&mut self) -> &mut Incoming {
        &mut self.incoming
    }

    #[expect(clippy::unnecessary_wraps, reason = "a client that connects again may have none")]
    fn current_writer(&mut self) -> Result<&mut Writer<S>, SendError> {
        Ok(&mut self.writer)
    }
}
