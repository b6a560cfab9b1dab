//! From `connection_made` to `connection_lost`.

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

use super::state::{Phase, State};
use super::waiter::Resume;
use super::waiting::Until;
use super::wire::Wire;
use super::{Link, coroutine, events, failure, input, output, settle, timer, waiting};
use crate::clock;

/// Begins to use a transport.
pub(super) fn connect(link: &Bound<'_, Link>, transport: &Bound<'_, PyAny>) -> PyResult<()> {
    let wire = Wire::new(transport)?;
    link.get().with(link.py(), |state| state.connect(wire))??;
    settle::settle(link, clock::now())
}

/// The stream has ended.
pub(super) fn end_input(link: &Bound<'_, Link>) -> PyResult<()> {
    link.get().with(link.py(), |state| {
        state.connection.receive_eof();
    })?;
    input::pump(link, Resume::Soon)
}

/// The transport is closed, because of `error` if there is one.
pub(super) fn lose(link: &Bound<'_, Link>, error: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    let py = link.py();
    link.get().with(py, |state| {
        state.lose_transport(error.is_some());
    })?;
    let delivered = input::pump(link, Resume::Soon);
    timer::stop(link)?;
    let parts = link.get().with(py, |state| (state.wire.take(), state.listener.take()))?;
    drop(parts);
    settle::wake_waiting(link)?;
    delivered
}

/// The transport has written all that it held back.
pub(super) fn resume_writing(link: &Bound<'_, Link>) -> PyResult<()> {
    let py = link.py();
    output::let_go_of_closed_socket(link)?;
    let is_delivering = link.get().with(py, |state| {
        state.outbox.is_paused = false;
        state.note_all_written();
        state.is_delivering
    })?;
    if is_delivering {
        return Ok(());
    }
    let now = clock::now();
    output::flush(link)?;
    let is_drained = link.get().with(py, |state| state.outgoing.is_empty())?;
    if is_drained && let Err(error) = events::tell_drained(link) {
        failure::handle(link, error, now)?;
    }
    settle::settle(link, now)
}

/// A future that is done once the wait is over.
pub(super) fn wait_until(link: &Bound<'_, Link>, until: &str) -> PyResult<Py<PyAny>> {
    let py = link.py();
    let until = match until {
        "request" => Until::Request,
        "open" => Until::Open,
        "drained" => Until::Drained,
        "ended" => Until::Ended,
        "lost" => Until::Lost,
        _ => return Err(PyValueError::new_err("wait for request, open, drained, ended or lost")),
    };
    let future = coroutine::future(link)?;
    waiting::wait(link, until, future.clone_ref(py))?;
    settle::wake_waiting(link)?;
    Ok(future)
}

impl State {
    fn connect(&mut self, wire: Wire) -> PyResult<()> {
        if self.phase != Phase::Unconnected {
            return Err(PyRuntimeError::new_err(
                "this link was connected before: make another one",
            ));
        }
        self.phase = Phase::Connected;
        self.wire = Some(wire);
        Ok(())
    }

    fn lose_transport(&mut self, has_failed: bool) {
        self.phase = Phase::Lost;
        self.is_paused = false;
        self.outbox.is_paused = false;
        if has_failed {
            self.connection.handle_transport_failure(&mut self.outgoing);
        } else {
            self.connection.receive_eof();
        }
    }

    /// The word for how far the connection is.
    pub(super) fn name(&self) -> &'static str {
        if self.phase == Phase::Lost {
            "closed"
        } else if self.connection.is_open() {
            "open"
        } else if self.was_open || self.has_ended() {
            "closing"
        } else {
            "connecting"
        }
    }
}
