//! The object that is told what happens.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;

/// The listener, with the methods that messages are given to.
pub(super) struct Listener {
    object: Py<PyAny>,
    on_text: Option<Py<PyAny>>,
    on_binary: Option<Py<PyAny>>,
}

impl Listener {
    pub(super) fn new(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = object.py();
        Ok(Self {
            on_text: object.getattr_opt(intern!(py, "on_text"))?.map(Bound::unbind),
            on_binary: object.getattr_opt(intern!(py, "on_binary"))?.map(Bound::unbind),
            object: object.clone().unbind(),
        })
    }

    pub(super) fn clone_ref(&self, py: Python<'_>) -> Self {
        Self {
            object: self.object.clone_ref(py),
            on_text: self.on_text.as_ref().map(|method| method.clone_ref(py)),
            on_binary: self.on_binary.as_ref().map(|method| method.clone_ref(py)),
        }
    }

    pub(super) fn object(&self) -> &Py<PyAny> {
        &self.object
    }

    pub(super) fn tell_text(
        &self,
        link: &Bound<'_, PyAny>,
        text: Bound<'_, PyAny>,
    ) -> PyResult<()> {
        if let Some(method) = &self.on_text {
            method.bind(link.py()).call1((link, text))?;
        }
        Ok(())
    }

    pub(super) fn tell_binary(
        &self,
        link: &Bound<'_, PyAny>,
        data: Bound<'_, PyAny>,
    ) -> PyResult<()> {
        if let Some(method) = &self.on_binary {
            method.bind(link.py()).call1((link, data))?;
        }
        Ok(())
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.object)?;
        visit.call(&self.on_text)?;
        visit.call(&self.on_binary)
    }
}
