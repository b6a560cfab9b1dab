//! Texts, and the two ends of a message that is delivered in chunks.

use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use websocket_proto::MessageKind;

use super::shown_text;
use crate::payload;

/// A text message.
#[pyclass(frozen, module = "websocket_proto")]
pub(crate) struct Text {
    // Plain, so it refers to nothing, and the garbage collector need not know.
    #[pyo3(get)]
    data: Py<PyString>,
}

impl Text {
    pub(crate) fn received(py: Python<'_>, text: &str) -> PyResult<Self> {
        Ok(Self { data: PyString::from_bytes(py, text.as_bytes())?.unbind() })
    }
}

#[pymethods]
impl Text {
    #[classattr]
    fn __match_args__() -> (&'static str,) {
        ("data",)
    }

    #[new]
    fn new(data: &Bound<'_, PyString>) -> PyResult<Self> {
        Ok(Self { data: plain_text(data)? })
    }

    fn __getnewargs__(&self, py: Python<'_>) -> (Py<PyString>,) {
        (self.data.clone_ref(py),)
    }

    fn __eq__(&self, py: Python<'_>, other: &Self) -> PyResult<bool> {
        self.data.bind(py).as_any().eq(other.data.bind(py))
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.data.bind(py).hash()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Text({})", shown_text(py, self.data.bind(py).to_str()?)?))
    }
}

/// Streaming delivery: a message begins.
#[pyclass(frozen, eq, hash, module = "websocket_proto")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Start {
    /// Whether it is a text message.
    #[pyo3(get)]
    pub(crate) text: bool,
}

impl Start {
    pub(crate) fn of_kind(kind: MessageKind) -> Self {
        Self { text: kind == MessageKind::Text }
    }
}

#[pymethods]
impl Start {
    #[classattr]
    fn __match_args__() -> (&'static str,) {
        ("text",)
    }

    #[new]
    fn new(text: bool) -> Self {
        Self { text }
    }

    fn __getnewargs__(&self) -> (bool,) {
        (self.text,)
    }

    fn __repr__(&self) -> &'static str {
        if self.text { "Start(True)" } else { "Start(False)" }
    }
}

/// Streaming delivery: the message is complete.
#[pyclass(frozen, eq, hash, module = "websocket_proto")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct End {}

#[pymethods]
impl End {
    #[classattr]
    fn __match_args__(py: Python<'_>) -> Bound<'_, PyTuple> {
        PyTuple::empty(py)
    }

    #[new]
    fn new() -> Self {
        Self {}
    }

    fn __getnewargs__<'py>(&self, py: Python<'py>) -> Bound<'py, PyTuple> {
        PyTuple::empty(py)
    }

    fn __repr__(&self) -> &'static str {
        "End()"
    }
}

/// A `str` of the class itself and not of a subclass, which might refer to anything.
fn plain_text(text: &Bound<'_, PyString>) -> PyResult<Py<PyString>> {
    if text.is_exact_instance_of::<PyString>() {
        return Ok(text.clone().unbind());
    }
    Ok(PyString::new(text.py(), payload::text(text)?).unbind())
}
