//! The beginning and the end of a connection.

use std::hash::{Hash, Hasher};

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use websocket_proto::ProtocolError;

use crate::ending::Ending;
use crate::errors;
use crate::headers::Headers;
use crate::response::Response;

/// Client: the server agreed, with this response. Messages can be sent from now on.
#[pyclass(frozen, eq, hash, module = "websocket_proto")]
pub(crate) struct Open {
    #[pyo3(get)]
    pub(crate) response: Py<Response>,
}

impl PartialEq for Open {
    fn eq(&self, other: &Self) -> bool {
        self.response.get() == other.response.get()
    }
}

impl Hash for Open {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.response.get().hash(state);
    }
}

#[pymethods]
impl Open {
    #[classattr]
    fn __match_args__() -> (&'static str,) {
        ("response",)
    }

    #[new]
    fn new(response: &Bound<'_, Response>) -> Self {
        Self { response: response.clone().unbind() }
    }

    #[getter]
    fn subprotocol(&self) -> Option<&str> {
        self.response.get().subprotocol()
    }

    #[getter]
    fn headers(&self) -> Headers {
        self.response.get().headers.clone()
    }

    fn __getnewargs__(&self, py: Python<'_>) -> (Py<Response>,) {
        (self.response.clone_ref(py),)
    }

    fn __repr__(&self) -> String {
        format!("Open({})", self.response.get().__repr__())
    }
}

/// Client: the server answered with something other than a WebSocket. `Ended` follows.
#[pyclass(frozen, eq, hash, module = "websocket_proto")]
pub(crate) struct Refused {
    #[pyo3(get)]
    pub(crate) response: Py<Response>,
}

impl PartialEq for Refused {
    fn eq(&self, other: &Self) -> bool {
        self.response.get() == other.response.get()
    }
}

impl Hash for Refused {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.response.get().hash(state);
    }
}

#[pymethods]
impl Refused {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str, &'static str) {
        ("status", "reason", "headers", "body")
    }

    #[new]
    fn new(response: &Bound<'_, Response>) -> Self {
        Self { response: response.clone().unbind() }
    }

    #[getter]
    fn status(&self) -> u16 {
        self.response.get().status
    }

    #[getter]
    fn reason(&self) -> &str {
        &self.response.get().reason
    }

    #[getter]
    fn headers(&self) -> Headers {
        self.response.get().headers.clone()
    }

    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.response.get().body)
    }

    fn __getnewargs__(&self, py: Python<'_>) -> (Py<Response>,) {
        (self.response.clone_ref(py),)
    }

    fn __repr__(&self) -> String {
        format!("Refused({})", self.response.get().__repr__())
    }
}

/// The peer broke the protocol or exceeded a limit, and the answer that it is owed waits to be sent.
///
/// Nothing from the offending frame on is delivered. `Ended` follows once the stream has ended.
#[pyclass(frozen, eq, hash, module = "websocket_proto")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Failed {
    pub(crate) error: ProtocolError,
}

#[pymethods]
impl Failed {
    #[classattr]
    fn __match_args__() -> (&'static str,) {
        ("error",)
    }

    #[new]
    fn new(error: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self { error: errors::known_protocol_error(error)? })
    }

    /// What the peer did wrong. Each time it is a new exception.
    #[getter]
    fn error<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        errors::protocol_exception(py, self.error)
    }

    fn __getnewargs__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>,)> {
        Ok((self.error(py)?,))
    }

    fn __repr__(&self) -> String {
        format!("Failed(<{}>)", self.error.name())
    }
}

/// The last event, which comes exactly once.
#[pyclass(frozen, eq, hash, module = "websocket_proto")]
pub(crate) struct Ended {
    #[pyo3(get)]
    pub(crate) ending: Py<Ending>,
}

impl PartialEq for Ended {
    fn eq(&self, other: &Self) -> bool {
        self.ending.get() == other.ending.get()
    }
}

impl Hash for Ended {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.ending.get().hash(state);
    }
}

#[pymethods]
impl Ended {
    #[classattr]
    fn __match_args__() -> (&'static str,) {
        ("ending",)
    }

    #[new]
    fn new(ending: &Bound<'_, Ending>) -> Self {
        Self { ending: ending.clone().unbind() }
    }

    fn __getnewargs__(&self, py: Python<'_>) -> (Py<Ending>,) {
        (self.ending.clone_ref(py),)
    }

    fn __repr__(&self) -> String {
        format!("Ended({})", self.ending.get().__repr__())
    }
}
