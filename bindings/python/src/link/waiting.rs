//! Futures of calls that wait for something rare.

use std::mem;

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;

use super::Link;

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
pub(super) struct Waiting {
    futures: Futures,
    /// How many there may be before those that were cancelled are looked for.
    most: usize,
}

type Futures = Vec<(Until, Py<PyAny>)>;

/// How many futures are kept without asking whether they were cancelled.
const FEW: usize = 8;

impl Waiting {
    fn push(&mut self, until: Until, future: Py<PyAny>) {
        self.futures.push((until, future));
    }

    /// Takes all futures, if there may be many that were cancelled.
    fn take_many(&mut self) -> Futures {
        if self.futures.len() < self.most.max(FEW) {
            Vec::new()
        } else {
            mem::take(&mut self.futures)
        }
    }

    /// Puts those back that were not cancelled.
    fn put_back(&mut self, futures: Futures) {
        self.futures.extend(futures);
        self.most = 2 * self.futures.len();
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.futures.is_empty()
    }

    /// Takes the futures of those for which `is_over` says that the wait is over.
    pub(super) fn take(&mut self, is_over: impl Fn(Until) -> bool) -> Vec<Py<PyAny>> {
        self.futures
            .extract_if(.., |(until, _)| is_over(*until))
            .map(|(_, future)| future)
            .collect()
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.futures.iter().try_for_each(|(_, future)| visit.call(future))
    }
}

/// Waits with a future. Those of waits that were given up are dropped, so that a program may give up as
/// often as it likes.
pub(super) fn wait(link: &Bound<'_, Link>, until: Until, future: Py<PyAny>) -> PyResult<()> {
    let py = link.py();
    let mut old = link.get().with(py, |state| {
        let old = state.waiting.take_many();
        state.waiting.push(until, future);
        old
    })?;
    if !old.is_empty() {
        old.retain(|(_, future)| !is_done(future.bind(py)));
        link.get().with(py, |state| state.waiting.put_back(old))?;
    }
    Ok(())
}

fn is_done(future: &Bound<'_, PyAny>) -> bool {
    let done = future.call_method0(intern!(future.py(), "done"));
    done.and_then(|done| done.is_truthy()).unwrap_or(false)
}

/// Ends the wait for a future, unless it was cancelled or woken already.
pub(super) fn wake(py: Python<'_>, future: &Py<PyAny>) -> PyResult<()> {
    let future = future.bind(py);
    if !future.call_method0(intern!(py, "done"))?.is_truthy()? {
        future.call_method1(intern!(py, "set_result"), (py.None(),))?;
    }
    Ok(())
}
