//! The timer of a link, which is not touched when bytes arrive: where it fires early, it is set again.

use std::time::Duration;

use pyo3::prelude::*;
use websocket_proto::Time;

use super::state::State;
use super::timers::Timers;
use super::waiter::Resume;
use super::wire::{Method, Wire};
use super::{Link, input};
use crate::clock;

/// How long the loop is given to read what has arrived before a deadline counts.
const GRACE: Duration = Duration::from_millis(1);

/// How often a connection whose input is held back is looked at.
const WHILE_STOPPED: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Timer {
    /// When it fires.
    set: Option<Time>,
    /// The deadline has passed, and the loop was given time to read.
    had_grace: bool,
    /// How much had been written when the timer fired, and since when.
    written: Option<(u64, Time)>,
}

/// Sets the timer, unless it fires early enough.
pub(super) fn set(link: &Bound<'_, Link>, now: Time) -> PyResult<()> {
    let py = link.py();
    let Some((wire, at, late)) = link.get().with(py, |state| state.plan(py, now))? else {
        return Ok(());
    };
    let timers = wire.timers.bind(py);
    if let Some(late) = late {
        timers.get().forget(link, late)?;
    }
    Timers::plan(timers, wire.event_loop.bind(py), link, (now, at))?;
    link.get().with(py, |state| state.timer.set = Some(at))
}

/// Forgets the timer for good.
pub(super) fn stop(link: &Bound<'_, Link>) -> PyResult<()> {
    let py = link.py();
    let set = link.get().with(py, |state| {
        let timers = state.wire.as_ref()?.timers.clone_ref(py);
        Some((timers, state.timer.set.take()?))
    })?;
    set.map_or(Ok(()), |(timers, at)| timers.get().forget(link, at))
}

/// Does what is due.
pub(super) fn fired(link: &Bound<'_, Link>) -> PyResult<()> {
    let (py, now) = (link.py(), clock::now());
    let wire = link.get().with(py, |state| state.note_fired(py))?;
    if let Some(wire) = wire {
        let held = wire.held(py);
        link.get().with(py, |state| state.note_held(held))?;
    }
    if link.get().with(py, |state| state.handle_due(now))? {
        input::pump(link, Resume::Soon)?;
        abort_if_stuck(link)?;
    }
    set(link, now)
}

/// Aborts a transport that was closed and cannot get rid of its output: the time for that is over.
fn abort_if_stuck(link: &Bound<'_, Link>) -> PyResult<()> {
    let py = link.py();
    let wire = link.get().with(py, |state| {
        let is_stuck = state.is_closing && state.outgoing.is_empty() && state.outbox.is_paused;
        state.wire.as_ref().filter(|_| is_stuck).map(|wire| wire.clone_ref(py))
    })?;
    wire.map_or(Ok(()), |wire| wire.call(py, Method::Abort))
}

impl State {
    /// When the timer has to fire, and the one that fires too late, if there is one; `None` if nothing
    /// has to change.
    fn plan(&mut self, py: Python<'_>, now: Time) -> Option<(Wire, Time, Option<Time>)> {
        let wire = self.wire.as_ref()?;
        let at = self.next_deadline(now)?.max(now + GRACE);
        if self.timer.set.is_some_and(|set| set <= at) {
            return None;
        }
        Some((wire.clone_ref(py), at, self.timer.set.take()))
    }

    fn next_deadline(&self, now: Time) -> Option<Time> {
        if self.is_deaf_to_peer() {
            Some(now + WHILE_STOPPED)
        } else {
            self.connection.poll_timeout()
        }
    }

    /// Whether nothing is read, so that silence says nothing about the peer.
    fn is_deaf_to_peer(&self) -> bool {
        self.is_reading_stopped && self.connection.is_open()
    }

    /// Notes that the timer has fired. Returns the transport if it holds something back.
    fn note_fired(&mut self, py: Python<'_>) -> Option<Wire> {
        self.timer.set = None;
        let holds = self.outgoing.in_flight() > 0;
        self.wire.as_ref().filter(|_| holds).map(|wire| wire.clone_ref(py))
    }

    fn note_held(&mut self, held: usize) {
        self.outgoing.advance(self.outgoing.in_flight().saturating_sub(held));
    }

    /// Lets the connection do what is due, if anything is. Returns whether something was.
    fn handle_due(&mut self, now: Time) -> bool {
        if self.outgoing.is_empty() {
            self.outgoing.shrink();
        }
        let is_due = if self.is_deaf_to_peer() {
            self.is_output_stuck(now)
        } else {
            self.connection.poll_timeout().is_some_and(|due| due <= now)
        };
        // The first time, the loop may have been busy, and what the peer sent waits to be read.
        if !is_due || !std::mem::replace(&mut self.timer.had_grace, is_due) {
            self.timer.had_grace = is_due;
            return false;
        }
        self.timer.had_grace = false;
        self.connection.handle_timeout(now, &mut self.outgoing);
        true
    }

    /// Whether output has waited as long as it may while nothing was read.
    fn is_output_stuck(&mut self, now: Time) -> bool {
        let written = self.outgoing.written();
        let (before, since) = *self.timer.written.get_or_insert((written, now));
        if self.outgoing.is_empty() || before != written {
            self.timer.written = Some((written, now));
            return false;
        }
        self.connection.config().write_timeout.is_some_and(|limit| now - since >= limit)
    }
}
