//! The sending side of a blocking WebSocket.

use std::io::{self, ErrorKind};
use std::net::Shutdown;

use super::super::shutdown::WatchedConnection;
use super::sending::sending_methods;
use super::wire::{Outcome, Wire};
use super::{Error, Stream, would_block};
use crate::handshake::{Acceptance, AnswerError, Rejection};
use crate::{CloseCode, Connection, Incoming, Outgoing, SendError, Time, Transport};

/// The sending side of a [`WebSocket`](super::WebSocket): usable while an event is held.
///
/// `send_*` writes, `feed_*` gathers, `try_*` never waits: [Sending](super#sending) has the
/// differences.
#[derive(Debug)]
pub struct Writer<S: Stream> {
    pub(super) wire: Wire<S>,
    pub(super) connection: Connection,
    pub(super) outgoing: Outgoing,
    /// Among the connections that end with a server.
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
        self.put(|connection, outgoing| connection.close(now, code, reason, outgoing))
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

    /// Sends, and waits until it is written.
    pub(super) fn put(
        &mut self,
        send: impl FnMut(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        self.gather(send)?;
        self.write_out()
    }

    /// Sends, after making room if there is none.
    pub(super) fn gather(
        &mut self,
        mut send: impl FnMut(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        match send(&mut self.connection, &mut self.outgoing) {
            Err(SendError::Full) => {
                // What would block says that it was taken, which this was not.
                let full = |error| if would_block(&error) { SendError::Full.into() } else { error };
                self.write_out().map_err(full)?;
                Ok(send(&mut self.connection, &mut self.outgoing)?)
            }
            result => Ok(result?),
        }
    }

    /// Writes all there is, or says that not all of it was written.
    pub(super) fn write_out(&mut self) -> Result<(), Error> {
        let end = self.outgoing.end();
        self.write_all(None)?;
        if self.outgoing.left() < end || self.wire.has_lost() {
            return Err(Error::NotWritten(self.connection.how()));
        }
        Ok(())
    }

    /// Writes until nothing waits, or a deadline has ended the connection. `false` if `patience`
    /// was over before.
    pub(super) fn write_all(&mut self, patience: Option<Time>) -> Result<bool, Error> {
        while !self.is_written() {
            match self.write_some(patience) {
                Ok(Outcome::Waited) if is_over(patience, self.wire.now()) => return Ok(false),
                Ok(_) => {}
                Err(error) => self.failed(error)?,
            }
        }
        Ok(true)
    }

    /// Writes what can be written; a failure is met again, and told, by the next write.
    pub(super) fn flush_in_passing(&mut self) {
        while !self.is_written() && matches!(self.write_some(None), Ok(Outcome::Moved)) {}
    }

    /// Writes once. If that was not all, it looks at deadlines, and whether the server is over, also
    /// when something moved: slow readers hold up neither.
    fn write_some(&mut self, patience: Option<Time>) -> io::Result<Outcome> {
        let until = self.look_by(earlier(self.connection.poll_write_timeout(), patience));
        let outcome = self.wire.write(&mut self.outgoing, until)?;
        if !self.is_written() {
            self.pass_write_deadlines(outcome, until);
            self.heed_cut();
            if self.outgoing.is_empty() && self.connection.transport() == Transport::Close {
                // Nothing is owed to the peer any more.
                self.wire.give_up();
            }
        }
        Ok(outcome)
    }

    fn pass_write_deadlines(&mut self, outcome: Outcome, until: Option<Time>) {
        let (connection, outgoing) = (&mut self.connection, &mut self.outgoing);
        if outcome == Outcome::Waited {
            // Nothing has moved since.
            connection.handle_write_timeout(self.wire.begun(), outgoing);
        } else if outgoing.is_empty() {
            // The stream has moved what it held back, and the deadline for it begins anew.
            outgoing.hold(false);
            connection.handle_write_timeout(self.wire.begun(), outgoing);
            outgoing.hold(true);
        }
        connection.handle_write_timeout(self.wire.woken(until), outgoing);
    }

    fn is_written(&self) -> bool {
        self.wire.is_idle(&self.outgoing)
    }

    /// Answers a request; where that cannot be sent, with an error of the server.
    pub(super) fn answer(
        &mut self,
        decision: Result<Acceptance, Rejection>,
    ) -> Result<(), AnswerError> {
        let (now, outgoing) = (self.wire.now(), &mut self.outgoing);
        match decision {
            Ok(acceptance) => {
                self.connection.accept(now, &acceptance, outgoing).inspect_err(|_| {
                    let failure = Rejection::new(500);
                    // Fails only with nobody left to answer.
                    let _ = failure.map(|it| self.connection.reject(now, &it, outgoing));
                })
            }
            Err(rejection) => self.connection.reject(now, &rejection, outgoing),
        }
    }

    /// Writes what waits, does what the connection wants of the stream, and reads once. `false` if
    /// `patience` was over before something came.
    pub(super) fn turn(
        &mut self,
        incoming: &mut Incoming,
        patience: Option<Time>,
    ) -> Result<bool, Error> {
        // All that was at hand at that time has been received: a peer that never pauses holds up
        // no deadline.
        let batch = self.wire.batch();
        if is_over(self.connection.poll_timeout(), batch) {
            self.connection.handle_timeout(batch, &mut self.outgoing);
            return Ok(true);
        }
        if is_over(patience, batch) {
            return Ok(false);
        }
        self.heed_shutdown();
        if !self.write_all(patience)? {
            return Ok(false);
        }
        match self.connection.transport() {
            // A deadline passed while this waited: nothing that is read now would count.
            Transport::Close => return Ok(true),
            Transport::Keep => {}
            // Fails only if it was done before or the stream has ended, which reading tells.
            Transport::ShutdownWrite => drop(self.wire.stream_mut().shutdown(Shutdown::Write)),
        }
        self.read(incoming, patience)
    }

    fn read(&mut self, incoming: &mut Incoming, patience: Option<Time>) -> Result<bool, Error> {
        let until = self.look_by(earlier(self.connection.poll_timeout(), patience));
        match self.wire.read(incoming, until) {
            Ok(Outcome::Moved) => {}
            Ok(Outcome::Eof) => self.connection.receive_eof(),
            // Only now, with no input at hand, is it time for deadlines.
            Ok(Outcome::Waited) => {
                let now = self.wire.woken(until);
                self.connection.handle_timeout(now, &mut self.outgoing);
                return Ok(!is_over(patience, now));
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => self.connection.receive_cut(),
            Err(error) => self.failed(error)?,
        }
        Ok(true)
    }

    /// Whether the other side ends the stream, and nothing is left to do but to wait for that.
    pub(super) fn waits_for_the_end(&self) -> bool {
        self.connection.is_settled() && self.connection.transport() == Transport::Keep
    }

    /// Writes what waits and reads once, what is there already. `false` if there is nothing.
    pub(super) fn clear_up(&mut self, incoming: &mut Incoming) -> Result<bool, Error> {
        self.write_all(None)?;
        if !self.wire.stream().has_timeouts() {
            return Ok(false);
        }
        match self.turn(incoming, Some(self.wire.now())) {
            Err(error) if would_block(&error) => Ok(false),
            result => result,
        }
    }

    /// The connection has ended: what is left of the output is written if it can be, and the
    /// stream is shut down.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        self.write_all(None)?;
        let _ = self.wire.stream_mut().shutdown(Shutdown::Both);
        self.shutdown_watch = None;
        Ok(())
    }

    /// A failure of the stream is an error while it matters; once all is said it is an end.
    fn failed(&mut self, error: io::Error) -> Result<(), Error> {
        if error.kind() == ErrorKind::WouldBlock {
            return Err(error.into());
        }
        self.wire.give_up();
        let settled = self.connection.is_settled();
        self.connection.transport_failed(&mut self.outgoing);
        if settled { Ok(()) } else { Err(error.into()) }
    }
}

/// The earlier of two moments.
fn earlier(one: Option<Time>, other: Option<Time>) -> Option<Time> {
    one.into_iter().chain(other).min()
}

fn is_over(at: Option<Time>, now: Time) -> bool {
    at.is_some_and(|at| at <= now)
}
