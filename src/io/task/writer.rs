//! The sending side of an asynchronous WebSocket.

use std::future::poll_fn;
use std::mem;
use std::task::{Context, Poll, ready};

use super::super::shutdown::WatchedConnection;
use super::vocabulary::vocabulary;
use super::wire::Held;
use super::{Error, Wire, contexts};
use crate::handshake::{Acceptance, Rejection};
use crate::{
    CloseCode, Connection, Message, MessageKind, Outgoing, Prepared, Role, SendError, Time,
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
    /// The stream wakes who waits for it, as the last write had to wait.
    pub(super) waits: bool,
    /// A write failed in passing, which nobody has been told yet.
    pub(super) fails: bool,
    /// Who sends now, and who has begun a message in fragments: senders of a split socket.
    pub(super) number: usize,
    pub(super) in_message: Option<usize>,
    /// Among the connections that end with a server.
    pub(super) member: Option<Box<WatchedConnection>>,
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
            waits: false,
            fails: false,
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
}
