//! The sending side of a blocking WebSocket, and what it does with the stream.

use std::io::{self, ErrorKind};
use std::net::Shutdown;

use super::super::Error;
use super::super::shutdown::WatchedConnection;
use super::sending_methods::sending_methods;
use super::stream::Stream;
use super::wire::{Outcome, Wire};
use crate::handshake::{Acceptance, AnswerError, Rejection};
use crate::{CloseCode, Connection, Incoming, Outgoing, SendError, Time, Transport};

/// The sending side of a [`WebSocket`](super::WebSocket), which can be used while an event is held.
///
/// `send_*` writes, `feed_*` queues, `try_*` never waits: [Sending](super#sending) has the
/// differences.
#[derive(Debug)]
pub struct Writer<S: Stream> {
    pub(super) wire: Wire<S>,
    pub(super) connection: Connection,
    pub(super) outgoing: Outgoing,
    /// What the connection knows of the server that watches it, until it has ended.
    pub(super) shutdown_watch: Option<Box<WatchedConnection>>,
}

impl<S: Stream> Writer<S> {
    sending_methods!();

    /// Begins the closing exchange: writes what was sent before and the Close frame. Go on
    /// receiving until [`Event::Ended`](crate::Event::Ended).
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text).
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        let now = self.wire.now();
        self.send_with(|connection, outgoing| connection.close(now, code, reason, outgoing))
    }

    /// The protocol state.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The stream. Its timeouts are the adapter's, which sets them anew as it needs them.
    pub fn stream(&self) -> &S {
        self.wire.stream()
    }

    #[expect(clippy::unnecessary_wraps, reason = "a client that connects again may have none")]
    fn sender(&mut self) -> Result<&mut Self, SendError> {
        Ok(self)
    }

    /// Queues what `send` sends, and waits until all is written.
    pub(super) fn send_with(
        &mut self,
        send: impl FnMut(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        self.feed_with(send)?;
        self.write_all()
    }

    /// Queues what `send` sends, after making room if there is none.
    pub(super) fn feed_with(
        &mut self,
        mut send: impl FnMut(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        match send(&mut self.connection, &mut self.outgoing) {
            Err(SendError::Full) => {
                // `WouldBlock` would say that the message was queued, which this one was not.
                let full = |error| if would_block(&error) { SendError::Full.into() } else { error };
                self.write_all().map_err(full)?;
                Ok(send(&mut self.connection, &mut self.outgoing)?)
            }
            result => Ok(result?),
        }
    }

    /// Writes all that is queued. An error says that not all of it was written.
    pub(super) fn write_all(&mut self) -> Result<(), Error> {
        let end = self.outgoing.queued_position();
        self.write_until(None)?;
        if self.outgoing.taken_position() < end || self.wire.has_given_up_output() {
            return Err(Error::NotWritten(self.connection.end_cause()));
        }
        Ok(())
    }

    /// Writes until all is written, or a deadline has ended the connection. Returns `false` if
    /// `wait_until` came before that.
    fn write_until(&mut self, wait_until: Option<Time>) -> Result<bool, Error> {
        while !self.has_written_all() {
            match self.write_once(wait_until) {
                Ok(Outcome::Waited) if has_come(wait_until, self.wire.now()) => return Ok(false),
                Ok(_) => {}
                Err(error) => self.handle_failure(error)?,
            }
        }
        Ok(true)
    }

    /// Writes what can be written without waiting. The next write fails as this one did, and
    /// reports it.
    pub(super) fn try_flush(&mut self) {
        while !self.has_written_all() && matches!(self.write_once(None), Ok(Outcome::Moved)) {}
    }

    /// Writes once. If that was not all, this looks at deadlines and at the server's shutdown, also
    /// when something was written: a slow reader must hold up neither.
    fn write_once(&mut self, wait_until: Option<Time>) -> io::Result<Outcome> {
        let deadline = earlier(self.connection.poll_write_timeout(), wait_until);
        let until = self.or_shutdown_check(deadline);
        let outcome = self.wire.write(&mut self.outgoing, until)?;
        if !self.has_written_all() {
            self.handle_write_deadlines(outcome, until);
            self.obey_abort();
            if self.owes_nothing() && self.outgoing.is_empty() {
                self.wire.give_up_held_back();
            }
        }
        Ok(outcome)
    }

    fn handle_write_deadlines(&mut self, outcome: Outcome, until: Option<Time>) {
        let (connection, outgoing) = (&mut self.connection, &mut self.outgoing);
        if outcome == Outcome::Waited {
            // Nothing was written since then.
            connection.handle_write_timeout(self.wire.started(), outgoing);
        } else if outgoing.is_empty() {
            // The stream wrote some of what it held back, so the deadline for that begins anew.
            outgoing.set_held(false);
            connection.handle_write_timeout(self.wire.started(), outgoing);
            outgoing.set_held(true);
        }
        connection.handle_write_timeout(self.wire.time_after_wait(until), outgoing);
    }

    fn has_written_all(&self) -> bool {
        self.wire.has_written_all(&self.outgoing)
    }

    /// Whether nothing is owed to the peer: after the end, an abort or a failure of the stream.
    pub(super) fn owes_nothing(&self) -> bool {
        self.connection.transport() == Transport::Close
    }

    /// Answers a request. One that cannot be answered as decided is answered with 500, as that is
    /// an error of the server.
    pub(super) fn answer(
        &mut self,
        decision: Result<Acceptance, Rejection>,
    ) -> Result<(), AnswerError> {
        let (now, outgoing) = (self.wire.now(), &mut self.outgoing);
        match decision {
            Ok(acceptance) => {
                self.connection.accept(now, &acceptance, outgoing).inspect_err(|_| {
                    let failure = Rejection::new(500);
                    // Fails only if nobody is left to answer.
                    let _ = failure.map(|it| self.connection.reject(now, &it, outgoing));
                })
            }
            Err(rejection) => self.connection.reject(now, &rejection, outgoing),
        }
    }

    /// Writes what is queued, does what the connection wants of the stream, and reads once. Returns
    /// `false` if `wait_until` came before something was read.
    pub(super) fn do_io_once(
        &mut self,
        incoming: &mut Incoming,
        wait_until: Option<Time>,
    ) -> Result<bool, Error> {
        // What had come by the time of the last read has been received, so a deadline that had
        // passed by then is handled: a peer that never pauses must hold up no deadline.
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
            // A deadline passed while this wrote: nothing that is read now would count.
            Transport::Close => return Ok(true),
            Transport::Keep => {}
            // Fails only if it was done before or the stream has ended, which reading will show.
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

    /// Whether nothing is left to do but to wait until the peer ends the stream.
    pub(super) fn awaits_peer_end(&self) -> bool {
        self.connection.is_settled() && self.connection.transport() == Transport::Keep
    }

    /// Writes what is queued, and reads once what has already arrived. Returns `false` if nothing
    /// has.
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

    /// Finishes with the stream after the connection has ended: writes what is queued, as far as
    /// the stream still takes it, and shuts the stream down.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        self.write_until(None)?;
        let _ = self.wire.stream_mut().shutdown(Shutdown::Both);
        self.shutdown_watch = None;
        Ok(())
    }

    /// Handles a failure of the stream. It is an error unless it is settled how the connection
    /// ends; then the stream has just ended.
    fn handle_failure(&mut self, error: io::Error) -> Result<(), Error> {
        if error.kind() == ErrorKind::WouldBlock {
            return Err(error.into());
        }
        self.wire.give_up_held_back();
        let settled = self.connection.is_settled();
        self.connection.handle_transport_failure(&mut self.outgoing);
        if settled { Ok(()) } else { Err(error.into()) }
    }
}

/// The earlier of two moments.
fn earlier(one: Option<Time>, other: Option<Time>) -> Option<Time> {
    one.into_iter().chain(other).min()
}

/// Whether a moment has come, if there is one.
fn has_come(moment: Option<Time>, now: Time) -> bool {
    moment.is_some_and(|moment| moment <= now)
}

fn would_block(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == ErrorKind::WouldBlock)
}
