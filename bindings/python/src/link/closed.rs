//! The exceptions of a connection that is closed.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use websocket_proto::{CloseCode, CloseFrame, SendError};

use super::Link;
use crate::ending::Ending;
use crate::errors;

/// `ConnectionClosedOK` after a clean end or before any, and `ConnectionClosedError` otherwise.
pub(super) fn exception(link: &Bound<'_, Link>) -> PyErr {
    make(link).unwrap_or_else(|failure| failure)
}

/// Whether the connection has ended as both sides wanted.
pub(super) fn is_closed_ok(link: &Bound<'_, Link>) -> PyResult<bool> {
    link.get().with(link.py(), |state| state.ending.as_deref().is_some_and(is_ok))
}

/// Why something was not sent: because the connection is closed, or for another reason.
pub(super) fn send_error(link: &Bound<'_, Link>, error: SendError) -> PyErr {
    if error == SendError::Closed { exception(link) } else { errors::send_error(link.py(), error) }
}

fn make(link: &Bound<'_, Link>) -> PyResult<PyErr> {
    static OK: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    const MODULE: &str = "websocket_proto.exceptions";
    let py = link.py();
    let Some(ending) = link.get().with(py, |state| state.ending.clone())? else {
        return Ok(errors::send_error(py, SendError::Closed));
    };
    let class = if is_ok(&ending) {
        OK.import(py, MODULE, "ConnectionClosedOK")?
    } else {
        ERROR.import(py, MODULE, "ConnectionClosedError")?
    };
    let ending = Py::new(py, Ending::delivered(&ending))?;
    Ok(PyErr::from_value(class.call1((ending,))?))
}

/// Whether the connection was closed by both sides, neither of which told of an error.
fn is_ok(ending: &websocket_proto::Ending) -> bool {
    let says_ok = |frame: &CloseFrame| {
        matches!(frame.code, CloseCode::NORMAL | CloseCode::GOING_AWAY | CloseCode::NO_STATUS)
    };
    let frames = [&ending.sent, &ending.received];
    ending.is_clean() && frames.into_iter().flatten().all(says_ok)
}

/// Two calls are made at the same time of which only one can be.
pub(super) fn concurrency_error(py: Python<'_>, message: &str) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = CLASS.import(py, "websocket_proto.exceptions", "ConcurrencyError");
    let made = class.and_then(|class| class.call1((message,)));
    made.map_or_else(|failure| failure, PyErr::from_value)
}
