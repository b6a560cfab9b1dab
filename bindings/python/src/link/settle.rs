//! What is done after every change: output is written, the transport told what the connection asks
//! for, the timer set, and whoever waits is woken.

use pyo3::prelude::*;
use websocket_proto::{Time, Transport};

use super::state::{Phase, State};
use super::waiter::{Resume, Waiter};
use super::waiting::{Until, wake};
use super::wire::{Method, Wire};
use super::{Link, failure, output, timer};

/// Does what follows from what was received, sent or timed out.
pub(super) fn settle(link: &Bound<'_, Link>, now: Time) -> PyResult<()> {
    output::flush(link)?;
    obey(link)?;
    timer::set(link, now)?;
    wake_waiting(link)
}

/// Tells the transport what the connection asks for.
pub(super) fn obey(link: &Bound<'_, Link>) -> PyResult<()> {
    let py = link.py();
    while let Some((wire, method)) = link.get().with(py, |state| state.next_method(py))? {
        // One that is closed already cannot do it, and does not have to.
        failure::interrupt(py, wire.call(py, method))?;
    }
    Ok(())
}

/// Lets the call of `recv` go on that waits for what there is now.
pub(super) fn wake_receiver(link: &Bound<'_, Link>, resume: Resume) -> PyResult<()> {
    let py = link.py();
    match link.get().with(py, |state| state.woken_receiver(py))? {
        Some(waiter) => Waiter::wake(waiter.bind(py), resume),
        None => Ok(()),
    }
}

/// Wakes those whose wait is over.
pub(super) fn wake_waiting(link: &Bound<'_, Link>) -> PyResult<()> {
    let py = link.py();
    for future in link.get().with(py, |state| state.take_woken(py))? {
        wake(py, &future)?;
    }
    Ok(())
}

impl State {
    /// What the transport has to do next.
    fn next_method(&mut self, py: Python<'_>) -> Option<(Wire, Method)> {
        let wire = self.wire.as_ref()?;
        let must_stop = self.is_held_back();
        if must_stop != self.is_reading_stopped && !self.is_closing {
            self.is_reading_stopped = must_stop;
            let method = if must_stop { Method::PauseReading } else { Method::ResumeReading };
            return Some((wire.clone_ref(py), method));
        }
        if self.is_closing || !self.is_all_given() {
            return None;
        }
        let method = match self.connection.transport() {
            Transport::Keep => return None,
            Transport::ShutdownWrite if self.is_half_closed => return None,
            Transport::ShutdownWrite if wire.can_half_close => Method::WriteEof,
            // TLS says that nothing follows, and discards what arrives until the peer says so, too.
            Transport::ShutdownWrite | Transport::Close => Method::Close,
        };
        self.is_half_closed = true;
        self.is_closing = matches!(method, Method::Close);
        Some((wire.clone_ref(py), method))
    }

    /// The waiter, if a call waits and need not any more.
    fn woken_receiver(&self, py: Python<'_>) -> Option<Py<Waiter>> {
        let is_woken = self.inbox.is_awaited && (!self.inbox.is_empty() || self.has_ended());
        self.inbox.waiter.as_ref().filter(|_| is_woken).map(|waiter| waiter.clone_ref(py))
    }

    /// The futures of those whose wait is over.
    fn take_woken(&mut self, py: Python<'_>) -> Vec<Py<PyAny>> {
        let mut woken = Vec::new();
        let has_ended = self.has_ended();
        let has_room = self.is_closing_down() || self.has_room();
        // One after the other, so that each finds the room that the last has left; all at the end.
        let most = if self.is_closing_down() { usize::MAX } else { usize::from(self.may_send()) };
        woken.extend(self.outbox.senders.iter().take(most).map(|sender| sender.clone_ref(py)));
        if !self.waiting.is_empty() {
            let (is_open, is_lost) = (self.connection.is_open(), self.phase == Phase::Lost);
            let has_request = self.request.is_some();
            woken.append(&mut self.waiting.take(|until| match until {
                Until::Request => has_request || has_ended,
                Until::Open => is_open || has_ended,
                Until::Drained => has_room,
                Until::Ended => has_ended,
                Until::Lost => is_lost,
            }));
        }
        woken
    }

    /// Whether `send` need not wait.
    pub(super) fn may_send(&self) -> bool {
        self.has_room() && !self.outbox.is_in_parts
    }

    /// Whether so little waits that there is room for more.
    pub(super) fn has_room(&self) -> bool {
        self.outgoing.len() < self.outbox.limit
    }
}
