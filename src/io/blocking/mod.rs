//! The adapter for blocking streams: `std::net`, `std::os::unix::net`, anything with
//! `Read + Write`; one thread a connection.
//!
//! ```no_run
//! use websocket_proto::{Event, io::blocking};
//!
//! let mut socket = blocking::connect("ws://127.0.0.1:9001/")?;
//! socket.send_text("hello")?;
//! while let Some((event, _)) = socket.receive()? {
//!     if let Event::Text(text) = event {
//!         println!("{text}");
//!         break;
//!     }
//! }
//! socket.close(websocket_proto::CloseCode::NORMAL, "")?;
//! # Ok::<(), websocket_proto::io::Error>(())
//! ```
//!
//! # A server
//!
//! ```no_run
//! use std::net::TcpListener;
//!
//! use websocket_proto::handshake::{Acceptance, OriginPolicy, Rejection};
//! use websocket_proto::io::blocking::accept_with;
//! use websocket_proto::{Config, Event};
//!
//! let (stream, _) = TcpListener::bind("127.0.0.1:9001")?.accept()?;
//! // Browsers let any page connect, so whoever uses cookies looks where it comes from.
//! let forbidden = Rejection::new(403)?;
//! let mut socket = accept_with(stream, Config::default(), |request| {
//!     match request.is_origin_allowed(&OriginPolicy::SameHost) {
//!         true => Ok(Acceptance::new()),
//!         false => Err(forbidden),
//!     }
//! })?;
//! while let Some((event, reply)) = socket.receive()? {
//!     match event {
//!         Event::Text(text) => reply.send_text(text)?,
//!         Event::Binary(data) => reply.send_binary(data)?,
//!         Event::Ended(ending) => println!("{ending}"),
//!         _ => {}
//!     }
//! }
//! # Ok::<(), websocket_proto::io::Error>(())
//! ```
//!
//! A socket belongs to one thread, which sends what it has to say between two events. Where others
//! have to send while it waits, take one of the asynchronous adapters, or a loop of your own around
//! [`Connection`], as the example `wscat` does.
//!
//! # The end of a server
//!
//! A [`GracefulShutdown`] stops the thread that accepts, closes all connections that it watches,
//! and waits for them:
//!
//! ```no_run
//! use std::{net::TcpListener, thread, time::Duration};
//!
//! use websocket_proto::io::blocking::{GracefulShutdown, accept};
//! use websocket_proto::{CloseCode, Event, io::Error};
//!
//! fn serve(listener: TcpListener, shutdown: GracefulShutdown) -> Result<(), Error> {
//!     for stream in shutdown.incoming(&listener) {
//!         let shutdown = shutdown.clone();
//!         thread::spawn(move || {
//!             let mut socket = accept(stream)?;
//!             shutdown.watch(&mut socket);
//!             while let Some((event, reply)) = socket.receive()? {
//!                 if let Event::Text(text) = event {
//!                     reply.send_text(text)?;
//!                 }
//!             }
//!             Ok::<(), Error>(())
//!         });
//!     }
//!     Ok(())
//! }
//!
//! let (listener, shutdown) = (TcpListener::bind("127.0.0.1:9001")?, GracefulShutdown::new());
//! let server = shutdown.clone();
//! thread::spawn(move || serve(listener, server));
//! // Until somebody presses Enter, say.
//! std::io::stdin().read_line(&mut String::new())?;
//! let closed = shutdown.close_all(CloseCode::GOING_AWAY, "", Duration::from_secs(10))?;
//! println!("{} ended cleanly, {} were cut off", closed.clean, closed.cut);
//! # Ok::<(), Error>(())
//! ```

mod accepting;
mod connect;
mod handshake;
mod reconnecting;
mod shutdown;
mod stream;
mod tls;
mod wire;
mod writer;

use std::io::ErrorKind;
use std::sync::Arc;

pub use accepting::incoming;
#[cfg(feature = "tls")]
pub use connect::connect_tls;
pub use connect::{connect, connect_with};
pub use handshake::{accept, accept_with, client};
pub use reconnecting::Reconnecting;
pub use shutdown::GracefulShutdown;
pub use stream::{Stream, Untimed};
#[cfg(not(feature = "tls"))]
use tls::tls_client;
#[cfg(feature = "tls")]
pub use tls::{tls_client, tls_server};
pub use writer::Writer;

use super::Error;
use crate::handshake::{DeflateParameters, Response};
use crate::{
    CloseCode, Config, Connection, Ending, Event, Incoming, Outgoing, Progress, Role, SendError,
};
use wire::Wire;

/// A WebSocket over a blocking stream.
///
/// One thread at a time uses it. Deadlines of the connection are kept while a call waits on the
/// stream, through the stream's timeouts; keepalive pings too, so a program that wants them has
/// to be in [`receive`](Self::receive) most of the time.
#[derive(Debug)]
pub struct WebSocket<S> {
    incoming: Incoming,
    writer: Writer<S>,
}

/// The parts of a [`WebSocket`]: what was read and not consumed is in `incoming`, what was sent
/// and not written in `outgoing`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Parts<S> {
    /// The stream.
    pub stream: S,
    /// The protocol state.
    pub connection: Connection,
    /// The receive memory.
    pub incoming: Incoming,
    /// The send memory.
    pub outgoing: Outgoing,
}

impl<S: Stream> WebSocket<S> {
    /// A WebSocket from the parts of one.
    pub fn from_parts(parts: Parts<S>) -> Self {
        Self::assemble(Wire::new(parts.stream), parts.connection, parts.incoming, parts.outgoing)
    }

    /// A WebSocket over a stream on which somebody else, say an HTTP library, did the handshake,
    /// and read `leftover` behind it.
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

    /// Waits for the next event, and gives the means to answer it while it is held. `None` after
    /// [`Event::Ended`].
    ///
    /// What was sent before leaves in one write before this call waits, so the plain loop of
    /// receiving and answering costs one write for each read, however many messages it brought.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] if the peer broke the protocol, [`Error::Io`] if the stream failed.
    /// Call on: [`Event::Ended`] is still to come, after what the peer is owed has been written.
    #[inline(always)]
    pub fn receive(&mut self) -> Result<Option<(Event<'_>, &mut Writer<S>)>, Error> {
        match self.find_event()? {
            true => Ok(self.incoming.event().map(|event| (event, &mut self.writer))),
            false => Ok(None),
        }
    }

    /// Whether there is an event, which then stands in `incoming`. Apart from
    /// [`receive`](Self::receive), so that the event is made where it is looked at and does not
    /// move through memory.
    #[inline(never)]
    fn find_event(&mut self) -> Result<bool, Error> {
        let writer = &mut self.writer;
        loop {
            let now = writer.wire.time_of(&self.incoming);
            match writer.connection.receive(now, &mut self.incoming, &mut writer.outgoing)? {
                Progress::Event if writer.drops(&mut self.incoming) => {}
                Progress::Event => break,
                Progress::NeedBytes => writer.turn(&mut self.incoming)?,
                Progress::Ended => return Ok(false),
            }
        }
        match self.incoming.event() {
            // Several pings in a batch are answered one by one while the stream takes it.
            Some(Event::Ping(_)) => writer.flush_in_passing(),
            Some(Event::Ended(ending)) => {
                let is_clean = ending.is_clean();
                writer.finish(is_clean);
            }
            Some(_) | None => {}
        }
        Ok(true)
    }

    /// Sends a text message, and waits until it is written if the stream blocks.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if it cannot be sent now, [`Error::Io`].
    pub fn send_text(&mut self, text: &str) -> Result<(), Error> {
        self.writer.send_text(text)?;
        self.writer.flush_if_possible()
    }

    /// Sends a binary message, and waits until it is written if the stream blocks.
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text).
    pub fn send_binary(&mut self, data: &[u8]) -> Result<(), Error> {
        self.writer.send_binary(data)?;
        self.writer.flush_if_possible()
    }

    /// Closes the connection: sends a Close frame, unless the peer began to close, waits for the
    /// peer's and for the end of the stream, at most [`Config::close_timeout`]. Messages that
    /// still arrive are dropped; to see them, use [`Writer::close`] and go on receiving.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if the code or the reason cannot be sent, or the end was told before. What
    /// goes wrong later is in the [`Ending`].
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<Ending, Error> {
        match self.writer.close(code, reason) {
            Ok(()) | Err(Error::Send(SendError::Closed)) => self.see_through(),
            Err(error) => Err(error),
        }
    }

    /// The sending side, for messages in fragments, pings, and several messages in one write.
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
    /// writer.send_text("one")?;
    /// writer.send_text("two")?;
    /// // Both leave now, in one write; without this, when the socket next waits.
    /// writer.flush()?;
    /// # server.join().unwrap();
    /// # Ok::<(), websocket_proto::io::Error>(())
    /// ```
    pub fn writer(&mut self) -> &mut Writer<S> {
        &mut self.writer
    }

    /// The server's response, with the subprotocol that it chose: for a client, until the first
    /// event is received.
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

    /// The receive memory, for [`take_payload`](Incoming::take_payload): a large message is handed
    /// over without a copy.
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

    /// The parts, with everything unread and unwritten.
    ///
    /// ```no_run
    /// # use websocket_proto::io::blocking::{WebSocket, connect};
    /// # let socket = connect("ws://127.0.0.1:9001/")?;
    /// // For a loop of one's own; or to change something and go on.
    /// let mut parts = socket.into_parts();
    /// parts.stream.inner_mut().set_nonblocking(true)?;
    /// let socket = WebSocket::from_parts(parts);
    /// # Ok::<(), websocket_proto::io::Error>(())
    /// ```
    pub fn into_parts(self) -> Parts<S> {
        let Writer { wire, connection, outgoing, .. } = self.writer;
        let stream = wire.into_stream();
        Parts { stream, connection, incoming: self.incoming, outgoing }
    }

    fn assemble(
        wire: Wire<S>,
        connection: Connection,
        incoming: Incoming,
        outgoing: Outgoing,
    ) -> Self {
        Self { incoming, writer: Writer { wire, connection, outgoing, member: None } }
    }

    /// Receives until the connection has ended.
    fn see_through(&mut self) -> Result<Ending, Error> {
        loop {
            match self.receive() {
                Ok(Some((Event::Ended(ending), _))) => return Ok(ending.clone()),
                Ok(Some(_)) | Err(Error::Protocol(_)) => {}
                Ok(None) => return Err(Error::Send(SendError::Closed)),
                Err(Error::Io(error)) if error.kind() != ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
}
