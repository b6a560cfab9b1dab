//! A stream with a clock, whose reads and writes end by a given moment.

use std::io::{self, ErrorKind};
use std::time::Duration;

use super::super::clock;
use super::super::with_pieces;
use super::stream::Stream;
use crate::{Incoming, Outgoing, Time};

/// The shortest timeout that is set, as sockets refuse zero.
pub(super) const MIN_TIMEOUT: Duration = Duration::from_millis(1);

/// The longest that a write waits at a time. Only between writes can the connection see that output
/// is stuck.
const MAX_WRITE_WAIT: Duration = Duration::from_secs(1);

/// How late a system may end a wait. Waits that are no longer than this end on time.
const TIMER_SLACK: Duration = Duration::from_millis(20);

/// A stream, and what is known of it between two calls.
#[derive(Debug)]
pub(super) struct Wire<S> {
    /// `None` when the stream was taken out.
    stream: Option<S>,
    /// When the last read or write began.
    started: Time,
    /// When the last read returned.
    read_at: Time,
    /// The timeouts that are set on the stream.
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
    /// The stream may hold some of what was written to it in its buffers, as TLS does.
    may_hold_output: bool,
    /// What the stream held in its buffers was given up.
    has_given_up_output: bool,
}

/// The result of a read or a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Something was read or written, or the system interrupted the call: try again.
    Moved,
    /// The peer has ended the stream.
    Eof,
    /// Nothing was read or written. The wait may have ended early, so look at the clock.
    Waited,
}

impl<S: Stream> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        let now = clock::now();
        Self {
            stream: Some(stream),
            started: now,
            read_at: now,
            read_timeout: None,
            write_timeout: None,
            may_hold_output: true,
            has_given_up_output: false,
        }
    }

    pub(super) fn now(&self) -> Time {
        clock::now()
    }

    /// When the last read returned.
    pub(super) const fn read_at(&self) -> Time {
        self.read_at
    }

    /// The time at which input is received: that of the read while its bytes are being received, so
    /// that the clock is asked once for all of them. After them it is the present, as the
    /// application may have taken long to handle them.
    pub(super) fn receive_time(&self, incoming: &Incoming) -> Time {
        if incoming.memory.is_exhausted() { self.now() } else { self.read_at }
    }

    /// When the last read or write began.
    pub(super) const fn started(&self) -> Time {
        self.started
    }

    /// The time after a wait for `until`: exactly `until` if the system ended the wait a little
    /// late, otherwise the present.
    pub(super) fn time_after_wait(&self, until: Option<Time>) -> Time {
        let now = self.now();
        until.filter(|until| self.started <= *until).map_or(now, |until| regarded_time(until, now))
    }

    pub(super) fn stream(&self) -> &S {
        let Some(stream) = &self.stream else { unreachable!("taken out with the socket") };
        stream
    }

    pub(super) fn stream_mut(&mut self) -> &mut S {
        let Some(stream) = &mut self.stream else { unreachable!("taken out with the socket") };
        stream
    }

    /// Forgets the timeouts that are set on the stream, as somebody else has set others.
    pub(super) const fn forget_timeouts(&mut self) {
        (self.read_timeout, self.write_timeout) = (None, None);
    }

    /// Takes the stream out. After that, no other method that needs the stream may be called.
    pub(super) fn take_stream(&mut self) -> Option<S> {
        self.stream.take()
    }

    pub(super) const fn has_stream(&self) -> bool {
        self.stream.is_some()
    }

    /// Reads once, and returns by `until` or soon after. Without `until` this may wait for ever.
    pub(super) fn read(
        &mut self,
        incoming: &mut Incoming,
        until: Option<Time>,
    ) -> io::Result<Outcome> {
        self.started = self.now();
        let wait = until.map(|until| shortened(until.since(self.started)).max(MIN_TIMEOUT));
        if let Some(timeout) = timeout_to_set(self.read_timeout, wait) {
            self.stream_mut().set_read_timeout(timeout)?;
            self.read_timeout = timeout;
        }
        self.read_now(incoming, until)
    }

    /// Reads once what has arrived. Call this only if something has: the timeout is whatever it is.
    pub(super) fn read_arrived(&mut self, incoming: &mut Incoming) -> io::Result<Outcome> {
        self.started = self.now();
        self.read_timeout = None;
        self.read_now(incoming, Some(self.started))
    }

    fn read_now(&mut self, incoming: &mut Incoming, until: Option<Time>) -> io::Result<Outcome> {
        let result = self.stream_mut().read(incoming.space());
        self.read_at = self.now();
        match result {
            Ok(0) => Ok(Outcome::Eof),
            Ok(len) => {
                incoming.commit(len);
                Ok(Outcome::Moved)
            }
            Err(error) if is_due(&error, until, self.read_at) => Ok(Outcome::Waited),
            Err(error) => {
                outcome_of_failure(error, self.read_at.since(self.started), self.read_timeout)
            }
        }
    }

    /// Whether no output waits to be written, here or in the buffers of the stream.
    pub(super) fn is_drained(&self, outgoing: &Outgoing) -> bool {
        outgoing.is_empty() && !self.may_hold_output
    }

    /// Gives up what the stream holds in its buffers, so that nobody waits for it and a failure is
    /// reported once.
    pub(super) const fn give_up_held(&mut self) {
        self.has_given_up_output |= self.may_hold_output;
        self.may_hold_output = false;
    }

    /// Whether something that the stream held in its buffers was given up.
    pub(super) const fn has_given_up_output(&self) -> bool {
        self.has_given_up_output
    }

    /// Writes once, and flushes if that was all. Returns by `until` or soon after.
    pub(super) fn write(
        &mut self,
        outgoing: &mut Outgoing,
        until: Option<Time>,
    ) -> io::Result<Outcome> {
        self.started = self.now();
        let wait = until.map_or(MAX_WRITE_WAIT, |until| shortened(until.since(self.started)));
        let wait = Some(wait.clamp(MIN_TIMEOUT, MAX_WRITE_WAIT));
        if let Some(timeout) = timeout_to_set(self.write_timeout, wait) {
            self.stream_mut().set_write_timeout(timeout)?;
            self.write_timeout = timeout;
        }
        let result = self.write_and_flush(outgoing);
        outgoing.set_held(self.may_hold_output);
        let end = self.now();
        match result {
            Ok(()) => Ok(Outcome::Moved),
            Err(error) if is_due(&error, until, end) => Ok(Outcome::Waited),
            Err(error) => outcome_of_failure(error, end.since(self.started), self.write_timeout),
        }
    }

    fn write_and_flush(&mut self, outgoing: &mut Outgoing) -> io::Result<()> {
        if !outgoing.is_empty() {
            let stream = self.stream_mut();
            let len = with_pieces(outgoing, |pieces| match pieces {
                // This costs the system less than a list of one piece.
                [piece] => stream.write(piece),
                pieces => stream.write_vectored(pieces),
            })?;
            if len == 0 {
                return Err(ErrorKind::WriteZero.into());
            }
            outgoing.advance(len);
            self.may_hold_output = true;
        }
        if outgoing.is_empty() {
            self.stream_mut().flush()?;
            self.may_hold_output = false;
            outgoing.note_flushed();
        }
        Ok(())
    }
}

/// The time after a wait for `until`, which ended `now`: exactly `until` if the system ended the wait
/// a little late.
pub(super) fn regarded_time(until: Time, now: Time) -> Time {
    if now.since(until) <= TIMER_SLACK { until.min(now) } else { now }
}

/// The timeout for a wait of this length. The longer a timer of Linux runs, the coarser it is:
/// waits end late by up to an eighth. So long waits are shortened by that, and another wait
/// follows.
fn shortened(wait: Duration) -> Duration {
    if wait > TIMER_SLACK { wait - wait / 8 } else { wait }
}

/// The timeout to set in place of `set`, if `set` does not fit the wait. A timeout that ends a wait
/// early does no harm, so most waits need no system call.
pub(super) fn timeout_to_set(
    set: Option<Duration>,
    wait: Option<Duration>,
) -> Option<Option<Duration>> {
    let fits = match (set, wait) {
        (None, None) => true,
        (Some(set), Some(wait)) => set <= wait && wait <= set * 2,
        (Some(_), None) | (None, Some(_)) => false,
    };
    if fits { None } else { Some(wait) }
}

/// Whether a non-blocking stream would block and `until` has come, which counts as a wait.
fn is_due(error: &io::Error, until: Option<Time>, now: Time) -> bool {
    error.kind() == ErrorKind::WouldBlock && until.is_some_and(|until| until <= now)
}

/// What a failed read or write means, after it `waited` with a `timeout` set.
pub(super) fn outcome_of_failure(
    error: io::Error,
    waited: Duration,
    timeout: Option<Duration>,
) -> io::Result<Outcome> {
    // If a call that would block has waited for about as long as our timeout, it timed out;
    // otherwise the stream is non-blocking.
    let timed_out = timeout.is_some_and(|timeout| waited >= timeout / 2);
    let would_block = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
    if error.kind() == ErrorKind::Interrupted {
        Ok(Outcome::Moved)
    } else if would_block && timed_out {
        Ok(Outcome::Waited)
    } else {
        Err(error)
    }
}
