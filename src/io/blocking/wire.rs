//! A stream with a clock: reads and writes that end by a given moment.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use super::super::clock::time_at;
use super::super::pieces;
use super::Stream;
use crate::{Incoming, Outgoing, Time};

/// The shortest timeout that is set: sockets refuse zero.
pub(super) const SHORTEST: Duration = Duration::from_millis(1);

/// Why a write waits no longer before its deadline is looked at: the connection sees output that
/// is stuck only then.
const WRITE_SLICE: Duration = Duration::from_secs(1);

/// Systems end waits of up to this on time; so late they may be.
const GRAIN: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(super) struct Wire<S> {
    /// Gone when it was taken out.
    stream: Option<S>,
    /// When the last read or write began.
    begun: Time,
    /// When the last read returned.
    batch: Time,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
    /// The stream may hold back some of what was written, as TLS does.
    unflushed: bool,
    /// It did, and that is no longer waited for.
    lost: bool,
}

/// How a read or a write came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Moved,
    Eof,
    /// The moment may have come; look at the clock.
    Waited,
}

impl<S: Stream> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        let now = time_at(Instant::now());
        Self {
            stream: Some(stream),
            begun: now,
            batch: now,
            read_timeout: None,
            write_timeout: None,
            unflushed: true,
            lost: false,
        }
    }

    pub(super) fn now(&self) -> Time {
        time_at(Instant::now())
    }

    /// When the last read returned.
    pub(super) const fn batch(&self) -> Time {
        self.batch
    }

    /// The time to receive at: that of the read while its bytes are being received, one look at
    /// the clock for all of them. Behind them it is now, as handling them may have taken long.
    pub(super) fn time_of(&self, incoming: &Incoming) -> Time {
        if incoming.memory.is_exhausted() { self.now() } else { self.batch }
    }

    /// When the last read or write began.
    pub(super) const fn begun(&self) -> Time {
        self.begun
    }

    /// The time after waiting for `until`: that moment, if the system woke us a little late.
    pub(super) fn woken(&self, until: Option<Time>) -> Time {
        let now = self.now();
        let on_time = |until: &Time| self.begun <= *until && now.since(*until) <= GRAIN;
        until.filter(on_time).map_or(now, |until| until.min(now))
    }

    pub(super) fn stream(&self) -> &S {
        let Some(stream) = &self.stream else { unreachable!("taken out with the socket") };
        stream
    }

    pub(super) fn stream_mut(&mut self) -> &mut S {
        let Some(stream) = &mut self.stream else { unreachable!("taken out with the socket") };
        stream
    }

    /// Takes the stream out, and nothing is done with it any more.
    pub(super) fn take_stream(&mut self) -> Option<S> {
        self.stream.take()
    }

    pub(super) const fn has_stream(&self) -> bool {
        self.stream.is_some()
    }

    /// Reads once. Before `until` passes, or soon after, the outcome is there.
    pub(super) fn read(
        &mut self,
        incoming: &mut Incoming,
        until: Option<Time>,
    ) -> io::Result<Outcome> {
        self.begun = self.now();
        let wait = until.map(|until| a_little_less(until.since(self.begun)).max(SHORTEST));
        if let Some(timeout) = changed(self.read_timeout, wait) {
            self.stream_mut().set_read_timeout(timeout)?;
            self.read_timeout = timeout;
        }
        let result = self.stream_mut().read(incoming.space());
        self.batch = self.now();
        match result {
            Ok(0) => Ok(Outcome::Eof),
            Ok(len) => {
                incoming.filled(len);
                Ok(Outcome::Moved)
            }
            Err(error) if is_due(&error, until, self.batch) => Ok(Outcome::Waited),
            Err(error) => after_failure(error, self.batch.since(self.begun), self.read_timeout),
        }
    }

    /// Whether all of the output is on its way.
    pub(super) fn is_idle(&self, outgoing: &Outgoing) -> bool {
        outgoing.is_empty() && !self.unflushed
    }

    /// What the stream holds back after a failure is no longer waited for, so that the failure is
    /// told once.
    pub(super) const fn give_up(&mut self) {
        self.lost |= self.unflushed;
        self.unflushed = false;
    }

    /// Whether the stream held back what was given up.
    pub(super) const fn has_lost(&self) -> bool {
        self.lost
    }

    /// Writes once, and flushes when that was all.
    pub(super) fn write(
        &mut self,
        outgoing: &mut Outgoing,
        until: Option<Time>,
    ) -> io::Result<Outcome> {
        self.begun = self.now();
        let wait = until.map_or(WRITE_SLICE, |until| a_little_less(until.since(self.begun)));
        let wait = Some(wait.clamp(SHORTEST, WRITE_SLICE));
        if let Some(timeout) = changed(self.write_timeout, wait) {
            self.stream_mut().set_write_timeout(timeout)?;
            self.write_timeout = timeout;
        }
        let result = self.push(outgoing);
        outgoing.set_held(self.unflushed);
        let end = self.now();
        match result {
            Ok(()) => Ok(Outcome::Moved),
            Err(error) if is_due(&error, until, end) => Ok(Outcome::Waited),
            Err(error) => after_failure(error, end.since(self.begun), self.write_timeout),
        }
    }

    fn push(&mut self, outgoing: &mut Outgoing) -> io::Result<()> {
        if !outgoing.is_empty() {
            let (pieces, held) = pieces(outgoing);
            let len = match &pieces[..held] {
                // Costs the system less than a list of one.
                [piece] => self.stream_mut().write(piece)?,
                pieces => self.stream_mut().write_vectored(pieces)?,
            };
            if len == 0 {
                return Err(ErrorKind::WriteZero.into());
            }
            outgoing.advance(len);
            self.unflushed = true;
        }
        if outgoing.is_empty() {
            self.stream_mut().flush()?;
            self.unflushed = false;
        }
        Ok(())
    }
}

/// The timeout for a wait of this length. Linux ends long waits late by up to an eighth of them, as
/// its timers are the coarser the longer they run; so the rest is waited for once more.
fn a_little_less(wait: Duration) -> Duration {
    if wait > GRAIN { wait - wait / 8 } else { wait }
}

/// The timeout to set in place of `set`, if it has to be another: one that ends a wait early
/// does no harm, so most waits need no system call for theirs.
fn changed(set: Option<Duration>, wait: Option<Duration>) -> Option<Option<Duration>> {
    let fits = match (set, wait) {
        (None, None) => true,
        (Some(set), Some(wait)) => set <= wait && wait <= set * 2,
        (Some(_), None) | (None, Some(_)) => false,
    };
    if fits { None } else { Some(wait) }
}

/// Whether the moment has come, though the stream, which never blocks, did not wait for it.
fn is_due(error: &io::Error, until: Option<Time>, now: Time) -> bool {
    error.kind() == ErrorKind::WouldBlock && until.is_some_and(|until| until <= now)
}

fn after_failure(
    error: io::Error,
    waited: Duration,
    timeout: Option<Duration>,
) -> io::Result<Outcome> {
    // Our own timeout, with some room for coarse timers; else the stream is non-blocking.
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
