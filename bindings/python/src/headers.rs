//! Header fields, in order, with names that are compared without case: `Headers`.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use pyo3::exceptions::{PyKeyError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyIterator, PyList, PyString};
use websocket_proto::handshake;

use crate::errors::wrong_type;

/// Header fields in order. Names are compared without case, and may occur several times.
///
/// Iteration yields pairs of a name and a value. Bytes of a value that are not UTF-8 are escaped as
/// `os.fsdecode` does it. A `repr` hides the values that usually are secrets.
#[pyclass(frozen, mapping, eq, hash, module = "websocket_proto")]
#[derive(Clone, Default)]
pub(crate) struct Headers {
    /// Lines of a name, a colon, a value and a line end.
    lines: Arc<[u8]>,
}

impl Headers {
    /// The headers that were received.
    pub(crate) fn received(headers: handshake::Headers<'_>) -> Self {
        headers.iter().map(|header| (header.name(), header.value())).collect()
    }

    /// The names and values, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.lines.split_inclusive(|byte| *byte == b'\n').filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let name = str::from_utf8(&line[..colon]).ok()?;
            Some((name, &line[colon + 1..line.len() - 1]))
        })
    }

    /// The values of this name, compared without case.
    pub(crate) fn values_of<'a, 'n>(
        &'a self,
        name: &'n str,
    ) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        let is_named = move |found: &str| found.eq_ignore_ascii_case(name);
        self.iter().filter(move |(found, _)| is_named(found)).map(|(_, value)| value)
    }

    /// The first value of this name, if it is UTF-8.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        str::from_utf8(self.values_of(name).next()?).ok()
    }
}

/// Equal if the same names, compared without case, have the same values in the same order.
impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        let same = |((name, value), (other_name, other_value)): ((&str, _), (&str, _))| {
            name.eq_ignore_ascii_case(other_name) && value == other_value
        };
        self.iter().count() == other.iter().count() && self.iter().zip(other.iter()).all(same)
    }
}

impl Hash for Headers {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for (name, value) in self.iter() {
            (name.to_ascii_lowercase(), value).hash(state);
        }
    }
}

impl<'a> FromIterator<(&'a str, &'a [u8])> for Headers {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a [u8])>>(headers: I) -> Self {
        let mut lines = Vec::new();
        for (name, value) in headers {
            push_line(&mut lines, name, value);
        }
        Self { lines: lines.into() }
    }
}

/// Headers of a caller: a mapping of names to values, or pairs of them.
pub(crate) fn pairs(headers: &Bound<'_, PyAny>) -> PyResult<Vec<(String, String)>> {
    let pair =
        |(name, value): Pair<'_>| Ok((name.to_str()?.to_owned(), value.to_str()?.to_owned()));
    text_pairs(headers)?.into_iter().map(pair).collect()
}

fn text_pairs<'py>(headers: &Bound<'py, PyAny>) -> PyResult<Vec<Pair<'py>>> {
    if headers.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err("headers are a mapping or pairs, not a str"));
    }
    let items = match headers.getattr_opt("items")? {
        Some(items) => items.call0()?,
        None => headers.clone(),
    };
    let pair = |item: PyResult<Bound<'py, PyAny>>| {
        let item = item?;
        item.extract()
            .map_err(|_| wrong_type("a header is a pair of a name and a value, both str", &item))
    };
    items.try_iter()?.map(pair).collect()
}

/// Headers of a caller as an object, which has to be sendable lines.
pub(crate) fn given(headers: Option<&Bound<'_, PyAny>>) -> PyResult<Headers> {
    let Some(headers) = headers else { return Ok(Headers::default()) };
    if let Ok(headers) = headers.cast::<Headers>() {
        return Ok(headers.get().clone());
    }
    let mut lines = Vec::new();
    for (name, value) in text_pairs(headers)? {
        let (name, value) = (name.to_str()?, value_bytes(&value)?);
        if !is_line(name, &value) {
            return Err(PyValueError::new_err(format!(
                "the header {name:?} has a colon or line end in its name, or a line end in its value"
            )));
        }
        push_line(&mut lines, name, &value);
    }
    Ok(Headers { lines: lines.into() })
}

fn is_line(name: &str, value: &[u8]) -> bool {
    let ends_line = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let is_name = !name.is_empty() && !name.contains([':', '\r', '\n']);
    is_name && !value.iter().any(ends_line)
}

fn push_line(lines: &mut Vec<u8>, name: &str, value: &[u8]) {
    for part in [name.as_bytes(), b":", value, b"\n"] {
        lines.extend_from_slice(part);
    }
}

/// The bytes of a value as `value_text` shows them.
fn value_bytes(value: &Bound<'_, PyString>) -> PyResult<Vec<u8>> {
    match value.to_str() {
        Ok(text) => Ok(text.into()),
        Err(_) => value.call_method1("encode", ("utf-8", "surrogateescape"))?.extract(),
    }
}

/// The value as a `str`, where bytes that are not UTF-8 are escaped as `os.fsdecode` does it.
fn value_text<'py>(py: Python<'py>, value: &[u8]) -> PyResult<Bound<'py, PyString>> {
    match str::from_utf8(value) {
        Ok(text) => Ok(PyString::new(py, text)),
        Err(_) => {
            let bytes = PyBytes::new(py, value);
            PyString::from_encoded_object(&bytes, Some(c"utf-8"), Some(c"surrogateescape"))
        }
    }
}

type Pair<'py> = (Bound<'py, PyString>, Bound<'py, PyString>);

#[pymethods]
impl Headers {
    #[new]
    #[pyo3(signature = (headers = None, /), text_signature = "(headers=(), /)")]
    fn new(headers: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        given(headers)
    }

    /// The first value of this name; `default` if there is none.
    #[pyo3(signature = (name, default = None))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.values_of(name).next() {
            Some(value) => Ok(Some(value_text(py, value)?.into_any())),
            None => Ok(default),
        }
    }

    /// All values of this name, in order.
    fn get_all<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Vec<Bound<'py, PyString>>> {
        self.values_of(name).map(|value| value_text(py, value)).collect()
    }

    /// The names and values, in order.
    fn items<'py>(&self, py: Python<'py>) -> PyResult<Vec<Pair<'py>>> {
        let pair = |(name, value)| Ok((PyString::new(py, name), value_text(py, value)?));
        self.iter().map(pair).collect()
    }

    /// The names, in order, as often as they occur.
    fn keys<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyString>> {
        self.iter().map(|(name, _)| PyString::new(py, name)).collect()
    }

    /// The values, in order.
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyString>>> {
        self.iter().map(|(_, value)| value_text(py, value)).collect()
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyString>> {
        match self.values_of(name).next() {
            Some(value) => value_text(py, value),
            None => Err(PyKeyError::new_err(name.to_owned())),
        }
    }

    fn __contains__(&self, name: &Bound<'_, PyAny>) -> bool {
        name.extract::<&str>().is_ok_and(|name| self.values_of(name).next().is_some())
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        PyList::new(py, self.items(py)?)?.try_iter()
    }

    fn __len__(&self) -> usize {
        self.iter().count()
    }

    fn __getnewargs__<'py>(&self, py: Python<'py>) -> PyResult<(Vec<Pair<'py>>,)> {
        Ok((self.items(py)?,))
    }

    /// The names with their values, those hidden that usually are secrets.
    fn __repr__(&self) -> String {
        let shown = |(name, value): (&str, &[u8])| format!("{name}: {}", shown_value(name, value));
        format!("<Headers {}>", self.iter().map(shown).collect::<Vec<_>>().join("; "))
    }
}

/// The value as a `repr` may show it: no secrets, and no query.
fn shown_value(name: &str, value: &[u8]) -> String {
    const SECRETS: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "set-cookie"];
    if SECRETS.iter().any(|secret| name.eq_ignore_ascii_case(secret)) {
        return "(hidden)".to_owned();
    }
    let is_uri = ["location", "referer"].iter().any(|uri| name.eq_ignore_ascii_case(uri));
    let ends = |byte: &u8| is_uri && matches!(byte, b'?' | b'#');
    let shown = value.split(ends).next().unwrap_or_default();
    shown.escape_ascii().to_string()
}
