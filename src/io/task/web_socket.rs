//! A WebSocket in one task.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::receiving::Receiving;
use super::vocabulary::vocabulary;
use super::{Error, Parts, Receiver, Sender, Wire, Writer};
use crate::handshake::{DeflateParameters, Response};
use crate::{
    CloseCode, Config, Connection, Ending, Event, Incoming, Message, MessageKind, Outgoing,
    Prepared, Role, SendError,
};

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
pub struct WebSocket<W: Wire> {
    pub(super) receiving: Receiving,
    pub(super) writer: Writer<W>,
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
    /// [`Error::Protocol`] if the peer broke the protocol, [`Error::Io`] if the stream failed;
    /// [`Event::Ended`] follows. To return at the first error is right as well: the peer has got its
    /// Close frame by then, see [below](#the-end).
    ///
    /// # The end
    ///
    /// What ends the connection is told when the peer has what it is owed, so that whoever is told
    /// may let go of the socket: a violation behind our Close frame, and behind what the peer sent
    /// before it saw that; the peer's Close frame behind the answer, and for a server behind the end
    /// of the stream. All of it takes at most [`Config::close_timeout`].
    #[inline]
    #[expect(clippy::should_implement_trait, reason = "an iterator cannot wait, nor lend")]
    pub fn next(
        &mut self,
    ) -> impl Future<Output = Result<Option<(Event<'_>, &mut Writer<W>)>, Error>> {
        Next::new(self)
    }

    vocabulary!(self: &mut Self);

    /// Waits until everything is written that was [fed](Self::feed_message) before.
    ///
    /// If the future is dropped, the rest is written by a later call.
    ///
    /// # Errors
    ///
    /// [`Error::NotWritten`] if the connection ended before, [`Error::Io`] if the stream fails in
    /// this call.
    pub async fn flush(&mut self) -> Result<(), Error> {
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
            Ok(()) | Err(SendError::Closed) => self.see_through().await,
            Err(error) => Err(error.into()),
        }
    }

    /// Splits the socket into a side that receives and one that sends, for two tasks or more. Pings
    /// and Close frames are still answered by themselves. The page of each adapter has an example.
    pub fn split(self) -> (Receiver<W>, Sender<W>) {
        Receiver::split(self.receiving, self.writer)
    }

    /// The sending side, as [`next`](Self::next) gives it beside an event.
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
        let writer = Writer::new(wire, connection, outgoing);
        Self { receiving: Receiving::new(incoming), writer }
    }

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

    pub(in crate::io) fn reassemble<S>(parts: Parts<S>, wire: impl FnOnce(S) -> W) -> Self {
        let wire = wire(parts.stream);
        let mut socket = Self::assemble(wire, parts.connection, parts.incoming, parts.outgoing);
        socket.receiving.tell_first(parts.untold);
        socket
    }

    pub(in crate::io) fn disassemble<S>(self, stream: impl FnOnce(W) -> S) -> Parts<S> {
        let Self { receiving, mut writer } = self;
        let (incoming, untold) = receiving.into_parts();
        let stream = stream(writer.wire.take());
        let (connection, outgoing) = writer.take_state();
        Parts { stream, connection, incoming, outgoing, untold }
    }

    fn feeding(
        &mut self,
        len: usize,
        push: impl FnMut(&mut Writer<W>) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        self.writer.feeding(len, push)
    }

    fn sending(
        &mut self,
        len: usize,
        push: impl FnMut(&mut Writer<W>) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        self.writer.sending(len, push)
    }

    fn trying(
        &mut self,
        push: impl FnOnce(&mut Writer<W>) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        push(&mut self.writer)
    }

    fn starting(&mut self, kind: MessageKind) -> Result<(), SendError> {
        self.writer.starting(kind)
    }

    /// Receives until the connection has ended.
    pub(super) async fn see_through(&mut self) -> Result<Ending, Error> {
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

/// The future of [`WebSocket::next`], written out: what an `async fn` does becomes a function of its
/// own, which hands events out through memory, and taking them from there costs more than receiving
/// a short message.
struct Next<'s, W: Wire> {
    /// Until the event is told.
    socket: Option<&'s mut WebSocket<W>>,
}

impl<'s, W: Wire> Next<'s, W> {
    const fn new(socket: &'s mut WebSocket<W>) -> Self {
        Self { socket: Some(socket) }
    }
}

impl<'s, W: Wire> Future for Next<'s, W> {
    type Output = Result<Option<(Event<'s>, &'s mut Writer<W>)>, Error>;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(socket) = self.socket.take() else { return Poll::Pending };
        match socket.receiving.poll_event(&mut socket.writer, cx) {
            Poll::Ready(Ok(true)) => {
                let WebSocket { receiving, writer } = socket;
                Poll::Ready(Ok(receiving.event().map(|event| (event, writer))))
            }
            Poll::Ready(Ok(false)) => Poll::Ready(Ok(None)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                self.socket = Some(socket);
                Poll::Pending
            }
        }
    }
}
