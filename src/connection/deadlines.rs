//! The deadlines of a connection, over the caller's clock.

use alloc::boxed::Box;
use core::time::Duration;

use super::ping::Ping;
use super::under_way::UnderWay;
use crate::{Config, Deadline, Keepalive, Outgoing, Time};

/// The moments at which something is due if nothing happens before. They cost nothing per message:
/// what a batch of input means for them is noted once, when all of it was consumed.
#[derive(Debug)]
pub(super) struct Deadlines {
    /// The end of the handshake or of the closing exchange.
    phase_deadline: Option<Time>,
    last_input: Time,
    /// The keepalive's last ping: made after a silence, and dropped once it was answered. With
    /// pings on a busy connection it stays, to say when the next one is due.
    ping: Option<Box<Ping>>,
    pings_sent: u64,
    /// How many bytes will have been written in all once the last ping was written.
    latest_ping_end: u64,
    under_way: UnderWay,
    round_trip: Option<CompactDuration>,
    /// Since when output waits while none of it is written.
    stuck_since: Option<Time>,
    /// When the message in progress has to be complete.
    message_deadline: Option<Time>,
    /// The longest delay with which a deadline was handled.
    stalled: CompactDuration,
}

/// A duration that takes half the memory of a [`Duration`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct CompactDuration(Time);

impl CompactDuration {
    const ZERO: Self = Self(Time::ZERO);

    fn between(earlier: Time, later: Time) -> Self {
        Self(Time::new(later.since(earlier)))
    }

    const fn get(self) -> Duration {
        self.0.since_origin()
    }
}

/// Something that is due.
pub(super) enum Due {
    /// The keepalive's interval passed. A ping with this payload is to be sent; none if the previous
    /// ping still waits to be written.
    Keepalive {
        ping: Option<[u8; 8]>,
        /// The peer sent nothing meanwhile, or little more than a pong.
        idle: bool,
    },
    /// This deadline passed.
    Deadline(Deadline),
}

impl Deadlines {
    /// The deadlines of a connection whose handshake begins.
    pub(super) fn in_handshake(now: Time, timeout: Duration) -> Self {
        Self { phase_deadline: Some(now.after(timeout)), ..Self::open(now) }
    }

    /// The deadlines of an open connection.
    pub(super) const fn open(now: Time) -> Self {
        Self {
            phase_deadline: None,
            last_input: now,
            ping: None,
            pings_sent: 0,
            latest_ping_end: 0,
            under_way: UnderWay::nothing(now),
            round_trip: None,
            stuck_since: None,
            message_deadline: None,
            stalled: CompactDuration::ZERO,
        }
    }

    /// The end of the handshake or of the closing exchange.
    pub(super) const fn end_of_phase(&self) -> Option<Time> {
        self.phase_deadline
    }

    /// Makes this the end of the handshake.
    pub(super) fn end_handshake_at(&mut self, end: Time) {
        self.phase_deadline = Some(end);
    }

    /// Drops the deadline of the handshake.
    pub(super) fn end_handshake(&mut self) {
        self.phase_deadline = None;
    }

    /// Starts the keepalive.
    pub(super) fn start_keepalive(&mut self, now: Time) {
        self.last_input = now;
        self.ping = None;
    }

    /// Starts the deadline of the whole closing exchange, unless it runs already.
    pub(super) fn begin_closing(&mut self, now: Time, timeout: Duration) {
        self.phase_deadline.get_or_insert(now.after(timeout));
        self.message_deadline = None;
    }

    /// Keeps only the deadlines for writing the remaining output.
    pub(super) fn note_ended(&mut self, now: Time, timeout: Duration) {
        self.phase_deadline.get_or_insert(now.after(timeout));
        self.ping = None;
        self.message_deadline = None;
    }

    /// Drops all deadlines.
    pub(super) fn clear(&mut self) {
        self.phase_deadline = None;
        self.stuck_since = None;
        self.message_deadline = None;
    }

    /// Notes that there was input.
    pub(super) fn note_input(&mut self, now: Time, config: &Config) {
        let before = core::mem::replace(&mut self.last_input, now);
        let Some(keepalive) = config.keepalive else { return };
        if let Some(ping) = &mut self.ping {
            let late = CompactDuration::between(ping.deadline(keepalive), now);
            if ping.silent {
                self.stalled = self.stalled.max(late);
            }
            ping.silent = false;
            self.ping.take_if(|ping| !ping.unanswered && !keepalive.when_busy);
        } else if keepalive.when_busy {
            self.ping = Some(Box::new(Ping::none_since(before)));
        }
    }

    /// Notes how much output waits and how much was written.
    pub(super) fn note_output(&mut self, now: Time, outgoing: &Outgoing) {
        let moved = self.under_way.note_written(now, outgoing.written());
        let stuck_since = self.stuck_since.filter(|_| !moved);
        self.stuck_since = outgoing.has_unsent_output().then(|| stuck_since.unwrap_or(now));
    }

    /// Forgets since when output waits.
    #[cfg(feature = "std")]
    pub(super) const fn forget_stuck_output(&mut self) {
        self.stuck_since = None;
    }

    /// Starts the deadline of the message in progress, unless it runs already.
    pub(super) fn await_message(&mut self, now: Time, timeout: Option<Duration>) {
        self.message_deadline =
            timeout.map(|timeout| self.message_deadline.unwrap_or(now.after(timeout)));
    }

    /// Notes that no message is in progress, and drops the deadline.
    pub(super) fn note_message_done(&mut self) {
        self.message_deadline = None;
    }

    /// Notes that a ping was queued after `waiting` bytes of output. `end` bytes will have been
    /// written in all once it was written.
    pub(super) fn note_ping(&mut self, waiting: u64, end: u64) {
        self.latest_ping_end = end;
        if let Some(ping) = &mut self.ping {
            ping.received = self.under_way.received_with(ping.sent, waiting);
        }
    }

    /// Notes a pong. Returns the round-trip time, if it is the first answer to the last ping.
    pub(super) fn note_pong(&mut self, now: Time, payload: &[u8]) -> Option<Duration> {
        let ping = self.ping.as_mut().filter(|ping| ping.unanswered)?;
        if payload != self.pings_sent.to_be_bytes() {
            return None;
        }
        ping.unanswered = false;
        self.under_way.note_received(now, self.latest_ping_end);
        self.round_trip = Some(CompactDuration::between(ping.sent, now));
        self.round_trip()
    }

    /// The last round-trip time that was measured.
    pub(super) const fn round_trip(&self) -> Option<Duration> {
        match self.round_trip {
            Some(duration) => Some(duration.get()),
            None => None,
        }
    }

    /// The longest delay with which the caller handled a deadline.
    pub(super) const fn stalled(&self) -> Duration {
        self.stalled.get()
    }

    /// When something is due next. `keepalive` is given while it is in force.
    pub(super) fn next(&self, config: &Config, keepalive: Option<Keepalive>) -> Option<Time> {
        let ping = keepalive.map(|keepalive| self.keepalive_deadline(keepalive));
        let write = self.write_deadline(config);
        [self.phase_deadline, ping, self.message_deadline, write].into_iter().flatten().min()
    }

    /// Returns one thing that is due at `now`; `None` if nothing is. Call it again once that is
    /// done. `phase` is what the deadline of the current phase is called, and `keepalive` is given
    /// while it is in force.
    pub(super) fn take_due(
        &mut self,
        now: Time,
        phase: Deadline,
        config: &Config,
        keepalive: Option<Keepalive>,
    ) -> Option<Due> {
        let deadlines = [
            (self.phase_deadline, phase),
            (self.message_deadline, Deadline::Message),
            (self.write_deadline(config), Deadline::Write),
        ];
        for (at, deadline) in deadlines {
            if let Some(at) = at.filter(|at| *at <= now) {
                self.note_lateness(now, at);
                return Some(Due::Deadline(deadline));
            }
        }
        self.take_due_keepalive(now, keepalive?)
    }

    fn take_due_keepalive(&mut self, now: Time, keepalive: Keepalive) -> Option<Due> {
        let at = self.keepalive_deadline(keepalive);
        if at > now {
            return None;
        }
        let Some(ping) = self.ping.as_mut().filter(|ping| ping.silent) else {
            // The pong may have come any time since the last ping.
            let idle = now.since(self.last_input) >= keepalive.interval / 2;
            return Some(Due::Keepalive { ping: self.begin_ping(now), idle });
        };
        // Output is still being written, so the peer is there, and the ping may be queued after it.
        let written = self.under_way.written();
        if self.stuck_since.is_some() && written != ping.written {
            (ping.moved, ping.written) = (now, written);
            return None;
        }
        self.note_lateness(now, at);
        Some(Due::Deadline(Deadline::Pong))
    }

    /// Begins the wait for a pong. Returns the payload of the ping to send; `None` if the previous
    /// ping is still to be written, as pings would pile up before a transport that takes nothing.
    fn begin_ping(&mut self, now: Time) -> Option<[u8; 8]> {
        let written = self.under_way.written();
        let one_waits = self.stuck_since.is_some() && written < self.latest_ping_end;
        self.pings_sent += u64::from(!one_waits);
        let waiting = if one_waits { self.latest_ping_end - written } else { 0 };
        let received = self.under_way.received_with(now, waiting);
        let (silent, unanswered) = (true, true);
        self.ping =
            Some(Box::new(Ping { sent: now, moved: now, written, received, silent, unanswered }));
        (!one_waits).then(|| self.pings_sent.to_be_bytes())
    }

    /// When a ping is to be sent, or input is due after a ping that was sent.
    fn keepalive_deadline(&self, keepalive: Keepalive) -> Time {
        let Keepalive { interval, timeout, when_busy, .. } = keepalive;
        let after_silence = self.last_input.after(interval);
        match &self.ping {
            Some(ping) if ping.silent => ping.deadline(keepalive),
            // With another ping sent meanwhile, the answer to this one would measure nothing.
            Some(ping) if when_busy && ping.unanswered => {
                after_silence.min(ping.sent.after(interval.max(timeout)))
            }
            Some(ping) if when_busy => after_silence.min(ping.sent.after(interval)),
            Some(_) | None => after_silence,
        }
    }

    fn write_deadline(&self, config: &Config) -> Option<Time> {
        Some(self.stuck_since?.after(config.write_timeout?))
    }

    fn note_lateness(&mut self, now: Time, deadline: Time) {
        self.stalled = self.stalled.max(CompactDuration::between(deadline, now));
    }
}
