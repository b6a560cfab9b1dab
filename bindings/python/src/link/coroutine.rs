//! What awaitables have in common. They are coroutines to asyncio (`send`, `throw`, `close`), so that
//! tasks can be made of them.

#![expect(unsafe_code, reason = "an exception is set without an object of its own")]

use pyo3::exceptions::{PyRuntimeError, PyStopIteration};
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;

use super::{Link, wire};

/// A future of the link's loop, or of the one that runs.
pub(super) fn future(link: &Bound<'_, Link>) -> PyResult<Py<PyAny>> {
    let py = link.py();
    Ok(event_loop(link)?.call_method0(intern!(py, "create_future"))?.unbind())
}

/// The loop of the link's transport, or the one that runs.
pub(super) fn event_loop<'py>(link: &Bound<'py, Link>) -> PyResult<Bound<'py, PyAny>> {
    let py = link.py();
    let event_loop = link
        .get()
        .with(py, |state| state.wire.as_ref().map(|wire| wire.event_loop.clone_ref(py)))?;
    match event_loop {
        Some(event_loop) => Ok(event_loop.into_bound(py)),
        None => wire::running_loop(py),
    }
}

/// What the task gets to wait for.
pub(super) fn suspend(py: Python<'_>, future: Py<PyAny>) -> PyResult<Py<PyAny>> {
    future.bind(py).setattr(intern!(py, "_asyncio_future_blocking"), true)?;
    Ok(future)
}

/// How far a coroutine has come.
pub(super) enum Step<'py> {
    /// It waits for this.
    Wait(Py<PyAny>),
    Return(Bound<'py, PyAny>),
}

impl Step<'_> {
    /// What `__next__` returns: nothing with a `StopIteration` that is set already.
    ///
    /// As an error of PyO3 the exception would become an object, which takes longer than all else that
    /// a call of `recv` does.
    pub(super) fn next(self) -> Option<Py<PyAny>> {
        let value = match self {
            Self::Wait(future) => return Some(future),
            Self::Return(value) => value,
        };
        if !value.is_none() {
            // SAFETY: both objects are alive during the call, and the token in `value` says that the
            // interpreter may be used.
            unsafe { ffi::PyErr_SetObject(ffi::PyExc_StopIteration, value.as_ptr()) };
        }
        None
    }

    /// What `send` returns.
    pub(super) fn send(self) -> PyResult<Py<PyAny>> {
        match self {
            Self::Wait(future) => Ok(future),
            Self::Return(value) => Err(PyStopIteration::new_err((value.unbind(),))),
        }
    }
}

/// Calls `job` where an exception may be on its way already, as in a destructor: Python code that runs
/// meanwhile must not find it.
pub(super) fn beside_exception(py: Python<'_>, job: impl FnOnce()) {
    let on_its_way = PyErr::take(py);
    job();
    if let Some(error) = on_its_way {
        error.restore(py);
    }
}

/// An awaitable is awaited again.
pub(super) fn reused() -> PyErr {
    PyRuntimeError::new_err("this was awaited already: call the method again")
}

/// The exception of a call of `throw`.
pub(super) fn thrown(
    kind: &Bound<'_, PyAny>,
    value: Option<&Bound<'_, PyAny>>,
    traceback: Option<&Bound<'_, PyAny>>,
) -> PyErr {
    exception(kind, value, traceback).unwrap_or_else(|failure| failure)
}

fn exception(
    kind: &Bound<'_, PyAny>,
    value: Option<&Bound<'_, PyAny>>,
    traceback: Option<&Bound<'_, PyAny>>,
) -> PyResult<PyErr> {
    let exception = match value.filter(|value| !value.is_none()) {
        _ if !kind.is_instance_of::<pyo3::types::PyType>() => kind.clone(),
        Some(value) if value.is_instance(kind)? => value.clone(),
        Some(value) => kind.call1((value,))?,
        None => kind.call0()?,
    };
    if let Some(traceback) = traceback.filter(|traceback| !traceback.is_none()) {
        exception.setattr(intern!(kind.py(), "__traceback__"), traceback)?;
    }
    Ok(PyErr::from_value(exception))
}
