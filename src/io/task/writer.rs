//! The sending side of an asynchronous WebSocket.

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::task::{Context, Poll, ready};

use super::super::pieces;
use super::super::shutdown::Member;
use super::{Error, Wire, contexts};
use crate::handshake::{Acceptance, Rejection};
use crate::{
    CloseCode, Connection, Incoming, MessageKind, Outgoing, Prepared, SendError, Time, Transport,
};

/// The sending side of a [`WebSocket`](super::WebSocket): usable while an event is held.
///
/// What is sent here gathers, and leaves in one write when the socket next waits for input or when
/// it is [flushed](Self::flush). When [`Limits::output`](crate::Limits::output) is reached,
/// sending waits until the peer has taken some, or a deadline has ended the connection.
#[derive(Debug)]
pub struct Writer<W> {
    pub(super) wire: W,
    pub(super) connection: Connection,
    pub(super) outgoing: Outgoing,
    /// When the last read brought something.
    pub(super) batch: Time,
    /// The stream may hold back what it took.
    pub(super) unflushed: bool,
    /// Among the connections that end with a server.
    pub(super) member: Option<Box<Member>>,
}

impl<W: Wire> Writer<W> {
    /// Sends a text message.
    ///
    /// If the future is dropped, the message was not taken.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if it cannot be sent now, [`Error::Io`] if output had to be written first
    /// and could not.
    pub fn send_text(&mut self, text: &str) -> impl Future<Output = Result<(), Error>> {
        self.sending(move |connection, outgoing| connection.send_text(text, outgoing))
    }

    /// Sends a binary message.
    ///
    /// If the future is dropped, the message was not taken.
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text).
    pub fn send_binary(&mut self, data: &[u8]) -> impl Future<Output = Result<(), Error>> {
        self.sending(move |connection, outgoing| connection.send_binary(data, outgoing))
    }

    /// Sends a message that was encoded before; see [`Prepared`].
    ///
    /// If the future is dropped, the message was not taken.
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text).
    pub fn send_prepared(&mut self, message: &Prepared) -> impl Future<Output = Result<(), Error>> {
        self.sending(move |connection, outgoing| connection.send_prepared(message, outgoing))
    }

    /// Sends a text message if there is room for it now.
    ///
    /// ```
    /// use websocket_proto::SendError;
    /// use websocket_proto::io::task::{Wire, Writer};
    ///
    /// /// A peer that is slow gets the next one.
    /// fn offer<W: Wire>(news: &str, writer: &mut Writer<W>) -> Result<(), SendError> {
    ///     match writer.try_send_text(news) {
    ///         Err(SendError::Full) => Ok(()),
    ///         result => result,
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError::Full`] if not, and as for [`Connection::send_text`].
    pub fn try_send_text(&mut self, text: &str) -> Result<(), SendError> {
        self.connection.send_text(text, &mut self.outgoing)
    }

    /// Sends a binary message if there is room for it now.
    ///
    /// # Errors
    ///
    /// [`SendError::Full`] if not, and as for [`Connection::send_binary`].
    pub fn try_send_binary(&mut self, data: &[u8]) -> Result<(), SendError> {
        self.connection.send_binary(data, &mut self.outgoing)
    }

    /// Starts a message in fragments; see [`Connection::start_message`].
    ///
    /// ```
    /// use websocket_proto::MessageKind;
    /// use websocket_proto::io::{Error, task::{Wire, Writer}};
    ///
    /// async fn send<W: Wire>(lines: &[&str], writer: &mut Writer<W>) -> Result<(), Error> {
    ///     writer.start_message(MessageKind::Text)?;
    ///     for line in lines {
    ///         writer.send_fragment(line.as_bytes()).await?;
    ///     }
    ///     writer.finish_message(b"").await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Connection::start_message`].
    pub fn start_message(&mut self, kind: MessageKind) -> Result<(), Error> {
        Ok(self.connection.start_message(kind)?)
    }

    /// Sends the next fragment; see [`Connection::send_fragment`].
    ///
    /// If the future is dropped, the fragment was not taken.
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text).
    pub fn send_fragment(&mut self, data: &[u8]) -> impl Future<Output = Result<(), Error>> {
        self.sending(move |connection, outgoing| connection.send_fragment(data, outgoing))
    }

    /// Sends the last fragment; see [`Connection::finish_message`].
    ///
    /// If the future is dropped, the fragment was not taken.
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text).
    pub fn finish_message(&mut self, data: &[u8]) -> impl Future<Output = Result<(), Error>> {
        self.sending(move |connection, outgoing| connection.finish_message(data, outgoing))
    }

    /// Sends a ping with at most 125 bytes.
    ///
    /// If the future is dropped, the ping was not taken.
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text).
    pub fn ping(&mut self, payload: &[u8]) -> impl Future<Output = Result<(), Error>> {
        self.sending(move |connection, outgoing| connection.ping(payload, outgoing))
    }

    /// Whether messages are compressed from the next on, where that was agreed on; see
    /// [`Connection::set_compression`].
    #[cfg(feature = "deflate")]
    pub fn set_compression(&mut self, enabled: bool) {
        self.connection.set_compression(enabled);
    }

    /// Begins the closing exchange; go on receiving until
    /// [`Event::Ended`](crate::Event::Ended).
    ///
    /// # Errors
    ///
    /// As for [`Connection::close`].
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        let now = self.wire.now();
        Ok(self.connection.close(now, code, reason, &mut self.outgoing)?)
    }

    /// Ends the connection without a word; see [`Connection::abort`].
    pub fn abort(&mut self) {
        self.connection.abort(&mut self.outgoing);
    }

    /// Waits until everything is written, or a deadline has ended the connection.
    ///
    /// If the future is dropped, the rest is written by a later call.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// The protocol state.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn answer(&mut self, decision: Result<Acceptance, Rejection>) -> Result<(), Error> {
        let now = self.wire.now();
        match decision {
            Ok(acceptance) => self.connection.accept(now, &acceptance, &mut self.outgoing)?,
            Err(rejection) => self.connection.reject(now, &rejection, &mut self.outgoing)?,
        }
        Ok(())
    }

    /// A future and not an `async fn`, to be no larger than what it sends: it is a part of tasks.
    fn sending(
        &mut self,
        mut send: impl FnMut(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        poll_fn(move |cx| self.poll_send(&mut send, cx))
    }

    /// Sends, after waiting for room if there is none.
    pub(super) fn poll_send(
        &mut self,
        send: &mut impl FnMut(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        contexts::lend(&mut self.connection);
        loop {
            match send(&mut self.connection, &mut self.outgoing) {
                Err(SendError::Full) => ready!(self.poll_flush(cx))?,
                result => return Poll::Ready(Ok(result?)),
            }
        }
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.poll_flush_to(u64::MAX, cx))?;
        // Nobody may be receiving, and turn idle.
        contexts::take_back(&mut self.connection);
        Poll::Ready(Ok(()))
    }

    /// Writes until so many bytes have been written in all, or there are no more.
    pub(super) fn poll_flush_to(
        &mut self,
        target: u64,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        while self.poll_write(cx)?.is_pending()
            && (self.outgoing.written() < target || self.unflushed)
        {
            // Nobody may be receiving, which would show the connection that output waits.
            self.pass_write_deadline();
            self.heed_cut(cx);
            if self.unflushed || !self.outgoing.is_empty() {
                ready!(self.wire.poll_until(cx, self.connection.poll_write_timeout()));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Writes what can be written; a failure is met again, and told, by the next write.
    pub(super) fn write_in_passing(&mut self, cx: &mut Context<'_>) {
        while !self.outgoing.is_empty() {
            let (pieces, held) = pieces(&self.outgoing);
            match self.wire.poll_write(cx, &pieces[..held]) {
                Poll::Ready(Ok(len)) if len > 0 => self.wrote(len),
                Poll::Ready(_) | Poll::Pending => return,
            }
        }
        // What the stream still holds back then leaves before the next wait.
        if let Poll::Ready(Ok(())) = self.wire.poll_flush(cx) {
            self.unflushed = false;
        }
    }

    /// Writes until all is written or the stream takes no more.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while !self.outgoing.is_empty() {
            let (pieces, held) = pieces(&self.outgoing);
            match ready!(self.wire.poll_write(cx, &pieces[..held])) {
                Ok(0) => return Poll::Ready(self.failed(ErrorKind::WriteZero.into())),
                Ok(len) => self.wrote(len),
                Err(error) => return Poll::Ready(self.failed(error)),
            }
        }
        if !self.unflushed {
            return Poll::Ready(Ok(()));
        }
        self.outgoing.shrink();
        let flushed = ready!(self.wire.poll_flush(cx));
        self.unflushed = false;
        Poll::Ready(flushed.or_else(|error| self.failed(error)))
    }

    fn wrote(&mut self, len: usize) {
        self.outgoing.advance(len);
        self.unflushed = true;
    }

    /// Everything is written; ends the writing direction if it is time to.
    pub(super) fn poll_half_close(&mut self, cx: &mut Context<'_>) {
        if self.connection.transport() == Transport::ShutdownWrite {
            // Fails only if the stream has ended, which reading tells.
            let _ = self.wire.poll_shutdown(cx);
        }
    }

    /// The connection has ended: what is left of the output is written if it can be, and the
    /// stream is shut down, unless it hangs until the last deadline.
    pub(super) fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let _ = ready!(self.poll_flush(cx));
        while self.wire.poll_shutdown(cx).is_pending() {
            self.heed_cut(cx);
            if self.is_over() {
                break;
            }
            ready!(self.wire.poll_until(cx, self.connection.poll_write_timeout()));
            self.pass_write_deadline();
        }
        Poll::Ready(())
    }

    /// Ready after a deadline has passed and done what it does.
    pub(super) fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        ready!(self.wire.poll_until(cx, self.connection.poll_timeout()));
        self.pass_deadline();
        Poll::Ready(())
    }

    /// Whether a deadline had passed when the last read brought something.
    pub(super) fn is_due(&self) -> bool {
        self.connection.poll_timeout().is_some_and(|at| at <= self.batch)
    }

    pub(super) fn pass_deadline(&mut self) {
        let now = self.wire.now();
        self.connection.handle_timeout(now, &mut self.outgoing);
        // A stream that hangs holds up the end until the last deadline, and no longer.
        self.unflushed &= !self.is_over();
    }

    fn pass_write_deadline(&mut self) {
        let now = self.wire.now();
        self.connection.handle_write_timeout(now, &mut self.outgoing);
        self.unflushed &= !self.is_over();
    }

    /// Whether the connection has ended, and the time for what it leaves behind has too.
    fn is_over(&self) -> bool {
        self.connection.transport() == Transport::Close && self.connection.poll_timeout().is_none()
    }

    /// The time to receive at: that of the read while its bytes are being received, one look at
    /// the clock for all of them. Behind them it is now, as handling them may have taken long.
    pub(super) fn time_of(&self, incoming: &Incoming) -> Time {
        if incoming.is_used_up() { self.wire.now() } else { self.batch }
    }

    /// A failure of the stream is an error while it matters; once all is said it is an end.
    pub(super) fn failed(&mut self, error: io::Error) -> Result<(), Error> {
        // What the stream holds back is given up: the failure is told once.
        self.unflushed = false;
        let settled = self.connection.is_settled();
        self.connection.transport_failed(&mut self.outgoing);
        if settled { Ok(()) } else { Err(error.into()) }
    }
}
