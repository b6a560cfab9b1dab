//! The sending side of a blocking WebSocket, and what it does with the stream.

use std::io::{self, ErrorKind};
use std::net::Shutdown;

use super::super::Error;
use super::super::answer::answer;
use super::super::shutdown::WatchedConnection;
use super::super::trace::ConnectionTrace;
use super::sending_methods::sending_methods;
use super::stream::Stream;
use super::wire::{Outcome, Wire};
use crate::handshake::{Acceptance, AnswerError, Rejection};
use crate::{CloseCode, Connection, Ending, Incoming, Outgoing, SendError, Time, Transport};

/// The sending side of a [`WebSocket`](super::WebSocket): usable while an event is held.
///
/// `send_*` writes, `feed_*` queues, `try_*` never waits: [Sending](super#sending) has the
/// differences.
#[derive(Debug)]
pub struct Writer<S: Stream> {
    pub(super) wire: Wire<S>,
    pub(super) connection: Connection,
    pub(super) outgoing: Outgoing,
    /// The connection's part in a [`GracefulShutdown`](super::GracefulShutdown) that watches it.
    pub(super) shutdown_watch: Option<Box<WatchedConnection>>,
    /// How the connection has ended.
    pub(super) ending: Option<Box<Ending>>,
    pub(super) trace: ConnectionTrace,
}

impl<S: Stream> Writer<S> {
    sending_methods!(self: &mut Self);

    /// Begins the closing exchange; go on receiving until [`Event::Ended`](crate::Event::Ended).
    /// This waits until the Close frame, and everything that was queued before it, is written.
    ///
    /// # Errors
    ///
    /// As for [`send_message`](Self::send_message).
    pub fn start_close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.feed_close(code, reason)?;
        self.flush_output()
    }

    /// The protocol state.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The stream. Its timeouts are the adapter's, which sets them anew as it needs them.
    pub fn stream(&self) -> &S {
        self.wire.stream()
    }

    /// How the connection has ended, as soon as that is known: at the latest when
    /// [`Event::Ended`](crate::Event::Ended) has been received.
    pub fn ending(&self) -> Option<&Ending> {
        self.ending.as_deref()
    }

    /// How many messages have not left; see [`WebSocket::unsent`](super::WebSocket::unsent).
    pub fn unsent(&self) -> u64 {
        self.outgoing.unsent_messages()
    }

    #[expect(clippy::unnecessary_wraps, reason = "a client that connects again may have none")]
    fn current_writer(&mut self) -> Result<&mut Self, SendError> {
        Ok(self)
    }

    /// Begins the closing exchange without waiting until the Close frame is written.
    pub(super) fn feed_close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        let now = self.now();
        self.feed_with(|connection, outgoing| connection.start_close(now, code, reason, outgoing))
    }

    /// Waits until everything that is queued is written.
    pub(super) fn flush_output(&mut self) -> Result<(), Error> {
        let end = self.outgoing.queued_position();
        self.write_until(None)?;
        if self.outgoing.taken_position() < end || self.wire.has_given_up_output() {
            return Err(Error::NotWritten(self.connection.end_cause()));
        }
        Ok(())
    }

    /// Writes until everything is written, or a deadline has ended the connection. Returns `false`
    /// if `wait_until` came before that.
    fn write_until(&mut self, wait_until: Option<Time>) -> Result<bool, Error> {
        while !self.is_drained() {
            match self.write_once(wait_until) {
                Ok(Outcome::Waited) if has_come(wait_until, self.wire.now()) => return Ok(false),
                Ok(_) => {}
                Err(error) => self.handle_failure(error)?,
            }
        }
        Ok(true)
    }

    /// Writes what is queued, as far as the stream takes it without waiting. A failure is not
    /// reported here: the next write meets it again and reports it.
    pub(super) fn write_available(&mut self) {
        while !self.is_drained()
            && matches!(self.write_once(Some(self.wire.now())), Ok(Outcome::Moved))
        {}
    }

    /// Writes once. If more is still to be written, this looks at the deadlines and at the server's
    /// shutdown, even when something was written: a slow reader must hold up neither.
    fn write_once(&mut self, wait_until: Option<Time>) -> io::Result<Outcome> {
        let deadline = earlier(self.connection.poll_write_timeout(), wait_until);
        let until = self.or_shutdown_check(deadline);
        let outcome = self.wire.write(&mut self.outgoing, until)?;
        if !self.is_drained() {
            self.handle_write_deadline(outcome, until);
            self.obey_abort();
            if self.owes_nothing() && self.outgoing.is_empty() {
                self.wire.give_up_held();
            }
        }
        Ok(outcome)
    }

    fn handle_write_deadline(&mut self, outcome: Outcome, until: Option<Time>) {
        let (connection, outgoing) = (&mut self.connection, &mut self.outgoing);
        if outcome == Outcome::Waited {
            // Nothing was written since the write began.
            connection.handle_write_timeout(self.wire.started(), outgoing);
        } else if outgoing.is_empty() {
            // The stream wrote some of what was in its buffers, so the deadline for that begins anew.
            outgoing.set_held(false);
            connection.handle_write_timeout(self.wire.started(), outgoing);
            outgoing.set_held(true);
        }
        connection.handle_write_timeout(self.wire.time_after_wait(until), outgoing);
    }

    fn is_drained(&self) -> bool {
        self.wire.is_drained(&self.outgoing)
    }

    /// Whether nothing is owed to the peer: after the end, an abort or a failure of the stream.
    pub(super) fn owes_nothing(&self) -> bool {
        self.connection.transport() == Transport::Close
    }

    /// Answers a request as `decision` says.
    pub(super) fn answer(
        &mut self,
        decision: Result<Acceptance, Rejection>,
    ) -> Result<(), AnswerError> {
        let now = self.wire.now();
        let rejected = |status| self.trace.note_rejected(status);
        answer(&mut self.connection, now, decision, &mut self.outgoing, rejected)
    }

    /// Writes what is queued, does what else the connection wants of the stream, and reads once.
    /// Returns `false` if `wait_until` came before something was read.
    pub(super) fn do_io_once(
        &mut self,
        incoming: &mut Incoming,
        wait_until: Option<Time>,
    ) -> Result<bool, Error> {
        // Everything that had arrived by the time of the last read has been received, so a deadline
        // that had passed by then is handled: a peer that never pauses must not hold up a deadline.
        let read_at = self.wire.read_at();
        if has_come(self.connection.poll_timeout(), read_at) {
            self.connection.handle_timeout(read_at, &mut self.outgoing);
            return Ok(true);
        }
        if has_come(wait_until, read_at) {
            return Ok(false);
        }
        self.obey_shutdown();
        if !self.write_until(wait_until)? {
            return Ok(false);
        }
        match self.connection.transport() {
            // A deadline has passed during the write, so nothing that is read now would count.
            Transport::Close => return Ok(true),
            Transport::Keep => {}
            // This fails only if it was done before, or the stream has ended, which reading
            // reports.
            Transport::ShutdownWrite => drop(self.wire.stream_mut().shutdown(Shutdown::Write)),
        }
        self.read_once(incoming, wait_until)
    }

    fn read_once(
        &mut self,
        incoming: &mut Incoming,
        wait_until: Option<Time>,
    ) -> Result<bool, Error> {
        let until = self.or_shutdown_check(earlier(self.connection.poll_timeout(), wait_until));
        match self.wire.read(incoming, until) {
            Ok(Outcome::Moved) => {}
            Ok(Outcome::Eof) => self.connection.receive_eof(),
            // Deadlines are handled only now that there is no input to read.
            Ok(Outcome::Waited) => {
                let now = self.wire.time_after_wait(until);
                self.connection.handle_timeout(now, &mut self.outgoing);
                return Ok(!has_come(wait_until, now));
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                self.connection.receive_uncertain_eof()
            }
            Err(error) => self.handle_failure(error)?,
        }
        Ok(true)
    }

    /// Whether it is settled how the connection ends, and the peer has to end the stream. There may
    /// be output that is still to be written.
    pub(super) fn peer_ends_stream(&self) -> bool {
        self.connection.is_settled() && self.connection.transport() == Transport::Keep
    }

    /// Writes what is queued, and reads once what has already arrived. Returns `false` if nothing
    /// has arrived.
    pub(super) fn read_available(&mut self, incoming: &mut Incoming) -> Result<bool, Error> {
        self.write_until(None)?;
        if !self.wire.stream().has_timeouts() {
            return Ok(false);
        }
        match self.do_io_once(incoming, Some(self.wire.now())) {
            Err(error) if would_block(&error) => Ok(false),
            result => result,
        }
    }

    /// Ends the stream of a connection that has ended: writes the remaining output if it can be
    /// written, and shuts down the stream.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        self.write_until(None)?;
        let _ = self.wire.stream_mut().shutdown(Shutdown::Both);
        Ok(())
    }

    /// Informs the connection that the stream failed. This is an error, unless it was settled
    /// before how the connection ends; then it is an end like others.
    pub(super) fn handle_failure(&mut self, error: io::Error) -> Result<(), Error> {
        if error.kind() == ErrorKind::WouldBlock {
            return Err(error.into());
        }
        let settled = self.connection.is_settled();
        self.connection.handle_transport_failure(&mut self.outgoing);
        self.wire.give_up_held();
        if settled { Ok(()) } else { Err(error.into()) }
    }
}

/// The earlier of two moments.
pub(super) fn earlier(one: Option<Time>, other: Option<Time>) -> Option<Time> {
    one.into_iter().chain(other).min()
}

/// Whether a moment has come, if there is one.
pub(super) fn has_come(moment: Option<Time>, now: Time) -> bool {
    moment.is_some_and(|moment| moment <= now)
}

pub(super) fn would_block(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == ErrorKind::WouldBlock)
}
