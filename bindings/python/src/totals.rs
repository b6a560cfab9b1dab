//! How much a connection has sent and received: `Totals` and `Traffic`.

use pyo3::prelude::*;

use crate::attributes::repr;

/// What went one way.
#[pyclass(frozen, eq, hash, module = "websocket_proto")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Traffic {
    core: websocket_proto::Traffic,
}

#[pymethods]
impl Traffic {
    /// Whole messages.
    #[getter]
    fn messages(&self) -> u64 {
        self.core.messages
    }

    /// Frames of messages, and control frames.
    #[getter]
    fn frames(&self) -> u64 {
        self.core.frames
    }

    /// Bytes of messages, before they were compressed or after they were inflated, and of the payloads
    /// of control frames.
    #[getter]
    fn payload_bytes(&self) -> u64 {
        self.core.payload_bytes
    }

    /// All bytes, those of the handshake and of the headers of frames too.
    #[getter]
    fn wire_bytes(&self) -> u64 {
        self.core.wire_bytes
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        repr(slf, &["messages", "frames", "payload_bytes", "wire_bytes"])
    }
}

/// How much a connection has sent and received so far.
#[pyclass(frozen, eq, hash, module = "websocket_proto")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Totals {
    core: websocket_proto::Totals,
}

impl Totals {
    pub(crate) const fn new(core: websocket_proto::Totals) -> Self {
        Self { core }
    }
}

#[pymethods]
impl Totals {
    /// What this side has sent, with what still waits to be written.
    #[getter]
    fn sent(&self) -> Traffic {
        Traffic { core: self.core.sent }
    }

    /// What this side has received.
    #[getter]
    fn received(&self) -> Traffic {
        Traffic { core: self.core.received }
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        repr(slf, &["sent", "received"])
    }
}
