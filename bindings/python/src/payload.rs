//! What callers send: text, or bytes in any object that has a buffer.

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use websocket_proto::SendError;

use crate::errors;

/// The bytes of an argument. Those of a `bytes` are used where they are, and those of another buffer
/// are copied, as other code may change them meanwhile.
pub(crate) enum Payload<'py> {
    Bytes(Borrowed<'py, 'py, PyBytes>),
    Copied(Vec<u8>),
}

impl Payload<'_> {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes.as_bytes(),
            Self::Copied(bytes) => bytes,
        }
    }
}

/// The bytes of a fragment.
pub(crate) enum Fragment<'a> {
    Text(&'a str),
    Bytes(Payload<'a>),
}

impl Fragment<'_> {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes.bytes(),
        }
    }
}

impl<'py> FromPyObject<'py, 'py> for Payload<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'py, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = object.cast::<PyBytes>() {
            return Ok(Self::Bytes(bytes));
        }
        let buffer = buffer(&object)?;
        buffer.to_vec(object.py()).map(Self::Copied)
    }
}

/// The bytes of a binary message.
pub(crate) fn message<'a, 'py>(data: &'a Bound<'py, PyAny>) -> PyResult<Payload<'a>>
where
    'py: 'a,
{
    let wanted = "a message is a str, bytes in a buffer, or a Prepared";
    data.extract().map_err(|_| errors::wrong_type(wanted, data))
}

/// The bytes of a fragment: those of a `str` in UTF-8, or those of a buffer.
pub(crate) fn fragment<'a>(data: &'a Bound<'_, PyAny>) -> PyResult<Fragment<'a>> {
    if let Ok(data) = data.cast::<PyString>() {
        return text(data).map(Fragment::Text);
    }
    let wanted = "a fragment is a str, or bytes in a buffer";
    data.extract().map(Fragment::Bytes).map_err(|_| errors::wrong_type(wanted, data))
}

/// The buffer of an object with bytes in one piece.
pub(crate) fn buffer(object: &Bound<'_, PyAny>) -> PyResult<PyBuffer<u8>> {
    let wanted = "this takes bytes or another buffer of them";
    let buffer = PyBuffer::<u8>::get(object).map_err(|_| errors::wrong_type(wanted, object))?;
    if buffer.is_c_contiguous() {
        Ok(buffer)
    } else {
        Err(PyTypeError::new_err("this takes a buffer in one piece: pass bytes(...) of it"))
    }
}

/// The text in UTF-8. A `str` with lone surrogates has none.
pub(crate) fn text<'a>(text: &'a Bound<'_, PyString>) -> PyResult<&'a str> {
    text.to_str().map_err(|cause| {
        let py = text.py();
        let error = errors::send_error(py, SendError::NotUtf8);
        error.set_cause(py, Some(cause));
        error
    })
}

/// A `bytes` with a copy of these bytes. The error is that there is no memory.
#[expect(unsafe_code, reason = "PyO3 panics where there is no memory, or writes zeros first")]
pub(crate) fn copied<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    // No slice is longer than `isize::MAX`.
    let (start, len) = (bytes.as_ptr().cast(), bytes.len() as ffi::Py_ssize_t);
    // SAFETY: the bytes are there for the whole call, which copies them and returns a new reference,
    // or null with an exception set.
    let copy =
        unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyBytes_FromStringAndSize(start, len)) };
    Ok(copy?.cast_into()?)
}
