//! How much of a payload a `repr` shows, and how.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

/// How much of a payload a `repr` shows, in characters or bytes.
const SHOWN: usize = 60;

/// The text as Python writes it, or the beginning of a long one.
pub(crate) fn shown_text(py: Python<'_>, text: &str) -> PyResult<String> {
    let end = text.char_indices().nth(SHOWN).map(|(end, _)| end);
    let shown = PyString::new(py, &text[..end.unwrap_or(text.len())]).repr()?;
    Ok(with_length(&shown, end.map(|_| text.len())))
}

/// The bytes as Python writes them, or the beginning of many.
pub(crate) fn shown_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<String> {
    let start = bytes.get(..SHOWN).filter(|_| bytes.len() > SHOWN);
    let shown = PyBytes::new(py, start.unwrap_or(bytes)).repr()?;
    Ok(with_length(&shown, start.map(|_| bytes.len())))
}

/// A literal, with the length in bytes of what it begins.
fn with_length(literal: &Bound<'_, PyString>, len: Option<usize>) -> String {
    len.map_or_else(|| literal.to_string(), |len| format!("{literal}… {len} bytes"))
}
