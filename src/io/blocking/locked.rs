//! What is locked in a split socket: the connection, its output, and what of it goes to the socket
//! next.

use std::io::{self, ErrorKind};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use super::super::Error;
use super::split_stream::SplitStream;
use super::waiting_calls::{OutputState, WaitingCalls};
use super::wire::{MIN_TIMEOUT, Outcome, outcome_of_failure, regarded_time, timeout_to_set};
use super::writer::{Writer, earlier};
use crate::{CloseCode, SendError, Time, Transport};

/// How many bytes of the output are written at a time.
const PIECE: usize = 64 << 10;

/// How long to wait until another write is tried, if the socket takes nothing.
pub(super) const RETRY_INTERVAL: Duration = Duration::from_millis(10);

/// How much memory for a piece is kept while nothing is written, in bytes.
const KEPT: usize = 4 << 10;

/// What is locked: the connection, its output and the stream.
#[derive(Debug)]
pub(super) struct Locked<S: SplitStream> {
    pub(super) writer: Writer<S>,
    pub(super) waiting: WaitingCalls,
    /// What was taken from the output and has not been written whole. A call that writes has it.
    piece: Piece,
    /// A call writes.
    is_writing: bool,
    /// The last write had to wait in vain, so that no call has to wait again before this moment only
    /// to see whether the socket takes something.
    retry_at: Option<Time>,
    /// Everything before this position in the output is written.
    flushed: u64,
    /// The timeout of writes that is set on the socket.
    write_timeout: Option<Duration>,
    /// The id of the sender that has begun a message in fragments and not finished it.
    pub(super) message_owner: usize,
    /// Nobody receives any more.
    pub(super) has_lost_receiver: bool,
    /// A failure of the stream that no call has returned, which the receiver reports.
    pub(super) failure: Option<Error>,
}

/// Bytes as they go to the socket.
#[derive(Debug, Default)]
struct Piece {
    bytes: Vec<u8>,
    written: usize,
}

impl Piece {
    fn unwritten(&self) -> &[u8] {
        &self.bytes[self.written..]
    }

    fn is_written(&self) -> bool {
        self.written == self.bytes.len()
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.written = 0;
    }

    /// Frees memory that an idle connection does not need.
    fn shrink(&mut self) {
        if self.bytes.capacity() > KEPT {
            *self = Self::default();
        }
    }
}

/// A write that has begun.
pub(super) struct Write {
    piece: Piece,
    /// The timeout that is set on the socket, and the one that it needs.
    timeout: Option<Duration>,
    needed_timeout: Duration,
    started: Time,
    until: Time,
}

impl Write {
    /// Writes once.
    pub(super) fn perform(&mut self, mut socket: &TcpStream) -> io::Result<usize> {
        if self.piece.is_written() {
            return Ok(0);
        }
        if let Some(timeout) = timeout_to_set(self.timeout, Some(self.needed_timeout)) {
            socket.set_write_timeout(timeout)?;
            self.timeout = timeout;
        }
        io::Write::write(&mut socket, self.piece.unwritten())
    }
}

impl<S: SplitStream> Locked<S> {
    /// The id of the first sender, which goes on with a message in fragments that was begun before
    /// the split.
    pub(super) const FIRST_SENDER: usize = 0;

    /// The id of the receiver, which no sender has.
    pub(super) const RECEIVER: usize = usize::MAX;

    pub(super) fn new(mut writer: Writer<S>) -> Self {
        // Something that the stream holds in its buffers leaves with the first piece.
        writer.outgoing.set_held(true);
        Self {
            writer,
            waiting: WaitingCalls::default(),
            piece: Piece::default(),
            is_writing: false,
            retry_at: None,
            flushed: 0,
            write_timeout: None,
            message_owner: Self::FIRST_SENDER,
            has_lost_receiver: false,
            failure: None,
        }
    }

    /// Whether no output waits to be written.
    pub(super) fn is_drained(&self) -> bool {
        !self.writer.outgoing.has_unsent_output() && !self.is_writing
    }

    /// Whether output waits, and no call writes it.
    pub(super) fn can_begin_write(&self) -> bool {
        !self.is_writing && !self.is_drained()
    }

    /// Whether the socket takes nothing, as far as is known.
    pub(super) fn is_stuck(&self) -> bool {
        self.retry_at.is_some_and(|retry_at| self.writer.now() < retry_at)
    }

    /// Whether everything before a position is written, or why that will not happen.
    pub(super) fn flush_result(&self, position: u64) -> Option<Result<(), Error>> {
        if self.flushed >= position {
            Some(Ok(()))
        } else if self.is_drained() {
            Some(Err(Error::NotWritten(self.writer.connection.end_cause())))
        } else {
            None
        }
    }

    /// Takes what is written next. Until `end_write`, no other call can begin to write.
    pub(super) fn begin_write(&mut self, wait: Duration) -> Result<Write, Error> {
        if let Err(error) = self.encode() {
            self.fail(error)?;
        }
        let Writer { wire, connection, outgoing, .. } = &mut self.writer;
        let now = wire.now();
        outgoing.set_held(!self.piece.is_written());
        // From now on, the deadline for writing runs.
        connection.handle_write_timeout(now, outgoing);
        let deadline = earlier(connection.poll_write_timeout(), Some(now.after(wait)));
        let until = deadline.unwrap_or(now);
        self.is_writing = true;
        Ok(Write {
            piece: std::mem::take(&mut self.piece),
            timeout: self.write_timeout,
            needed_timeout: until.since(now).max(MIN_TIMEOUT),
            started: now,
            until,
        })
    }

    /// Moves the next bytes of the output to the piece, as the stream encodes them.
    fn encode(&mut self) -> io::Result<()> {
        if !self.piece.is_written() {
            return Ok(());
        }
        self.piece.clear();
        let Writer { wire, outgoing, .. } = &mut self.writer;
        let (stream, mut taken) = (wire.stream_mut(), 0);
        for bytes in outgoing.pending() {
            let bytes = &bytes[..bytes.len().min(PIECE - taken)];
            if !bytes.is_empty() {
                stream.encode(bytes, &mut self.piece.bytes)?;
                taken += bytes.len();
            }
        }
        if taken == 0 {
            // What another writer has taken cannot be written here.
            if !outgoing.is_empty() {
                return Err(ErrorKind::WriteZero.into());
            }
            stream.encode(&[], &mut self.piece.bytes)?;
        }
        outgoing.advance(taken);
        Ok(())
    }

    /// Notes what a write has led to. A failure of the stream is returned, unless it was settled
    /// before how the connection ends.
    pub(super) fn end_write(
        &mut self,
        write: Write,
        result: io::Result<usize>,
    ) -> Result<(), Error> {
        let now = self.writer.now();
        (self.piece, self.write_timeout, self.is_writing) = (write.piece, write.timeout, false);
        if self.is_finished() {
            // A deadline has dropped the output meanwhile, and this piece with it.
            self.give_up_piece();
            return Ok(());
        }
        let outcome = match result {
            Ok(0) if !self.piece.is_written() => Err(ErrorKind::WriteZero.into()),
            Ok(len) => {
                self.piece.written += len;
                Ok(Outcome::Moved)
            }
            Err(error) => outcome_of_failure(error, now.since(write.started), self.write_timeout),
        };
        match outcome {
            Ok(outcome) => self.note_written(outcome, regarded_time(write.until, now)),
            Err(error) => self.fail(error)?,
        }
        Ok(())
    }

    fn note_written(&mut self, outcome: Outcome, now: Time) {
        self.retry_at = (outcome == Outcome::Waited).then(|| now.after(RETRY_INTERVAL));
        let Writer { connection, outgoing, .. } = &mut self.writer;
        outgoing.set_held(!self.piece.is_written());
        if self.piece.is_written() {
            self.flushed = outgoing.taken_position();
            outgoing.note_flushed();
        }
        if outcome == Outcome::Moved {
            connection.note_held_output_moved(now, outgoing);
        }
        // A slow reader must hold up neither a deadline nor the end of the server.
        if outgoing.has_unsent_output() {
            connection.handle_write_timeout(now, outgoing);
            self.writer.obey_abort();
        } else {
            self.piece.shrink();
        }
    }

    /// Informs the connection that the stream failed, as [`Writer::handle_failure`] does.
    pub(super) fn fail(&mut self, error: io::Error) -> Result<(), Error> {
        let result = self.writer.handle_failure(error);
        if self.writer.owes_nothing() {
            self.give_up_piece();
        }
        result
    }

    /// Gives up what has begun to leave, if the connection has ended and its last deadline has
    /// passed.
    pub(super) fn give_up_if_finished(&mut self) {
        if self.writer.outgoing.has_unsent_output() && self.is_finished() {
            self.give_up_piece();
        }
    }

    /// Whether the connection has ended and its last deadline has passed.
    fn is_finished(&self) -> bool {
        let connection = &self.writer.connection;
        connection.transport() == Transport::Close && connection.poll_timeout().is_none()
    }

    fn give_up_piece(&mut self) {
        self.piece.clear();
        self.writer.outgoing.set_held(false);
    }

    /// Begins the closing exchange.
    pub(super) fn start_close(&mut self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        let (now, writer) = (self.writer.now(), &mut self.writer);
        writer.connection.start_close(now, code, reason, &mut writer.outgoing)
    }

    /// Fails if nobody receives any more, so nobody could complete what is begun.
    pub(super) const fn check_receiver(&self) -> Result<(), SendError> {
        if self.has_lost_receiver { Err(SendError::Closed) } else { Ok(()) }
    }

    /// Whether it is settled how the connection ends, and the peer has to end the stream.
    pub(super) fn peer_ends_stream(&self) -> bool {
        self.writer.peer_ends_stream()
    }

    /// Shuts down the stream. With TLS, this announces the end as far as that needs no waiting.
    pub(super) fn shut_down(&mut self, how: Shutdown) {
        let stream = self.writer.wire.stream_mut();
        self.write_timeout = Some(MIN_TIMEOUT);
        // These fail only if the stream has ended, which reading reports.
        let _ = stream.set_write_timeout(self.write_timeout);
        let _ = stream.shutdown(how);
    }

    /// Writes the piece that has begun to leave, as far as the socket takes it without waiting. If
    /// that is not all of it, nothing else is written, as the peer could not tell what it is.
    pub(super) fn finish_piece(&mut self, socket: Option<&TcpStream>) {
        self.writer.wire.forget_timeouts();
        if let Some(mut socket) = socket
            && socket.set_write_timeout(Some(MIN_TIMEOUT)).is_ok()
        {
            while let Ok(len @ 1..) = io::Write::write(&mut socket, self.piece.unwritten()) {
                self.piece.written += len;
            }
        }
        if !self.piece.is_written() {
            self.writer.outgoing.clear();
        }
    }

    /// Wakes the calls that can go on.
    pub(super) fn wake_waiting(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let Writer { connection, outgoing, .. } = &self.writer;
        self.waiting.wake(&OutputState {
            flushed: self.flushed,
            drained: self.is_drained(),
            idle: !self.is_writing,
            has_room: outgoing.len() <= connection.config().limits.output,
            has_unfinished_message: connection.has_unfinished_message(),
            open: connection.is_open() && !self.has_lost_receiver,
        });
    }
}
