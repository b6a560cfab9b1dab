//! Events one at a time, so that each can be answered before the next is found.

use pyo3::prelude::*;
use websocket_proto::Time;

use super::Connection;

/// The events of what was received in one call, each found when it is asked for.
#[pyclass(frozen, module = "websocket_proto")]
pub(crate) struct Events {
    /// It does not refer back, so the garbage collector need not know.
    connection: Py<Connection>,
    now: Time,
}

impl Events {
    pub(super) const fn new(connection: Py<Connection>, now: Time) -> Self {
        Self { connection, now }
    }
}

#[pymethods]
impl Events {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.connection.get().with(py, |session| session.next_event(py, self.now))
    }
}
