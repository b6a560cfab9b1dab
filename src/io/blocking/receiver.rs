//! The receiving side of a split socket.

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::Error;
use super::super::clock::time_at;
use super::super::unreported::Unreported;
use super::locked::Locked;
use super::received::{Found, Received, Report};
use super::sender::Sender;
use super::shared::{CHECK_INTERVAL, Shared};
use super::split_stream::SplitStream;
use super::wire::{MIN_TIMEOUT, Outcome, outcome_of_failure, regarded_time, timeout_to_set};
use super::writer::{earlier, has_come};
use crate::connection::{DetachedReader, Unhandled};
use crate::handshake::Response;
use crate::{Connection, Ending, Event, Incoming, Progress, Time, Transport};

/// How long to wait until another write is tried, if the stream takes nothing and nobody else
/// writes.
const RETRY_INTERVAL: Duration = Duration::from_millis(10);

/// The receiving side of a split [`WebSocket`](super::WebSocket).
///
/// A thread has to be in [`receive`](Self::receive) most of the time, so that pings and Close
/// frames are answered and deadlines are kept. When the receiver is dropped, sending fails from
/// then on; calls that have begun go on. The last of the receiver and all senders that is dropped
/// does what dropping a [`WebSocket`](super::WebSocket) does.
#[derive(Debug)]
pub struct Receiver<S: SplitStream> {
    incoming: Incoming,
    /// What ends the connection and was not reported yet.
    unreported: Unreported,
    apart: DetachedReader,
    /// Frames are read apart from the connection, without the lock.
    reads_apart: bool,
    /// Messages are discarded, as the server shuts down.
    discards_messages: bool,
    /// The socket has input.
    has_input: bool,
    /// What was queued has been written, as far as possible, since the last wait.
    has_written: bool,
    /// The timeout of reads that is set on the socket.
    read_timeout: Option<Duration>,
    shared: Arc<Shared<S>>,
}

/// What receiving goes on with.
enum Step {
    /// To receive once more.
    Receive,
    /// To return, at once or after writing what answers the event.
    Return(Found),
    Answer,
    /// To write what is queued.
    Write,
    /// To wait for input until a moment.
    Wait(Time),
    /// To report the peer's Close frame, if no input is available.
    ReportClose,
    /// To report how the connection has ended.
    ReportEnd,
}

impl<S: SplitStream> Receiver<S> {
    pub(super) fn new(
        incoming: Incoming,
        unreported: Unreported,
        apart: DetachedReader,
        shared: Arc<Shared<S>>,
    ) -> Self {
        Self {
            incoming,
            unreported,
            apart,
            reads_apart: false,
            discards_messages: false,
            has_input: false,
            has_written: false,
            read_timeout: None,
            shared,
        }
    }

    /// Waits for the next event. `None` after [`Event::Ended`]. What senders have left is written
    /// meanwhile.
    ///
    /// # Errors
    ///
    /// As for [`WebSocket::receive`](super::WebSocket::receive).
    #[inline(always)]
    pub fn receive(&mut self) -> Result<Option<Event<'_>>, Error> {
        match self.find_event(None)? {
            Found::Event => Ok(self.incoming.event()),
            Found::TimedOut | Found::Ended => Ok(None),
        }
    }

    /// Waits for the next event, but no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// As for [`receive`](Self::receive).
    pub fn receive_timeout(&mut self, timeout: Duration) -> Result<Received<Event<'_>>, Error> {
        Ok(match self.find_event(Some(now().after(timeout)))? {
            Found::Event => self.incoming.event().map_or(Received::Ended, Received::Event),
            Found::TimedOut => Received::TimedOut,
            Found::Ended => Received::Ended,
        })
    }

    /// One more sender, for answers.
    pub fn sender(&self) -> Sender<S> {
        Sender::new(Arc::clone(&self.shared))
    }

    /// The receive memory, for [`take_payload`](Incoming::take_payload).
    pub fn incoming(&mut self) -> &mut Incoming {
        &mut self.incoming
    }

    /// The server's response, with the subprotocol that it chose. Only a client has it, and only
    /// until the first event is received.
    pub fn response(&mut self) -> Option<Response<'_>> {
        match self.incoming.event() {
            Some(Event::Open(response)) => Some(response),
            _ => None,
        }
    }

    /// Looks at the stream. The socket is locked meanwhile, so no method of a sender may be called.
    pub fn with_stream<T>(&self, look: impl FnOnce(&S) -> T) -> T {
        look(self.shared.lock().writer.stream())
    }

    /// Looks at the protocol state. The socket is locked meanwhile, so no method of a sender may be
    /// called.
    pub fn with_connection<T>(&self, look: impl FnOnce(&Connection) -> T) -> T {
        look(&self.shared.lock().writer.connection)
    }

    /// How the connection has ended, as soon as that is known: at the latest when
    /// [`Event::Ended`] has been received.
    pub fn ending(&self) -> Option<Ending> {
        self.shared.lock().writer.ending().cloned()
    }

    /// Waits for an event, which is then in the receive memory. This is not inlined, so that
    /// its callers are inlined and make the event where it is looked at.
    #[inline(never)]
    fn find_event(&mut self, wait_until: Option<Time>) -> Result<Found, Error> {
        loop {
            let unhandled = if self.reads_apart && !self.shared.is_settled() {
                match self.apart.read(&mut self.incoming) {
                    None if self.discards_messages => continue,
                    None => return Ok(Found::Event),
                    unhandled => unhandled,
                }
            } else {
                None
            };
            match self.receive_once(unhandled, wait_until)? {
                Step::Receive => {}
                Step::Return(found) => return Ok(found),
                Step::Answer => {
                    self.shared.write_available();
                    return Ok(Found::Event);
                }
                Step::Write => {
                    self.shared.write_available();
                    self.has_written = true;
                }
                Step::Wait(until) => {
                    if !self.wait_for_input(until)? && self.handle_wait(until, wait_until) {
                        return Ok(Found::TimedOut);
                    }
                }
                Step::ReportClose => {
                    if !self.wait_for_input(now())? {
                        return self.report_next();
                    }
                }
                Step::ReportEnd => return self.report_end(),
            }
        }
    }

    /// Shows the connection what was read apart and concerns it, and goes one step on from there.
    fn receive_once(
        &mut self,
        unhandled: Option<Unhandled>,
        wait_until: Option<Time>,
    ) -> Result<Step, Error> {
        let shared = Arc::clone(&self.shared);
        let mut locked = shared.lock();
        locked.writer.connection.swap_reader(&mut self.apart);
        let step = self.next_step(&mut locked, unhandled, wait_until);
        let writer = &mut locked.writer;
        self.reads_apart = writer.connection.reads_frames() && self.unreported.is_empty();
        self.discards_messages =
            writer.shutdown_watch.as_ref().is_some_and(|watch| watch.close_sent);
        writer.connection.swap_reader(&mut self.apart);
        step
    }

    fn next_step(
        &mut self,
        locked: &mut Locked<S>,
        unhandled: Option<Unhandled>,
        wait_until: Option<Time>,
    ) -> Result<Step, Error> {
        let Self { incoming, unreported, .. } = self;
        let writer = &mut locked.writer;
        let now = writer.wire.receive_time(incoming);
        let (connection, outgoing) = (&mut writer.connection, &mut writer.outgoing);
        let progress = match unhandled {
            Some(unhandled) => connection.receive_unhandled(unhandled, now, incoming, outgoing),
            None => connection.receive_or_pause(now, incoming, outgoing),
        };
        Ok(match progress {
            Ok(Some(Progress::Event)) => match writer.sort_event(incoming, unreported) {
                Report::Now => Step::Return(Found::Event),
                Report::AfterAnswer => Step::Answer,
                Report::NotNow => Step::Receive,
            },
            Ok(Some(Progress::NeedBytes)) => return self.read_once(locked, wait_until),
            Ok(Some(Progress::Ended)) => Step::ReportEnd,
            Ok(None) => Step::Receive,
            // This is reported when the peer has received our Close frame.
            Err(violation) => {
                unreported.note_violation(violation);
                Step::Receive
            }
        })
    }

    /// Does what the connection wants of the stream, and reads once if there is input.
    fn read_once(
        &mut self,
        locked: &mut Locked<S>,
        wait_until: Option<Time>,
    ) -> Result<Step, Error> {
        if let Some(failure) = locked.failure.take() {
            return Err(failure);
        }
        // Everything that had arrived by the time of the last read has been received, so a deadline
        // that had passed by then is handled: a peer that never pauses must not hold up a deadline.
        let writer = &mut locked.writer;
        let read_at = writer.wire.read_at();
        if has_come(writer.connection.poll_timeout(), read_at) {
            writer.connection.handle_timeout(read_at, &mut writer.outgoing);
            return Ok(Step::Receive);
        }
        if has_come(wait_until, read_at) {
            return Ok(Step::Return(Found::TimedOut));
        }
        writer.obey_shutdown();
        if locked.can_begin_write() && !self.has_written {
            locked.is_stuck = false;
            return Ok(Step::Write);
        }
        match locked.writer.connection.transport() {
            Transport::Close => return Ok(Step::Receive),
            Transport::ShutdownWrite if locked.is_drained() => locked.shut_down(Shutdown::Write),
            Transport::Keep | Transport::ShutdownWrite => {}
        }
        if self.has_input || locked.writer.wire.stream_mut().can_read() {
            return self.read_arrived(locked);
        }
        Ok(if locked.is_drained() && self.unreported.is_close() && locked.peer_ends_stream() {
            Step::ReportClose
        } else {
            Step::Wait(self.end_of_wait(locked, wait_until))
        })
    }

    fn read_arrived(&mut self, locked: &mut Locked<S>) -> Result<Step, Error> {
        self.has_input = false;
        self.has_written = false;
        let read = locked.writer.wire.read_arrived(&mut self.incoming);
        let connection = &mut locked.writer.connection;
        match read {
            Ok(Outcome::Moved | Outcome::Waited) => {}
            Ok(Outcome::Eof) => connection.receive_eof(),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                connection.receive_uncertain_eof();
            }
            Err(error) => locked.fail(error)?,
        }
        Ok(Step::Receive)
    }

    /// Until when to wait for input: the next deadline, or the next look at what others have done.
    fn end_of_wait(&self, locked: &Locked<S>, wait_until: Option<Time>) -> Time {
        let wait = if locked.can_begin_write() { RETRY_INTERVAL } else { CHECK_INTERVAL };
        let look = now().after(wait);
        let deadline = earlier(locked.writer.connection.poll_timeout(), wait_until);
        deadline.map_or(look, |deadline| deadline.min(look))
    }

    /// Waits for input without the lock. Returns `false` if there was none.
    fn wait_for_input(&mut self, until: Time) -> Result<bool, Error> {
        self.has_written = false;
        let start = now();
        match self.peek(until.since(start).max(MIN_TIMEOUT)) {
            Ok(_) => self.has_input = true,
            Err(error) => match outcome_of_failure(error, now().since(start), self.read_timeout) {
                Ok(Outcome::Waited) => return Ok(false),
                Ok(Outcome::Moved | Outcome::Eof) => {}
                Err(error) => self.shared.lock().fail(error)?,
            },
        }
        Ok(true)
    }

    fn peek(&mut self, timeout: Duration) -> io::Result<usize> {
        let Some(socket) = &self.shared.socket else { return Err(ErrorKind::NotConnected.into()) };
        if let Some(timeout) = timeout_to_set(self.read_timeout, Some(timeout)) {
            socket.set_read_timeout(timeout)?;
            self.read_timeout = timeout;
        }
        socket.peek(&mut [0])
    }

    /// Handles deadlines after a wait, only now that there is no input. Returns whether `wait_until`
    /// has come.
    fn handle_wait(&self, until: Time, wait_until: Option<Time>) -> bool {
        let now = regarded_time(until, now());
        let writer = &mut self.shared.lock().writer;
        writer.connection.handle_timeout(now, &mut writer.outgoing);
        has_come(wait_until, now)
    }

    fn report_end(&mut self) -> Result<Found, Error> {
        if !self.unreported.is_empty() {
            if let Some(failure) = self.shared.lock().failure.take() {
                return Err(failure);
            }
            self.shared.wait_until_drained()?;
            let mut locked = self.shared.lock();
            locked.shut_down(Shutdown::Both);
            locked.writer.shutdown_watch = None;
        }
        self.report_next()
    }

    fn report_next(&mut self) -> Result<Found, Error> {
        let has_event = self.unreported.report_next(&mut self.incoming)?;
        Ok(if has_event { Found::Event } else { Found::Ended })
    }
}

impl<S: SplitStream> Drop for Receiver<S> {
    fn drop(&mut self) {
        self.shared.lock().has_lost_receiver = true;
        self.shared.write_available();
    }
}

fn now() -> Time {
    time_at(Instant::now())
}
