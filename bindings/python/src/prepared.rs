//! A message that is encoded once for many connections: `Prepared`.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use websocket_proto::MessageKind;

use crate::errors::wrong_type;
use crate::events;
use crate::payload::{self, Payload};

/// A message for many connections, which is encoded once, and compressed once for all alike.
#[pyclass(frozen, module = "websocket_proto")]
pub(crate) struct Prepared {
    pub(crate) core: websocket_proto::Prepared,
}

#[pymethods]
impl Prepared {
    #[new]
    #[pyo3(signature = (message, /))]
    fn new(message: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(text) = message.cast::<PyString>() {
            return Ok(Self { core: websocket_proto::Prepared::text(payload::text(text)?) });
        }
        let wanted = "a message is a str, or bytes in a buffer";
        let payload: Payload<'_> = message.extract().map_err(|_| wrong_type(wanted, message))?;
        Ok(Self { core: websocket_proto::Prepared::binary(payload.bytes()) })
    }

    #[getter]
    fn is_text(&self) -> bool {
        self.core.kind() == MessageKind::Text
    }

    /// A copy of the message.
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let data = PyBytes::new(py, self.core.payload());
        if self.is_text() { data.call_method0("decode") } else { Ok(data.into_any()) }
    }

    fn __getnewargs__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>,)> {
        Ok((self.data(py)?,))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let payload = self.core.payload();
        let shown = match str::from_utf8(payload) {
            Ok(text) if self.is_text() => events::shown_text(py, text)?,
            _ => events::shown_bytes(py, payload)?,
        };
        Ok(format!("Prepared({shown})"))
    }
}
