//! Receiving from a split socket: from input to the events that the application sees.

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::Error;
use super::super::clock::time_at;
use super::locked::{Locked, RETRY_INTERVAL};
use super::received::{Found, Report};
use super::receiver::Receiver;
use super::shutdown::CHECK_INTERVAL;
use super::split_stream::SplitStream;
use super::wire::{MIN_TIMEOUT, Outcome, outcome_of_failure, regarded_time, timeout_to_set};
use super::writer::{earlier, has_come};
use crate::connection::Unhandled;
use crate::{Progress, Time, Transport};

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
    /// Waits for an event, which is then in the receive memory. This is not inlined, so that
    /// its callers are inlined and make the event where it is looked at.
    #[inline(never)]
    pub(super) fn find_event(&mut self, wait_until: Option<Time>) -> Result<Found, Error> {
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
                unreported.note_violation(violation, incoming);
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
            locked.writer.settle_ending(&mut self.unreported);
        }
        self.report_next()
    }

    fn report_next(&mut self) -> Result<Found, Error> {
        let has_event = self.unreported.report_next(&mut self.incoming)?;
        Ok(if has_event { Found::Event } else { Found::Ended })
    }
}

fn now() -> Time {
    time_at(Instant::now())
}
