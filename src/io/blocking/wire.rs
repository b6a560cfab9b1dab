//! A stream with a clock: reads and writes that end by a given moment.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use super::super::clock::time_at;
use super::super::pieces;
use super::Stream;
use crate::{Incoming, Outgoing, Time};

/// The shortest timeout that is set: sockets refuse zero.
const SHORTEST: Duration = Duration::from_millis(1);

/// Why a write waits no longer before its deadline is looked at: the connection sees output that
/// is stuck only then.
const WRITE_SLICE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Wire<S> {
    stream: S,
    /// When the last read or write returned.
    batch: Time,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
    /// The stream may hold back some of what was written, as TLS does.
    unflushed: bool,
}

/// How a read or a write came out.
#[derive(Debug)]
pub(super) enum Outcome {
    Moved,
    Eof,
    /// The moment may have come; look at the clock.
    Waited,
}

impl<S: Stream> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        let batch = time_at(Instant::now());
        Self { stream, batch, read_timeout: None, write_timeout: None, unflushed: true }
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
        if incoming.is_used_up() { self.now() } else { self.batch }
    }

    pub(super) fn stream(&self) -> &S {
        &self.stream
    }

    pub(super) fn stream_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    pub(super) fn into_stream(self) -> S {
        self.stream
    }

    /// Reads once. Before `until` passes, or soon after, the outcome is there.
    pub(super) fn read(
        &mut self,
        incoming: &mut Incoming,
        until: Option<Time>,
    ) -> io::Result<Outcome> {
        let start = self.now();
        let wait = until.map(|until| until.since(start).max(SHORTEST));
        if let Some(timeout) = changed(self.read_timeout, wait) {
            self.stream.set_read_timeout(timeout)?;
            self.read_timeout = timeout;
        }
        let result = self.stream.read(incoming.space());
        self.batch = self.now();
        let waited = self.batch.since(start);
        match result {
            Ok(0) => Ok(Outcome::Eof),
            Ok(len) => {
                incoming.filled(len);
                Ok(Outcome::Moved)
            }
            Err(error) if is_due(&error, until, self.batch) => Ok(Outcome::Waited),
            Err(error) => after_failure(error, waited, self.read_timeout),
        }
    }

    /// Whether all of the output is on its way.
    pub(super) fn is_idle(&self, outgoing: &Outgoing) -> bool {
        outgoing.is_empty() && !self.unflushed
    }

    /// What the stream holds back after a failure is no longer waited for, so that the failure is
    /// told once.
    pub(super) fn give_up(&mut self) {
        self.unflushed = false;
    }

    /// Writes once, and flushes when that was all.
    pub(super) fn write(
        &mut self,
        outgoing: &mut Outgoing,
        until: Option<Time>,
    ) -> io::Result<Outcome> {
        let start = self.now();
        let wait = until.map_or(WRITE_SLICE, |until| until.since(start));
        let wait = Some(wait.clamp(SHORTEST, WRITE_SLICE));
        if let Some(timeout) = changed(self.write_timeout, wait) {
            self.stream.set_write_timeout(timeout)?;
            self.write_timeout = timeout;
        }
        let result = self.push(outgoing);
        let end = self.now();
        let waited = end.since(start);
        match result {
            Ok(()) => Ok(Outcome::Moved),
            Err(error) if is_due(&error, until, end) => Ok(Outcome::Waited),
            Err(error) => after_failure(error, waited, self.write_timeout),
        }
    }

    fn push(&mut self, outgoing: &mut Outgoing) -> io::Result<()> {
        if !outgoing.is_empty() {
            let (pieces, held) = pieces(outgoing);
            let len = match &pieces[..held] {
                // Costs the system less than a list of one.
                [piece] => self.stream.write(piece)?,
                pieces => self.stream.write_vectored(pieces)?,
            };
            if len == 0 {
                return Err(ErrorKind::WriteZero.into());
            }
            outgoing.advance(len);
            self.unflushed = true;
        }
        if outgoing.is_empty() {
            self.stream.flush()?;
            self.unflushed = false;
        }
        Ok(())
    }
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
