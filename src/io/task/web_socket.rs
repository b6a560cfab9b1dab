//! A WebSocket in one task: receiving, sending and closing.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::receive_side::ReceiveSide;
use super::sending_methods::sending_methods;
use super::{Error, Parts, Receiver, Sender, Wire, Writer};
use crate::handshake::{DeflateParameters, Response};
use crate::{
    CloseCode, Config, Connection, Ending, Event, Incoming, Message, MessageKind, Outgoing,
    Prepared, Role, SendError,
};

/// A WebSocket over an asynchronous stream.
///
/// Every future of its methods may be dropped at any await: all progress is kept in the
/// `WebSocket`, and the next call goes on from there. So it can be one of several things that a
/// task waits for.
///
/// [`io::tokio`](crate::io) and [`io::smol`](crate::io) have aliases of it for their streams. Code
/// that is generic over [`Wire`] works with both:
///
/// ```
/// use websocket_proto::Event;
/// use websocket_proto::io::{Error, task::{WebSocket, Wire}};
///
/// async fn echo<W: Wire>(mut socket: WebSocket<W>) -> Result<(), Error> {
///     while let Some((event, reply)) = socket.receive().await? {
///         if let Event::Text(text) = event {
///             reply.send_text(text).await?;
///         }
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct WebSocket<W: Wire> {
    /// In a box, as a task has room for each place where it holds the socket, and a call of an
    /// `async fn` with a socket makes two or three of them.
    pub(super) sides: Box<Sides<W>>,
}

/// The two sides of a WebSocket.
#[derive(Debug)]
pub(super) struct Sides<W: Wire> {
    pub(super) receive_side: ReceiveSide,
    pub(super) writer: Writer<W>,
}

impl<W: Wire> WebSocket<W> {
    /// Waits for the next event, and returns it with the writer that can answer it while the event
    /// is held. `None` after [`Event::Ended`].
    ///
    /// What was fed before is written in one write before this waits. So a plain loop that receives
    /// and [feeds](Writer::feed_message) its answers costs one write for each read, however many
    /// messages the read brought.
    ///
    /// If the future is dropped, nothing is lost: the next call returns the event.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] if the peer broke the protocol, [`Error::Io`] if the stream failed;
    /// [`Event::Ended`] follows. A program may also return at the first error: the peer has
    /// received its Close frame by then, see [below](#the-end).
    ///
    /// # The end
    ///
    /// What ends the connection is reported when the peer has received what it is owed, so that the
    /// application may drop the socket then. A violation is reported after our Close frame has been
    /// written and the peer has ended the stream. The peer's Close frame is reported after the
    /// answer has been written, and for a server after the stream has ended. All of this takes at
    /// most [`Config::close_timeout`].
    #[inline]
    pub fn receive(
        &mut self,
    ) -> impl Future<Output = Result<Option<(Event<'_>, &mut Writer<W>)>, Error>> {
        Receive::new(&mut self.sides)
    }

    sending_methods!(self: &mut Self);

    /// Waits until everything that was [fed](Self::feed_message) before is written.
    ///
    /// If the future is dropped, the rest is written by a later call.
    ///
    /// # Errors
    ///
    /// [`Error::NotWritten`] if the connection ended before, [`Error::Io`] if the stream fails in
    /// this call.
    pub async fn flush(&mut self) -> Result<(), Error> {
        self.sides.writer.flush().await
    }

    /// Sets whether messages are compressed from the next one on, if compression was agreed on; see
    /// [`Connection::set_compression`].
    #[cfg(feature = "deflate")]
    pub fn set_compression(&mut self, enabled: bool) {
        self.sides.writer.set_compression(enabled);
    }

    /// Ends the connection without a Close frame; see [`Connection::abort`].
    /// [`receive`](Self::receive) then reports [`Event::Ended`].
    pub fn abort(&mut self) {
        self.sides.writer.abort();
    }

    /// Closes the connection: sends a Close frame, unless the peer has begun to close, and waits
    /// for the peer's Close frame and for the end of the stream, for at most
    /// [`Config::close_timeout`]. Messages that still arrive are dropped; to see them, use
    /// [`Writer::start_close`] and go on with [`receive`](Self::receive).
    ///
    /// If the future is dropped, the Close frame may have been queued; calling this again, or
    /// `receive`, goes on from there.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if the code or the reason cannot be sent, or if [`Event::Ended`] was
    /// received before. What goes wrong later is in the [`Ending`].
    pub async fn close_with(&mut self, code: CloseCode, reason: &str) -> Result<Ending, Error> {
        match self.sides.writer.start_close(code, reason) {
            Ok(()) | Err(SendError::Closed) => self.receive_until_ended().await,
            Err(error) => Err(error.into()),
        }
    }

    /// Splits the socket into a side that sends and one that receives, for two tasks or more. Pings
    /// and Close frames are still answered without the application. See
    /// [several tasks](crate::io::task#several-tasks).
    pub fn split(self) -> (Sender<W>, Receiver<W>) {
        let Sides { receive_side, writer } = *self.sides;
        Receiver::split(receive_side, writer)
    }

    /// The sending side, which [`receive`](Self::receive) also returns beside each event.
    pub fn writer(&mut self) -> &mut Writer<W> {
        &mut self.sides.writer
    }

    /// The server's response, with the subprotocol that it chose. Only a client has it, and only
    /// until the first event is received.
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
        self.sides.receive_side.response()
    }

    /// The receive memory, for [`take_payload`](Incoming::take_payload), which hands over a large
    /// message without a copy.
    ///
    /// ```
    /// use websocket_proto::io::{Error, task::{WebSocket, Wire}};
    ///
    /// async fn keep<W: Wire>(socket: &mut WebSocket<W>) -> Result<(), Error> {
    ///     while socket.receive().await?.is_some() {
    ///         if let Some(payload) = socket.incoming().take_payload() {
    ///             println!("{} bytes to keep", payload.len());
    ///         }
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn incoming(&mut self) -> &mut Incoming {
        self.sides.receive_side.incoming()
    }

    /// A WebSocket over a stream, for a connection and its memory.
    pub(super) fn assemble(
        wire: W,
        connection: Connection,
        incoming: Incoming,
        outgoing: Outgoing,
    ) -> Self {
        let receive_side = ReceiveSide::new(incoming);
        let writer = Writer::new(wire, connection, outgoing);
        Self { sides: Box::new(Sides { receive_side, writer }) }
    }

    /// A WebSocket whose handshake somebody else did, and read `leftover` after it.
    pub(in crate::io) fn new_established(
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

    /// A WebSocket from its parts; `wire` wraps their stream.
    pub(in crate::io) fn reassemble<S>(parts: Parts<S>, wire: impl FnOnce(S) -> W) -> Self {
        let wire = wire(parts.stream);
        let mut socket = Self::assemble(wire, parts.connection, parts.incoming, parts.outgoing);
        socket.sides.receive_side.report_first(parts.unreported);
        socket
    }

    /// The parts of the WebSocket; `stream` unwraps its stream.
    pub(in crate::io) fn disassemble<S>(self, stream: impl FnOnce(W) -> S) -> Parts<S> {
        let Sides { receive_side, mut writer } = *self.sides;
        let (incoming, unreported) = receive_side.into_parts();
        let stream = stream(writer.wire.take());
        let (connection, outgoing) = writer.take_state();
        Parts { stream, connection, incoming, outgoing, unreported }
    }

    fn feed_with(
        &mut self,
        len: usize,
        queue: impl FnMut(&mut Writer<W>) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        self.sides.writer.feed_with(len, queue)
    }

    fn send_with(
        &mut self,
        len: usize,
        queue: impl FnMut(&mut Writer<W>) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        self.sides.writer.send_with(len, queue)
    }

    fn try_send_with(
        &mut self,
        queue: impl FnOnce(&mut Writer<W>) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        queue(&mut self.sides.writer)
    }

    fn begin_message(&mut self, kind: MessageKind) -> Result<(), SendError> {
        self.sides.writer.begin_message(kind)
    }

    /// Receives, and drops all events, until the connection has ended.
    pub(super) async fn receive_until_ended(&mut self) -> Result<Ending, Error> {
        loop {
            match self.receive().await {
                Ok(Some((Event::Ended(ending), _))) => return Ok(ending.clone()),
                Ok(Some(_)) | Err(Error::Protocol(_) | Error::Io(_)) => {}
                Ok(None) => return Err(Error::Send(SendError::Closed)),
                Err(error) => return Err(error),
            }
        }
    }
}

/// The future of [`WebSocket::receive`], written by hand: the body of an `async fn` becomes a
/// function of its own, which returns events through memory, and reading them from there costs more
/// than receiving a short message.
struct Receive<'s, W: Wire> {
    /// The sides of the socket, until the event is returned.
    sides: Option<&'s mut Sides<W>>,
}

impl<'s, W: Wire> Receive<'s, W> {
    const fn new(sides: &'s mut Sides<W>) -> Self {
        Self { sides: Some(sides) }
    }
}

impl<'s, W: Wire> Future for Receive<'s, W> {
    type Output = Result<Option<(Event<'s>, &'s mut Writer<W>)>, Error>;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(sides) = self.sides.take() else { return Poll::Pending };
        match sides.receive_side.poll_event(&mut sides.writer, cx) {
            Poll::Ready(Ok(true)) => {
                let Sides { receive_side, writer } = sides;
                Poll::Ready(Ok(receive_side.event().map(|event| (event, writer))))
            }
            Poll::Ready(Ok(false)) => Poll::Ready(Ok(None)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                self.sides = Some(sides);
                Poll::Pending
            }
        }
    }
}
