//! The sending side of an asynchronous WebSocket.

use std::future::poll_fn;
use std::mem;
use std::task::{Context, Poll, ready};

use super::super::answer::answer;
use super::super::shutdown::WatchedConnection;
use super::super::trace::ConnectionTrace;
use super::sending_methods::sending_methods;
use super::wire::WireSlot;
use super::{Error, Wire, contexts};
use crate::handshake::{Acceptance, Rejection};
use crate::{
    CloseCode, Connection, Ending, Message, MessageKind, Outgoing, Prepared, Role, SendError, Time,
};

/// The sending side of a [`WebSocket`](super::WebSocket): usable while an event is held.
///
/// Messages that are [fed](Self::feed_message) are queued. They are written in one write when the
/// socket next waits for input, when it is [flushed](Self::flush) or dropped, or together with a
/// message that is [sent](Self::send_message) later.
#[derive(Debug)]
pub struct Writer<W: Wire> {
    pub(super) wire: WireSlot<W>,
    pub(super) connection: Connection,
    pub(super) outgoing: Outgoing,
    /// The time of the last read that brought something.
    pub(super) read_at: Time,
    /// Everything before this position in the output is written, and no longer in the buffers of
    /// the stream.
    pub(super) flushed: u64,
    /// The first position that somebody waits for. When the output before it has been written, the
    /// stream is flushed before more is written.
    pub(super) awaited_position: Option<u64>,
    /// The last write had to wait, so the stream wakes whoever waits for it.
    pub(super) stream_wakes: bool,
    /// A write failed in [`try_write`](Self::try_write), and this was not reported yet.
    pub(super) has_unreported_failure: bool,
    /// The id of the sender that sends now: a split socket has several.
    pub(super) current_sender: usize,
    /// The id of the sender that has begun a message in fragments and not finished it.
    pub(super) message_owner: Option<usize>,
    /// How the connection ended, when it has.
    pub(super) ending: Option<Box<Ending>>,
    /// The connection's part in a [`GracefulShutdown`](super::GracefulShutdown) that watches it.
    pub(super) shutdown_watch: Option<Box<WatchedConnection>>,
    pub(super) trace: ConnectionTrace,
}

impl<W: Wire> Writer<W> {
    /// The id of the first sender, and of the only one before the socket is split.
    pub(super) const FIRST_SENDER: usize = 0;

    sending_methods!(self: &mut Self);

    /// Sets whether messages are compressed from the next one on, if compression was agreed on; see
    /// [`Connection::set_compression`].
    #[cfg(feature = "deflate")]
    pub fn set_compression(&mut self, enabled: bool) {
        self.connection.set_compression(enabled);
    }

    /// Begins the closing exchange; go on receiving until [`Event::Ended`](crate::Event::Ended).
    /// The Close frame is queued like a message that is [fed](Self::feed_message).
    ///
    /// # Errors
    ///
    /// As for [`Connection::start_close`].
    pub fn start_close(&mut self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        let now = self.wire.now();
        self.connection.start_close(now, code, reason, &mut self.outgoing)
    }

    /// Ends the connection without a Close frame; see [`Connection::abort`].
    pub fn abort(&mut self) {
        self.connection.abort(&mut self.outgoing);
    }

    /// Waits until everything that was queued before is written.
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

    /// A writer over a stream, for a connection and the output that it has queued.
    pub(super) fn new(wire: W, connection: Connection, mut outgoing: Outgoing) -> Self {
        // The buffers of the stream may still hold something from whoever had it before.
        outgoing.set_held(true);
        Self {
            read_at: wire.now(),
            wire: WireSlot::new(wire),
            trace: ConnectionTrace::new(&connection),
            connection,
            outgoing,
            flushed: 0,
            awaited_position: None,
            stream_wakes: false,
            has_unreported_failure: false,
            current_sender: Self::FIRST_SENDER,
            message_owner: None,
            ending: None,
            shutdown_watch: None,
        }
    }

    /// Takes the connection and its output out, and puts empty ones in their places.
    pub(super) fn take_state(&mut self) -> (Connection, Outgoing) {
        self.trace.forget();
        let config = self.connection.shared_config();
        let none = Connection::established(Role::Server, None, config, Time::ZERO);
        (mem::replace(&mut self.connection, none), mem::take(&mut self.outgoing))
    }

    /// Answers a request as `decision` says.
    pub(super) fn answer(&mut self, decision: Result<Acceptance, Rejection>) -> Result<(), Error> {
        let now = self.wire.now();
        let rejected = |status| self.trace.note_rejected(status);
        Ok(answer(&mut self.connection, now, decision, &mut self.outgoing, rejected)?)
    }

    /// Queues a message once there is room. This returns a future and is not an `async fn`, so that
    /// the future is no larger than what it holds: tasks contain it.
    pub(super) fn feed_with(
        &mut self,
        _: usize,
        mut queue: impl FnMut(&mut Self) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        poll_fn(move |cx| self.poll_feed(&mut queue, cx))
    }

    /// Queues a message once there is room, and waits until it is written.
    pub(super) fn send_with(
        &mut self,
        _: usize,
        mut queue: impl FnMut(&mut Self) -> Result<(), SendError>,
    ) -> impl Future<Output = Result<(), Error>> {
        let mut position = None;
        poll_fn(move |cx| {
            let position = match position {
                Some(position) => position,
                None => {
                    ready!(self.poll_feed(&mut queue, cx))?;
                    *position.insert(self.outgoing.queued_position())
                }
            };
            self.poll_until_flushed(position, cx)
        })
    }

    /// Queues a message if there is room now.
    pub(super) fn try_send_with(
        &mut self,
        queue: impl FnOnce(&mut Self) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        queue(self)
    }

    /// Begins a message in fragments, which belongs to the current sender.
    pub(super) fn begin_message(&mut self, kind: MessageKind) -> Result<(), SendError> {
        self.connection.start_message(kind)?;
        self.message_owner = Some(self.current_sender);
        Ok(())
    }

    /// Queues a message, after waiting for room if there is none.
    fn poll_feed(
        &mut self,
        queue: &mut impl FnMut(&mut Self) -> Result<(), SendError>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        loop {
            contexts::lend(&mut self.connection);
            match queue(self) {
                Err(SendError::Full) => ready!(self.poll_room(cx))?,
                result => return Poll::Ready(Ok(result?)),
            }
        }
    }
}
