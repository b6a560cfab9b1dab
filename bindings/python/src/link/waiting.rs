//! Futures of calls that wait for something rare.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;

/// What is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// The request of a client has arrived, or the connection has ended.
    Request,
    /// Messages can be sent, or the connection has ended.
    Open,
    /// Little output waits, or the connection has ended.
    Drained,
    /// It is known how the connection has ended.
    Ended,
    /// The transport is closed.
    Lost,
}

#[derive(Default)]
pub(super) struct Waiting(Vec<(Until, Py<PyAny>)>);

impl Waiting {
    pub(super) fn push(&mut self, until: Until, future: Py<PyAny>) {
        self.0.push((until, future));
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the futures of those for which `is_over` says that the wait is over.
    pub(super) fn take(&mut self, is_over: impl Fn(Until) -> bool) -> Vec<Py<PyAny>> {
        self.0.extract_if(.., |(until, _)| is_over(*until)).map(|(_, future)| future).collect()
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.0.iter().try_for_each(|(_, future)| visit.call(future))
    }
}

/// Ends the wait for a future, unless it was cancelled or woken already.
pub(super) fn wake(py: Python<'_>, future: &Py<PyAny>) -> PyResult<()> {
    let future = future.bind(py);
    if !future.call_method0(intern!(py, "done"))?.is_truthy()? {
        future.call_method1(intern!(py, "set_result"), (py.None(),))?;
    }
    Ok(())
}
