//! The sending side of a blocking WebSocket.

use std::io::{self, ErrorKind};
use std::net::Shutdown;

use super::super::shutdown::Member;
use super::wire::{Outcome, Wire};
use super::{Error, Stream};
use crate::handshake::{Acceptance, Rejection};
use crate::{
    CloseCode, Connection, Incoming, MessageKind, Outgoing, Prepared, SendError, Transport,
};

/// The sending side of a [`WebSocket`](super::WebSocket): usable while an event is held.
///
/// What is sent here gathers, and leaves in one write when the socket next waits for input, when
/// it is [flushed](Self::flush), or when [`Limits::output`](crate::Limits::output) is reached:
/// then the call waits.
#[derive(Debug)]
pub struct Writer<S> {
    pub(super) wire: Wire<S>,
    pub(super) connection: Connection,
    pub(super) outgoing: Outgoing,
    /// Among the connections that end with a server.
    pub(super) member: Option<Box<Member>>,
}

impl<S: Stream> Writer<S> {
    /// Sends a text message.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if it cannot be sent now, [`Error::Io`] if output had to be written first
    /// and could not.
    pub fn send_text(&mut self, text: &str) -> Result<(), Error> {
        self.send(|connection, outgoing| connection.send_text(text, outgoing))
    }

    /// Sends a binary message.
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text).
    pub fn send_binary(&mut self, data: &[u8]) -> Result<(), Error> {
        self.send(|connection, outgoing| connection.send_binary(data, outgoing))
    }

    /// Sends a message that was encoded before; see [`Prepared`].
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text).
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.send(|connection, outgoing| connection.send_prepared(message, outgoing))
    }

    /// Starts a message in fragments; see [`Connection::start_message`].
    ///
    /// ```no_run
    /// # use websocket_proto::{MessageKind, io::blocking::connect};
    /// # let mut socket = connect("ws://127.0.0.1:9001/")?;
    /// # let lines = ["a log", "that is not held in memory"];
    /// let writer = socket.writer();
    /// writer.start_message(MessageKind::Text)?;
    /// for line in lines {
    ///     writer.send_fragment(line.as_bytes())?;
    /// }
    /// writer.finish_message(b"")?;
    /// # Ok::<(), websocket_proto::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text).
    pub fn start_message(&mut self, kind: MessageKind) -> Result<(), Error> {
        self.send(|connection, _| connection.start_message(kind))
    }

    /// Sends the next fragment; see [`Connection::send_fragment`].
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text).
    pub fn send_fragment(&mut self, data: &[u8]) -> Result<(), Error> {
        self.send(|connection, outgoing| connection.send_fragment(data, outgoing))
    }

    /// Sends the last fragment; see [`Connection::finish_message`].
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text).
    pub fn finish_message(&mut self, data: &[u8]) -> Result<(), Error> {
        self.send(|connection, outgoing| connection.finish_message(data, outgoing))
    }

    /// Sends a ping with at most 125 bytes.
    ///
    /// # Errors
    ///
    /// As for [`send_text`](Self::send_text).
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        self.send(|connection, outgoing| connection.ping(payload, outgoing))
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
    /// As for [`send_text`](Self::send_text).
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        let now = self.wire.now();
        self.send(|connection, outgoing| connection.close(now, code, reason, outgoing))
    }

    /// Ends the connection without a word; see [`Connection::abort`].
    pub fn abort(&mut self) {
        self.connection.abort(&mut self.outgoing);
    }

    /// Waits until everything is written, or a deadline ends the connection.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub fn flush(&mut self) -> Result<(), Error> {
        while !self.is_written() {
            let until = self.look_by(self.connection.poll_write_timeout());
            match self.wire.write(&mut self.outgoing, until) {
                Ok(Outcome::Moved | Outcome::Eof) if self.is_written() => {}
                // Also after a write that moved something: slow readers hold up no deadline.
                Ok(Outcome::Moved | Outcome::Eof | Outcome::Waited) => {
                    let now = self.wire.now();
                    self.connection.handle_write_timeout(now, &mut self.outgoing);
                    self.heed_cut();
                    if self.is_over() {
                        break;
                    }
                }
                Err(error) => return self.failed(error),
            }
        }
        Ok(())
    }

    /// Writes what a stream takes that does not block.
    pub(super) fn flush_if_possible(&mut self) -> Result<(), Error> {
        match self.flush() {
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            result => result,
        }
    }

    /// Writes what can be written; a failure is met again, and told, by the next write.
    pub(super) fn flush_in_passing(&mut self) {
        while !self.is_written() {
            let until = self.connection.poll_timeout();
            match self.wire.write(&mut self.outgoing, until) {
                Ok(Outcome::Moved | Outcome::Eof) => {}
                Ok(Outcome::Waited) | Err(_) => return,
            }
        }
    }

    fn is_written(&self) -> bool {
        self.wire.is_idle(&self.outgoing)
    }

    /// Whether nothing is owed to the peer any more, though the stream may hold some of it back.
    fn is_over(&self) -> bool {
        self.outgoing.is_empty() && self.connection.transport() == Transport::Close
    }

    /// The protocol state.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The stream.
    pub fn stream(&self) -> &S {
        self.wire.stream()
    }

    pub(super) fn answer(&mut self, decision: Result<Acceptance, Rejection>) -> Result<(), Error> {
        let now = self.wire.now();
        match decision {
            Ok(acceptance) => self.connection.accept(now, &acceptance, &mut self.outgoing)?,
            Err(rejection) => self.connection.reject(now, &rejection, &mut self.outgoing)?,
        }
        Ok(())
    }

    /// Writes what waits, does what the connection wants of the stream, and reads once.
    pub(super) fn turn(&mut self, incoming: &mut Incoming) -> Result<(), Error> {
        // All that was at hand at that time has been received: a peer that never pauses holds up
        // no deadline.
        let batch = self.wire.batch();
        if self.connection.poll_timeout().is_some_and(|at| at <= batch) {
            self.connection.handle_timeout(batch, &mut self.outgoing);
            return Ok(());
        }
        self.heed_shutdown();
        self.flush()?;
        match self.connection.transport() {
            // A deadline passed while this waited: nothing that is read now would count.
            Transport::Close => return Ok(()),
            Transport::Keep => {}
            // Fails only if it was done before or the stream has ended, which reading tells.
            Transport::ShutdownWrite => drop(self.wire.stream_mut().shutdown(Shutdown::Write)),
        }
        match self.wire.read(incoming, self.look_by(self.connection.poll_timeout())) {
            Ok(Outcome::Moved) => {}
            Ok(Outcome::Eof) => self.connection.receive_eof(),
            // Only now, with no input at hand, is it time for deadlines.
            Ok(Outcome::Waited) => {
                let now = self.wire.batch();
                self.connection.handle_timeout(now, &mut self.outgoing);
            }
            Err(error) => return self.failed(error),
        }
        Ok(())
    }

    /// The connection has ended: what is left of the output is written if it can be, and the
    /// stream is shut down.
    pub(super) fn finish(&mut self, is_clean: bool) {
        let _ = self.flush();
        let _ = self.wire.stream_mut().shutdown(Shutdown::Both);
        if let Some(mut member) = self.member.take() {
            member.is_clean = is_clean;
        }
    }

    /// Sends, after making room if there is none.
    fn send(
        &mut self,
        mut send: impl FnMut(&mut Connection, &mut Outgoing) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        match send(&mut self.connection, &mut self.outgoing) {
            Err(SendError::Full) => {
                self.flush()?;
                Ok(send(&mut self.connection, &mut self.outgoing)?)
            }
            result => Ok(result?),
        }
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
