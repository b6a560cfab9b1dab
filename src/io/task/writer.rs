//! The sending side of an asynchronous WebSocket.

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::mem;
use std::task::{Context, Poll, ready};

use super::super::pieces;
use super::super::shutdown::Member;
use super::vocabulary::vocabulary;
use super::wire::Held;
use super::{Error, Wire, contexts};
use crate::handshake::{Acceptance, Rejection};
use crate::{
    CloseCode, Connection, Incoming, Message, MessageKind, Outgoing, Prepared, Role, SendError,
    Time, Transport,
};

/// The sending side of a [`WebSocket`](super::WebSocket): usable while an event is held.
///
/// What is [fed](Self::feed_message) gathers, and leaves in one write when the socket next waits for input,
/// when it is [flushed](Self::flush) or dropped, or behind something that is [sent](Self::send_message).
#[derive(Debug)]
pub struct Writer<W: Wire> {
    pub(super) wire: Held<W>,
    pub(super) connection: Connection,
    pub(super) outgoing: Outgoing,
    /// When the last read brought something.
    pub(super) batch: Time,
    /// The position in the output up to which the stream holds nothing back.
    pub(super) flushed: u64,
    /// One that is waited for: behind it, the stream is made to let go of what it holds before more
    /// is written.
    pub(super) awaited: Option<u64>,
    /// Who sends now, and who has begun a message in fragments: senders of a split socket.
    pub(super) number: usize,
    in_message: Option<usize>,
    /// Among the connections that end with a server.
    pub(super) member: Option<Box<Member>>,
}

impl<W: Wire> Writer<W> {
    /// Before the socket is split.
    pub(super) const UNSPLIT: usize = 0;

    vocabulary!(self: &mut Self);

    /// Whether messages are compressed from the next on, where that was agreed on; see
    /// [`Connection::set_compression`].
    #[cfg(feature = "deflate")]
    pub fn set_compression(&mut self, enabled: bool) {
        self.connection.set_compression(enabled);
    }

    /// Begins the closing exchange; go on receiving until
    /// [`Event::Ended`](crate::Event::Ended). The Close frame leaves as after [`feed_message`](Self::feed_message).
    ///
    /// # Errors
    ///
    /// As for [`Connection::close`].
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        let now = self.wire.now();
        self.connection.close(now, code, reason, &mut self.outgoing)
    }

    /// Ends the connection without a word; see [`Connection::abort`].
    pub fn abort(&mut self) {
        self.connection.abort(&mut self.outgoing);
    }

    /// Waits until everything is written that was queued before.
    ///
    /// If the future is dropped, the rest is written by a later call.
    ///
    /// # Errors
    ///
    /// [`Error::NotWritten`] if the connection ended before, [`Error::Io`] if the stream fails in
    /// this call.
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// The protocol state.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// What did the handshake and what is to be written, behind one stream.
    pub(super) fn new(wire: W, connection: Connection, mut outgoing: Outgoing) -> Self {
        // Whoever had the stream before may have left something in it.
        outgoing.hold(true);
        Self {
            batch: wire.now(),
            wire: Held::new(wire),
            connection,
            outgoing,
            flushed: 0,
            awaited: None,
            number: Self::UNSPLIT,
            in_message: None,
            member: None,
        }
    }

    /// The connection and its output, to go on without the stream.
    pub(super) fn take_state(&mut self) -> (Connection, Outgoing) {
        let config = self.connection.shared_config();
        let none = Connection::established(Role::Server, None, config, Time::ZERO);
        (mem::replace(&mut self.connection, none), mem::take(&mut self.outgoing))
    }

    /// Answers a request. One that cannot be answered as decided, which is no fault of the client's,
    /// is answered with 500.
    pub(super) fn answer(&mut self, decision: Result<Acceptance, Rejection>) -> Result<(), Error> {
        let now = self.wire.now();
        let answered = match decision {
            Ok(acceptance) => self.connection.accept(now, &acceptance, &mut self.outgoing),
            Err(rejection) => self.connection.reject(now, &rejection, &mut self.outgoing),
        };
        answered.map_err(|error| {
            self.refuse(now);
            error.into()
        })
    }

    fn refuse(&mut self, now: Time) {
        // If it has not been given up meanwhile.
        let _ = Rejection::new(500)
            .and_then(|rejection| self.connection.reject(now, &rejection, &mut self.outgoing));
    }

    /// A future and not an `async fn`, to be no larger than what it sends: it is a part of tasks.
    pub(super) fn feeding(
        &mut self,
        _: usize,
        mut push: impl FnMut(&mut Self) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        poll_fn(move |cx| self.poll_feed(&mut push, cx))
    }

    pub(super) fn sending(
        &mut self,
        _: usize,
        mut push: impl FnMut(&mut Self) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        let mut position = None;
        poll_fn(move |cx| {
            let position = match position {
                Some(position) => position,
                None => {
                    ready!(self.poll_feed(&mut push, cx))?;
                    *position.insert(self.outgoing.end())
                }
            };
            self.poll_left(position, cx)
        })
    }

    pub(super) fn trying(
        &mut self,
        push: impl FnOnce(&mut Self) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        push(self)
    }

    pub(super) fn starting(&mut self, kind: MessageKind) -> Result<(), SendError> {
        self.connection.start_message(kind)?;
        self.in_message = Some(self.number);
        Ok(())
    }

    pub(super) const fn is_in_message(&self) -> bool {
        self.in_message.is_some()
    }

    /// Whether a message in fragments is of another sender.
    pub(super) fn is_others_turn(&self) -> bool {
        self.in_message.is_some_and(|number| number != self.number)
    }

    /// The sender is gone. A message in fragments of which a part has left cannot be taken back: the
    /// connection is closed then.
    pub(super) fn abandon_message(&mut self) {
        if self.in_message != Some(self.number) {
            return;
        }
        self.in_message = None;
        if !self.connection.cancel_message() {
            let _ = self.close(CloseCode::INTERNAL_ERROR, "unfinished message");
        }
    }

    /// Queues a message, after waiting for room if there is none.
    fn poll_feed(
        &mut self,
        push: &mut impl FnMut(&mut Self) -> Result<(), SendError>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        loop {
            contexts::lend(&mut self.connection);
            match push(self) {
                Err(SendError::Full) => ready!(self.poll_room(cx))?,
                result => return Poll::Ready(Ok(result?)),
            }
        }
    }

    /// Waits until all has left, pongs too.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while self.poll_write(cx)?.is_pending() && !self.is_drained() {
            ready!(self.poll_stuck(cx));
        }
        self.poll_left(self.outgoing.end(), cx)
    }

    /// Waits until a message would not be refused for want of room.
    pub(super) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while self.room().is_none()
            && self.connection.is_open()
            && self.poll_write(cx)?.is_pending()
        {
            ready!(self.poll_stuck(cx));
        }
        Poll::Ready(Ok(()))
    }

    /// Waits until all before a position has left, or never will.
    pub(super) fn poll_left(
        &mut self,
        position: u64,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        loop {
            let written = self.poll_write(cx)?;
            if let Some(fate) = self.fate(position) {
                // Nobody may be receiving, and turn idle.
                contexts::take_back(&mut self.connection);
                return Poll::Ready(fate);
            }
            if written.is_pending() {
                ready!(self.poll_stuck(cx));
            }
        }
    }

    /// What became of the output before a position, if that is known.
    fn fate(&self, position: u64) -> Option<Result<(), Error>> {
        if self.flushed >= position {
            Some(Ok(()))
        } else if self.is_drained() {
            Some(Err(Error::NotWritten(self.connection.how())))
        } else {
            None
        }
    }

    /// Whether nothing waits to leave any more.
    pub(super) fn is_drained(&self) -> bool {
        !self.outgoing.waits()
    }

    /// Whether all is said and written, and the stream is the peer's to end.
    pub(super) fn waits_for_end(&self) -> bool {
        self.is_drained() && self.connection.transport() == Transport::Keep
    }

    /// How many bytes the next messages may have; `None` if it has to wait.
    pub(super) fn room(&self) -> Option<usize> {
        self.connection.config().limits.output.checked_sub(self.outgoing.len())
    }

    /// The stream takes nothing. Ready if a deadline that is over has changed that; nobody may be
    /// receiving, who would show the connection that output waits.
    fn poll_stuck(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.pass_write_deadline();
        self.heed_cut(cx);
        if self.is_drained() {
            return Poll::Ready(());
        }
        self.wire.poll_until(cx, self.connection.poll_write_timeout())
    }

    /// Writes what can be written; a failure is met again, and told, by the next write.
    pub(super) fn write_in_passing(&mut self, cx: &mut Context<'_>) {
        while !self.outgoing.is_empty() {
            let (pieces, held) = pieces(&self.outgoing);
            match self.wire.poll_write(cx, &pieces[..held]) {
                Poll::Ready(Ok(len)) if len > 0 => self.wrote(len),
                Poll::Pending if self.lets_go(cx) => {}
                Poll::Ready(_) | Poll::Pending => return,
            }
        }
        // What the stream still holds back then leaves before the next wait.
        self.lets_go(cx);
    }

    /// Writes until all is written or the stream takes no more.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while !self.outgoing.is_empty() {
            if self.awaits_stream() {
                ready!(self.poll_hold(cx))?;
            }
            let (pieces, held) = pieces(&self.outgoing);
            let error = match self.wire.poll_write(cx, &pieces[..held]) {
                Poll::Ready(Ok(0)) => ErrorKind::WriteZero.into(),
                Poll::Ready(Ok(len)) => {
                    self.wrote(len);
                    continue;
                }
                Poll::Ready(Err(error)) => error,
                Poll::Pending if self.lets_go(cx) => continue,
                Poll::Pending => return Poll::Pending,
            };
            self.lets_go(cx);
            return Poll::Ready(self.failed(error));
        }
        if self.is_drained() {
            return Poll::Ready(Ok(()));
        }
        self.outgoing.shrink();
        self.poll_hold(cx)
    }

    /// Somebody waits for what was queued before a position to leave.
    pub(super) fn await_position(&mut self, position: u64) {
        self.awaited = Some(self.awaited.map_or(position, |at| at.min(position)));
    }

    /// Whether somebody waits for what the stream holds. Where others never cease to send, that
    /// would not leave its buffers by itself.
    fn awaits_stream(&self) -> bool {
        self.awaited.is_some_and(|at| self.flushed < at && at <= self.outgoing.left())
    }

    /// Has the stream let go of what it holds.
    fn poll_hold(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if let Err(error) = ready!(self.wire.poll_flush(cx)) {
            return Poll::Ready(self.failed(error));
        }
        self.let_go();
        Poll::Ready(Ok(()))
    }

    /// Whether the stream held something and let go of it at once. Then what had left by now did,
    /// whatever comes next; and who waits for the stream has to ask again, as some streams wake
    /// nobody for a write that waited when another has succeeded since.
    fn lets_go(&mut self, cx: &mut Context<'_>) -> bool {
        let lets_go =
            self.outgoing.is_held() && matches!(self.wire.poll_flush(cx), Poll::Ready(Ok(())));
        if lets_go {
            self.let_go();
        }
        lets_go
    }

    fn let_go(&mut self) {
        self.outgoing.hold(false);
        self.flushed = self.outgoing.left();
    }

    fn wrote(&mut self, len: usize) {
        self.outgoing.advance(len);
        self.outgoing.hold(true);
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
        self.give_up_held();
    }

    fn pass_write_deadline(&mut self) {
        let now = self.wire.now();
        self.connection.handle_write_timeout(now, &mut self.outgoing);
        self.give_up_held();
    }

    /// A stream that hangs holds up the end until the last deadline, and no longer.
    fn give_up_held(&mut self) {
        if self.is_over() {
            self.outgoing.hold(false);
        }
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
        self.outgoing.hold(false);
        let settled = self.connection.is_settled();
        self.connection.transport_failed(&mut self.outgoing);
        if settled { Ok(()) } else { Err(error.into()) }
    }
}

impl<W: Wire> Drop for Writer<W> {
    /// What was gathered leaves, as far as the stream takes it without waiting. What has come and
    /// was not read is read away, as TCP would else reset the connection, and drop what is on its
    /// way to the peer.
    fn drop(&mut self) {
        if self.connection.transport() != Transport::Close {
            W::poll_last(|cx| self.leave(cx));
        }
    }
}

impl<W: Wire> Writer<W> {
    fn leave(&mut self, cx: &mut Context<'_>) {
        if let Poll::Ready(Ok(())) = self.poll_write(cx) {
            let _ = self.wire.poll_shutdown(cx);
        }
        let mut unread = [0; 16 << 10];
        for _ in 0..256 {
            let Poll::Ready(Ok(1..)) = self.wire.poll_read(cx, &mut unread) else { return };
        }
    }
}

/// What the methods that send put into the output.
impl<W: Wire> Writer<W> {
    pub(super) fn push(&mut self, message: &Message) -> Result<(), SendError> {
        let now = self.wire.now();
        self.connection.send(now, message, &mut self.outgoing)
    }

    #[inline]
    pub(super) fn push_text(&mut self, text: &str) -> Result<(), SendError> {
        self.connection.send_text(text, &mut self.outgoing)
    }

    #[inline]
    pub(super) fn push_binary(&mut self, data: &[u8]) -> Result<(), SendError> {
        self.connection.send_binary(data, &mut self.outgoing)
    }

    pub(super) fn push_prepared(&mut self, message: &Prepared) -> Result<(), SendError> {
        self.connection.send_prepared(message, &mut self.outgoing)
    }

    pub(super) fn push_ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.connection.ping(payload, &mut self.outgoing)
    }

    pub(super) fn push_fragment(&mut self, data: &[u8]) -> Result<(), SendError> {
        self.check_turn()?;
        self.connection.send_fragment(data, &mut self.outgoing)
    }

    pub(super) fn push_last_fragment(&mut self, data: &[u8]) -> Result<(), SendError> {
        self.check_turn()?;
        self.connection.finish_message(data, &mut self.outgoing)?;
        self.in_message = None;
        Ok(())
    }

    const fn check_turn(&self) -> Result<(), SendError> {
        match self.in_message {
            Some(number) if number != self.number => Err(SendError::NoMessageUnderWay),
            Some(_) | None => Ok(()),
        }
    }

    /// A message that finds room, as it was promised.
    #[cfg(feature = "futures")]
    pub(super) fn push_promised(&mut self, message: &Message) -> Result<(), SendError> {
        let (now, connection) = (self.wire.now(), &mut self.connection);
        self.outgoing.keep_promise(|outgoing| connection.send(now, message, outgoing))
    }
}
