//! Control frames that hold more than bytes.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::{shown_bytes, shown_text};
use crate::payload::{self, Payload};

/// A pong, whether or not it answers a ping.
#[pyclass(frozen, module = "websocket_proto")]
pub(crate) struct Pong {
    /// At most 125 bytes.
    #[pyo3(get)]
    payload: Py<PyBytes>,
    /// The seconds since the keepalive's last ping, if this is the first answer to it.
    #[pyo3(get)]
    round_trip: Option<f64>,
}

impl Pong {
    pub(crate) fn received(
        py: Python<'_>,
        payload: &[u8],
        round_trip: Option<f64>,
    ) -> PyResult<Self> {
        Ok(Self { payload: payload::copied(py, payload)?.unbind(), round_trip })
    }
}

#[pymethods]
impl Pong {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str) {
        ("payload", "round_trip")
    }

    #[new]
    #[pyo3(signature = (payload, round_trip = None))]
    fn new(py: Python<'_>, payload: Payload<'_>, round_trip: Option<f64>) -> PyResult<Self> {
        Self::received(py, payload.bytes(), round_trip)
    }

    fn __getnewargs__(&self, py: Python<'_>) -> (Py<PyBytes>, Option<f64>) {
        (self.payload.clone_ref(py), self.round_trip)
    }

    fn __eq__(&self, py: Python<'_>, other: &Self) -> bool {
        let same_payload = self.payload.as_bytes(py) == other.payload.as_bytes(py);
        same_payload && self.round_trip == other.round_trip
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.payload.bind(py).hash()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let payload = shown_bytes(py, self.payload.as_bytes(py))?;
        Ok(match self.round_trip {
            Some(seconds) => format!("Pong({payload}, {seconds:?})"),
            None => format!("Pong({payload})"),
        })
    }
}

/// A Close frame: the peer's as an event, and that of either side in an `Ending`.
///
/// As an event: the answer, if one is due, waits to be sent already.
#[pyclass(frozen, eq, hash, module = "websocket_proto")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Close {
    /// The code; 1005 if the frame had none (§7.1.5).
    #[pyo3(get)]
    pub(crate) code: u16,
    pub(crate) reason: Box<str>,
}

#[pymethods]
impl Close {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str) {
        ("code", "reason")
    }

    #[new]
    #[pyo3(signature = (code, reason = ""))]
    fn new(code: u16, reason: &str) -> Self {
        Self { code, reason: reason.into() }
    }

    /// The reason, at most 123 bytes in UTF-8.
    #[getter]
    fn reason(&self) -> &str {
        &self.reason
    }

    fn __getnewargs__(&self) -> (u16, &str) {
        (self.code, &self.reason)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Close({}, {})", self.code, shown_text(py, &self.reason)?))
    }
}
