//! What the asynchronous adapters share: everything but the runtime's own stream and timer.

mod contexts;
mod handshake;
mod next;
mod receiving;
mod reconnecting;
mod retry;
mod shutdown;
mod split;
#[cfg(feature = "futures")]
mod streams;
mod window;
mod wire;
mod writer;

use std::sync::Arc;

pub use reconnecting::Reconnecting;
pub use shutdown::GracefulShutdown;
pub use split::{Receiver, Sender};
pub use wire::Wire;
pub use writer::Writer;

pub(super) use handshake::{accept_with, client};
pub(super) use retry::retry;

use super::Error;
use crate::handshake::{DeflateParameters, Response};
use crate::{CloseCode, Config, Connection, Ending, Event, Incoming, Outgoing, Role, SendError};
use next::Next;
use receiving::Receiving;

/// A WebSocket over an asynchronous stream.
///
/// Every future of its methods may be dropped at any await: all progress is kept here, and the
/// next call goes on from it. So it can be one of several things that a task waits for.
///
/// [`io::tokio`](crate::io) and [`io::smol`](crate::io) have it for their streams; what is generic
/// over [`Wire`] works with both:
///
/// ```
/// use websocket_proto::Event;
/// use websocket_proto::io::{Error, task::{WebSocket, Wire}};
///
/// async fn echo<W: Wire>(mut socket: WebSocket<W>) -> Result<(), Error> {
///     while let Some((event, reply)) = socket.next().await? {
///         if let Event::Text(text) = event {
///             reply.send_text(text).await?;
///         }
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct WebSocket<W> {
    receiving: Receiving,
    writer: Writer<W>,
}

/// The parts of a [`WebSocket`]: what was read and not consumed is in `incoming`, what was sent
/// and not written in `outgoing`.
///
/// Where the stream was about to be shut down at the end, [`Event::Ended`] stands in `incoming`; a
/// WebSocket that is made from the parts tells it.
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
    /// The end was found and not told.
    ending: bool,
}

impl<W: Wire> WebSocket<W> {
    /// Waits for the next event, and gives the means to answer it while it is held. `None` after
    /// [`Event::Ended`].
    ///
    /// What was sent before leaves in one write before this waits, so the plain loop of receiving
    /// and answering costs one write for each read, however many messages it brought.
    ///
    /// If the future is dropped, nothing is lost: the event that it would have told is told by
    /// the next call.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] if the peer broke the protocol, [`Error::Io`] if the stream failed.
    /// Call on: [`Event::Ended`] is still to come, after what the peer is owed has been written.
    #[inline]
    #[expect(clippy::should_implement_trait, reason = "an iterator cannot wait, nor lend")]
    pub fn next(
        &mut self,
    ) -> impl Future<Output = Result<Option<(Event<'_>, &mut Writer<W>)>, Error>> {
        Next::new(self)
    }

    /// Sends a text message, and waits until it is written.
    ///
    /// If the future is dropped before it is done, the message may have been taken; it is then
    /// written by a later call.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if it cannot be sent now, [`Error::Io`].
    pub async fn send_text(&mut self, text: &str) -> Result<(), Error> {
        self.writer.send_text(text).await?;
        self.writer.flush().await
    }

    /// Sends a binary message, and waits until it is written.
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text), and the same if the future is dropped.
    pub async fn send_binary(&mut self, data: &[u8]) -> Result<(), Error> {
        self.writer.send_binary(data).await?;
        self.writer.flush().await
    }

    /// Closes the connection: sends a Close frame, unless the peer began to close, waits for the
    /// peer's and for the end of the stream, at most [`Config::close_timeout`]. Messages that
    /// still arrive are dropped; to see them, use [`Writer::close`] and go on with
    /// [`next`](Self::next).
    ///
    /// If the future is dropped, the Close frame may have been queued; calling again, or `next`,
    /// goes on.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if the code or the reason cannot be sent, or the end was told before. What
    /// goes wrong later is in the [`Ending`].
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<Ending, Error> {
        match self.writer.close(code, reason) {
            Ok(()) | Err(Error::Send(SendError::Closed)) => self.see_through().await,
            Err(error) => Err(error),
        }
    }

    /// Splits the socket into a side that receives and one that sends, for two tasks or more. Pings
    /// and Close frames are still answered by themselves. The page of each adapter has an example.
    pub fn split(self) -> (Receiver<W>, Sender<W>) {
        split::split(self.receiving, self.writer)
    }

    /// The sending side, for messages in fragments, pings, and several messages in one write.
    pub fn writer(&mut self) -> &mut Writer<W> {
        &mut self.writer
    }

    /// The server's response, with the subprotocol that it chose: for a client, until the first
    /// event is received.
    ///
    /// ```no_run
    /// # use websocket_proto::io::task::{WebSocket, Wire};
    /// # fn example<W: Wire>(mut socket: WebSocket<W>) {
    /// if socket.response().and_then(|response| response.subprotocol()) != Some("chat.v2") {
    ///     println!("an older server");
    /// }
    /// # }
    /// ```
    pub fn response(&mut self) -> Option<Response<'_>> {
        match self.receiving.event() {
            Some(Event::Open(response)) => Some(response),
            _ => None,
        }
    }

    /// The receive memory, for [`take_payload`](Incoming::take_payload): a large message is handed
    /// over without a copy.
    ///
    /// ```
    /// use websocket_proto::io::{Error, task::{WebSocket, Wire}};
    ///
    /// async fn keep<W: Wire>(socket: &mut WebSocket<W>) -> Result<(), Error> {
    ///     while socket.next().await?.is_some() {
    ///         if let Some(payload) = socket.incoming().take_payload() {
    ///             println!("{} bytes to keep", payload.len());
    ///         }
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn incoming(&mut self) -> &mut Incoming {
        self.receiving.incoming()
    }

    pub(super) fn assemble(
        wire: W,
        connection: Connection,
        incoming: Incoming,
        outgoing: Outgoing,
    ) -> Self {
        let batch = wire.now();
        // Whoever had the stream before may have left something in it.
        let writer = Writer { wire, connection, outgoing, batch, unflushed: true, member: None };
        Self { receiving: Receiving::new(incoming), writer }
    }

    pub(super) fn new_established(
        wire: W,
        role: Role,
        agreed: Option<DeflateParameters>,
        config: Arc<Config>,
        leftover: &[u8],
    ) -> Self {
        let connection = Connection::established(role, agreed, config, wire.now());
        let mut incoming = Incoming::new();
        incoming.push(leftover);
        Self::assemble(wire, connection, incoming, Outgoing::new())
    }

    pub(super) fn reassemble<S>(parts: Parts<S>, wire: impl FnOnce(S) -> W) -> Self {
        let wire = wire(parts.stream);
        let mut socket = Self::assemble(wire, parts.connection, parts.incoming, parts.outgoing);
        socket.receiving.ending = parts.ending;
        socket
    }

    pub(super) fn disassemble<S>(self, stream: impl FnOnce(W) -> S) -> Parts<S> {
        let ending = self.receiving.ending;
        let incoming = self.receiving.into_incoming();
        let Writer { wire, connection, outgoing, .. } = self.writer;
        Parts { stream: stream(wire), connection, incoming, outgoing, ending }
    }

    /// Receives until the connection has ended.
    async fn see_through(&mut self) -> Result<Ending, Error> {
        loop {
            match self.next().await {
                Ok(Some((Event::Ended(ending), _))) => return Ok(ending.clone()),
                Ok(Some(_)) | Err(Error::Protocol(_) | Error::Io(_)) => {}
                Ok(None) => return Err(Error::Send(SendError::Closed)),
                Err(error) => return Err(error),
            }
        }
    }
}
