#![doc = include_str!("../blocking.md")]

mod accepting;
mod connect;
mod handshake;
mod leaving;
mod reconnecting;
mod sending;
mod shutdown;
mod stream;
mod tls;
mod wire;
mod writer;

use std::io::ErrorKind;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

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

use super::unreported::Unreported;
use super::{Error, shared_default};
use crate::handshake::{DeflateParameters, Response};
use crate::{
    CloseCode, Config, Connection, Ending, Event, Incoming, Outgoing, Progress, Role, SendError,
    Time,
};
use sending::sending_methods;
use wire::Wire;

/// A WebSocket over a blocking stream.
///
/// One thread at a time uses it. Deadlines of the connection are kept while a call waits on the
/// stream, through the stream's timeouts; keepalive pings too, so a program that wants them has
/// to be in [`receive`](Self::receive) most of the time.
///
/// When it is dropped, what was gathered leaves as far as the stream takes it without waiting, and
/// writing is shut down; then what has arrived is read, at most 4 MiB and for some milliseconds, as
/// TCP would reset the connection for it and the peer might lose what was written. Nothing of this
/// after the end, an [`abort`](Self::abort), a failure of the stream, or while the thread panics. No
/// Close frame is sent: [`close`](Self::close) does that. Clones of the stream are shut down as well;
/// [`into_parts`](Self::into_parts) leaves the stream as it is.
#[derive(Debug)]
pub struct WebSocket<S: Stream> {
    incoming: Incoming,
    writer: Writer<S>,
    unreported: Unreported,
}

/// The parts of a [`WebSocket`]: what was read and not consumed is in `incoming`, what was sent
/// and not written in `outgoing`. An end that was found and not told yet is told by the socket that
/// is made [from them](WebSocket::from_parts).
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
    unreported: Unreported,
}

/// What [`WebSocket::receive_timeout`] came to.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "a loop has to know them all")]
pub enum Received<'a, S: Stream> {
    /// Something happened; the writer answers while the event is held.
    Event(Event<'a>, &'a mut Writer<S>),
    /// Nothing did, in that time.
    TimedOut,
    /// Nothing will: [`Event::Ended`] was told before.
    Over,
}

/// The same without what it would borrow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Event,
    Nothing,
    Over,
}

impl<S: Stream> WebSocket<S> {
    /// A WebSocket from the parts of one.
    pub fn from_parts(parts: Parts<S>) -> Self {
        let Parts { stream, connection, incoming, outgoing, unreported } = parts;
        Self { unreported, ..Self::assemble(Wire::new(stream), connection, incoming, outgoing) }
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
    /// The end is told when the peer has what it is owed, so that the socket may be dropped then:
    /// [`Event::Close`] when all is written, the answer too, and on a server when the peer has ended
    /// the stream; an error of the protocol when the Close frame is written and the peer has ended
    /// the stream; both within [`Config::close_timeout`].
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] if the peer broke the protocol, [`Error::Io`] if the stream failed.
    /// [`Event::Ended`] is still to come. With [`WouldBlock`](ErrorKind::WouldBlock) from a
    /// non-blocking stream nothing is lost: call again when it is ready.
    #[inline(always)]
    pub fn receive(&mut self) -> Result<Option<(Event<'_>, &mut Writer<S>)>, Error> {
        match self.find_event(None)? {
            Found::Event => Ok(self.incoming.event().map(|event| (event, &mut self.writer))),
            Found::Nothing | Found::Over => Ok(None),
        }
    }

    /// Waits for the next event, but no longer than `timeout`. A stream without timeouts, as
    /// [`Untimed`], is waited for as long as it takes.
    ///
    /// The connection's own deadlines are kept meanwhile. [Sending from other
    /// threads](self#sending-from-other-threads) has an example.
    ///
    /// # Errors
    ///
    /// As for [`receive`](Self::receive).
    pub fn receive_timeout(&mut self, timeout: Duration) -> Result<Received<'_, S>, Error> {
        let patience = self.writer.wire.now().after(timeout);
        Ok(match self.find_event(Some(patience))? {
            Found::Event => match self.incoming.event() {
                Some(event) => Received::Event(event, &mut self.writer),
                None => Received::Over,
            },
            Found::Nothing => Received::TimedOut,
            Found::Over => Received::Over,
        })
    }

    /// Whether there is an event, which then stands in `incoming`. Apart from
    /// [`receive`](Self::receive), so that the event is made where it is looked at and does not
    /// move through memory.
    #[inline(never)]
    fn find_event(&mut self, patience: Option<Time>) -> Result<Found, Error> {
        loop {
            let writer = &mut self.writer;
            let now = writer.wire.time_of(&self.incoming);
            let progress = writer.connection.receive(now, &mut self.incoming, &mut writer.outgoing);
            match progress {
                Ok(Progress::Event) if self.is_told_now() => return Ok(Found::Event),
                Ok(Progress::Event) => {}
                Ok(Progress::NeedBytes) => {
                    if let Some(found) = self.go_on(patience)? {
                        return Ok(found);
                    }
                }
                Ok(Progress::Ended) => return self.tell_the_end(),
                // Told when the peer has its Close frame.
                Err(violation) => self.unreported.note_violation(violation),
            }
        }
    }

    /// Writes and reads. What is to be told, if nothing has to come before.
    fn go_on(&mut self, patience: Option<Time>) -> Result<Option<Found>, Error> {
        let Self { incoming, writer, unreported } = self;
        if unreported.is_close() && writer.waits_for_the_end() {
            let goes_on = writer.clear_up(incoming)?;
            return if goes_on { Ok(None) } else { self.tell().map(Some) };
        }
        Ok(if writer.turn(incoming, patience)? { None } else { Some(Found::Nothing) })
    }

    /// Whether the event that was found is told at once. The others are told when the peer has what
    /// it is owed, or not at all.
    fn is_told_now(&mut self) -> bool {
        let writer = &mut self.writer;
        if self.incoming.has_message() && writer.shutdown_watch.is_none() {
            return true;
        }
        if writer.drops(&mut self.incoming) {
            return false;
        }
        match self.incoming.event() {
            // Several pings in a batch are answered one by one while the stream takes it.
            Some(Event::Ping(_)) => writer.flush_in_passing(),
            Some(Event::Ended(ending)) => {
                if let Some(member) = &mut writer.shutdown_watch {
                    member.is_clean = ending.is_clean();
                }
                self.unreported.note_event(&mut self.incoming);
                return false;
            }
            Some(Event::Close { .. }) => {
                self.unreported.note_event(&mut self.incoming);
                return false;
            }
            Some(_) | None => {}
        }
        true
    }

    fn tell_the_end(&mut self) -> Result<Found, Error> {
        if !self.unreported.is_empty() {
            self.writer.finish()?;
        }
        self.tell()
    }

    fn tell(&mut self) -> Result<Found, Error> {
        Ok(if self.unreported.report_next(&mut self.incoming)? {
            Found::Event
        } else {
            Found::Over
        })
    }

    sending_methods!();

    /// Closes the connection: sends a Close frame, unless the peer began to close, waits for the
    /// peer's and for the end of the stream, at most [`Config::close_timeout`]. Messages that
    /// still arrive are dropped; to see them, use [`Writer::close`] and go on receiving.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if the code or the reason cannot be sent, or the end was told before. What
    /// goes wrong later is in the [`Ending`].
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<Ending, Error> {
        let now = self.writer.wire.now();
        let close = |connection: &mut Connection, outgoing: &mut Outgoing| {
            connection.close(now, code, reason, outgoing)
        };
        match self.writer.gather(close) {
            Ok(()) | Err(Error::Send(SendError::Closed)) => self.see_through(),
            Err(error) => Err(error),
        }
    }

    /// The sending side, as it is beside an event.
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

    fn assemble(
        wire: Wire<S>,
        connection: Connection,
        incoming: Incoming,
        outgoing: Outgoing,
    ) -> Self {
        let writer = Writer { wire, connection, outgoing, shutdown_watch: None };
        Self { incoming, writer, unreported: Unreported::default() }
    }

    #[expect(clippy::unnecessary_wraps, reason = "a client that connects again may have none")]
    fn sender(&mut self) -> Result<&mut Writer<S>, SendError> {
        Ok(&mut self.writer)
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

fn would_block(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == ErrorKind::WouldBlock)
}
