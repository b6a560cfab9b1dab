//! What happens when nothing happens: deadlines over the caller's clock.

use alloc::boxed::Box;
use core::time::Duration;

use super::config::{Config, Keepalive};
use super::event::Deadline;
use crate::Time;

/// The moments that a connection waits for. Nothing here costs anything per message: what a
/// batch of input means for the deadlines is noted once, when it is used up.
#[derive(Debug)]
pub(super) struct Deadlines {
    /// The end of the handshake or of the closing exchange.
    phase: Option<Time>,
    /// When bytes came last.
    heard: Time,
    /// Made in times of silence, and gone with the answer.
    ping: Option<Box<Ping>>,
    pings_sent: u64,
    /// What will have left when the last of them has.
    ping_end: u64,
    round_trip: Option<Span>,
    /// When waiting output was first seen, or last moved, and how much had left by then.
    blocked: Option<(Time, u64)>,
    /// The end of the message under way.
    message: Option<Time>,
    stalled: Span,
}

/// A time between two moments, in half the room of a [`Duration`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Span(Time);

impl Span {
    const ZERO: Self = Self(Time::ZERO);

    fn between(earlier: Time, later: Time) -> Self {
        Self(Time::new(later.since(earlier)))
    }

    const fn duration(self) -> Duration {
        self.0.since_origin()
    }
}

/// The keepalive's last ping.
#[derive(Debug)]
struct Ping {
    /// When it was sent, for the round-trip time.
    sent: Time,
    /// When it, or output before it, last moved.
    moved: Time,
    written: u64,
    /// No byte came since.
    silent: bool,
    /// Its pong is still due.
    due: bool,
}

/// A deadline that passed.
pub(super) enum Passed {
    /// The silence of the keepalive interval: time for the ping with this payload, unless the one
    /// before still waits to be written.
    Silence(Option<[u8; 8]>),
    Deadline(Deadline),
}

impl Deadlines {
    pub(super) fn new(now: Time, handshake: Option<Duration>) -> Self {
        Self {
            phase: handshake.map(|timeout| now.after(timeout)),
            heard: now,
            ping: None,
            pings_sent: 0,
            ping_end: 0,
            round_trip: None,
            blocked: None,
            message: None,
            stalled: Span::ZERO,
        }
    }

    /// The handshake is done; the keepalive starts.
    pub(super) fn opened(&mut self, now: Time) {
        self.phase = None;
        self.heard = now;
    }

    /// The closing exchange begins, and other deadlines end. It has one deadline for all of it.
    pub(super) fn closing(&mut self, now: Time, timeout: Duration, handshake: bool) {
        if self.phase.is_none() || handshake {
            self.phase = Some(now.after(timeout));
        }
        self.message = None;
    }

    /// No further deadline is of interest but that of leaving output behind.
    pub(super) fn ended(&mut self, now: Time, timeout: Duration) {
        self.phase.get_or_insert(now.after(timeout));
        self.ping = None;
        self.message = None;
    }

    pub(super) fn over(&mut self) {
        self.phase = None;
        self.blocked = None;
        self.message = None;
    }

    /// Input that came since the last time was used up.
    pub(super) fn heard(&mut self, now: Time, config: &Config) {
        self.heard = now;
        if let (Some(ping), Some(keepalive)) = (&mut self.ping, config.keepalive) {
            let late = Span::between(ping.moved.after(keepalive.timeout), now);
            if ping.silent {
                self.stalled = self.stalled.max(late);
            }
            ping.silent = false;
            self.ping.take_if(|ping| !ping.due);
        }
    }

    /// Output was looked at: `written` bytes so far.
    pub(super) fn output(&mut self, now: Time, waiting: bool, written: u64) {
        self.blocked = match self.blocked {
            _ if !waiting => None,
            Some((since, then)) if then == written => Some((since, then)),
            _ => Some((now, written)),
        };
    }

    /// Input was used up inside a message, or not.
    pub(super) fn message(&mut self, now: Time, under_way: bool, timeout: Option<Duration>) {
        match timeout {
            Some(timeout) if under_way => {
                self.message.get_or_insert(now.after(timeout));
            }
            _ => self.message = None,
        }
    }

    /// A message was completed after its beginning had been waited for.
    pub(super) fn message_done(&mut self) {
        self.message = None;
    }

    /// A ping was queued, as the last of so many bytes that will have left.
    pub(super) fn pinged(&mut self, end: u64) {
        self.ping_end = end;
    }

    /// The round-trip time, if `payload` is that of the ping whose pong is due.
    pub(super) fn pong(&mut self, now: Time, payload: &[u8]) -> Option<Duration> {
        let ping = self.ping.as_mut().filter(|ping| ping.due)?;
        if payload != self.pings_sent.to_be_bytes() {
            return None;
        }
        ping.due = false;
        self.round_trip = Some(Span::between(ping.sent, now));
        self.ping.take_if(|ping| !ping.silent);
        self.round_trip()
    }

    pub(super) const fn round_trip(&self) -> Option<Duration> {
        match self.round_trip {
            Some(span) => Some(span.duration()),
            None => None,
        }
    }

    pub(super) const fn stalled(&self) -> Duration {
        self.stalled.duration()
    }

    /// The next moment at which something is to be done. `keepalive` where it is in force.
    pub(super) fn next(&self, config: &Config, keepalive: Option<Keepalive>) -> Option<Time> {
        let silence = keepalive.map(|keepalive| self.keepalive(keepalive));
        [self.phase, silence, self.message, self.write(config)].into_iter().flatten().min()
    }

    /// What has passed at `now`, one thing a call; `phase` says what the phase's deadline is of.
    pub(super) fn passed(
        &mut self,
        now: Time,
        phase: Deadline,
        config: &Config,
        keepalive: Option<Keepalive>,
    ) -> Option<Passed> {
        let plain = [
            (self.phase, phase),
            (self.message, Deadline::Message),
            (self.write(config), Deadline::Write),
        ];
        for (at, which) in plain {
            if at.is_some_and(|at| at <= now) {
                self.note_lateness(now, at);
                return Some(Passed::Deadline(which));
            }
        }
        self.keepalive_passed(now, keepalive?)
    }

    fn keepalive_passed(&mut self, now: Time, keepalive: Keepalive) -> Option<Passed> {
        let at = self.keepalive(keepalive);
        if at > now {
            return None;
        }
        if let Some(ping) = self.ping.as_mut().filter(|ping| ping.silent) {
            // Output still leaves, so the ping may not have, and the peer is there.
            if let Some((_, written)) = self.blocked.filter(|(_, written)| *written != ping.written)
            {
                (ping.moved, ping.written) = (now, written);
                return None;
            }
            self.note_lateness(now, Some(at));
            return Some(Passed::Deadline(Deadline::Pong));
        }
        let written = self.blocked.map_or(0, |(_, written)| written);
        // A transport that takes nothing would have them pile up.
        let waits = self.blocked.is_some() && written < self.ping_end;
        self.pings_sent += u64::from(!waits);
        let ping = Ping { sent: now, moved: now, written, silent: true, due: true };
        self.ping = Some(Box::new(ping));
        Some(Passed::Silence((!waits).then(|| self.pings_sent.to_be_bytes())))
    }

    fn keepalive(&self, keepalive: Keepalive) -> Time {
        match &self.ping {
            Some(ping) if ping.silent => ping.moved.after(keepalive.timeout),
            _ => self.heard.after(keepalive.interval),
        }
    }

    fn write(&self, config: &Config) -> Option<Time> {
        Some(self.blocked?.0.after(config.write_timeout?))
    }

    fn note_lateness(&mut self, now: Time, at: Option<Time>) {
        let late = at.map_or(Span::ZERO, |at| Span::between(at, now));
        self.stalled = self.stalled.max(late);
    }
}
