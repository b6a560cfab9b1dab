//! An HTTP response that opens a WebSocket or refuses to: `Response`.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use websocket_proto::handshake;

use crate::headers::{self, Headers};
use crate::payload::Payload;

/// A response of a server: the 101 that opened the WebSocket, or a refusal.
#[pyclass(frozen, eq, hash, module = "websocket_proto")]
#[derive(Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) reason: Box<str>,
    pub(crate) headers: Headers,
    pub(crate) body: Box<[u8]>,
    pub(crate) is_body_truncated: bool,
}

impl Response {
    /// The response that was received.
    pub(crate) fn received(response: &handshake::Response<'_>) -> Self {
        Self {
            status: response.status(),
            reason: response.reason().into(),
            headers: Headers::received(response.headers()),
            body: response.body().into(),
            is_body_truncated: response.is_body_truncated(),
        }
    }
}

impl PartialEq for Response {
    fn eq(&self, other: &Self) -> bool {
        self.status == other.status
            && self.reason == other.reason
            && self.headers == other.headers
            && self.body == other.body
    }
}

impl std::hash::Hash for Response {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.status, &self.reason, &self.body).hash(state);
    }
}

#[pymethods]
impl Response {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str, &'static str) {
        ("status", "reason", "headers", "body")
    }

    #[new]
    #[pyo3(
        signature = (status, reason = "", headers = None, body = None),
        text_signature = "(status, reason='', headers=(), body=b'')"
    )]
    fn new(
        status: u16,
        reason: &str,
        headers: Option<&Bound<'_, PyAny>>,
        body: Option<Payload<'_>>,
    ) -> PyResult<Self> {
        if !(100..=999).contains(&status) {
            return Err(PyValueError::new_err(format!(
                "a status is from 100 to 999, not {status}"
            )));
        }
        let body = body.map_or_else(Box::default, |body| body.bytes().into());
        let headers = headers::given(headers)?;
        Ok(Self { status, reason: reason.into(), headers, body, is_body_truncated: false })
    }

    #[getter]
    fn status(&self) -> u16 {
        self.status
    }

    /// The same as `status`.
    #[getter]
    fn status_code(&self) -> u16 {
        self.status
    }

    /// The reason phrase; empty if it is missing or not UTF-8.
    #[getter]
    fn reason(&self) -> &str {
        &self.reason
    }

    /// The same as `reason`.
    #[getter]
    fn reason_phrase(&self) -> &str {
        &self.reason
    }

    #[getter]
    fn headers(&self) -> Headers {
        self.headers.clone()
    }

    /// The body of a refusal, or what is kept of it (`Config.max_refusal_body`).
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.body)
    }

    /// Whether a part of the body is missing, or may be.
    #[getter]
    fn is_body_truncated(&self) -> bool {
        self.is_body_truncated
    }

    /// The subprotocol that the server chose.
    #[getter]
    pub(crate) fn subprotocol(&self) -> Option<&str> {
        let name = self.headers.text("Sec-WebSocket-Protocol")?;
        // RFC 9110 §5.6.1: elements of a list that are empty do not count.
        let is_empty = name.bytes().all(|byte| matches!(byte, b',' | b' ' | b'\t'));
        (!is_empty).then_some(name)
    }

    /// The URI that a redirect leads to, absolute or relative.
    #[getter]
    fn location(&self) -> Option<&str> {
        self.headers.text("Location")
    }

    /// The value of `Retry-After` in seconds; `None` if it is missing or a date.
    #[getter]
    fn retry_after(&self) -> Option<u32> {
        let seconds = self.headers.text("Retry-After")?;
        let is_number = seconds.bytes().all(|byte| byte.is_ascii_digit());
        seconds.parse().ok().filter(|_| is_number)
    }

    fn __getnewargs__<'py>(&self, py: Python<'py>) -> (u16, &str, Headers, Bound<'py, PyBytes>) {
        (self.status, &self.reason, self.headers.clone(), self.body(py))
    }

    pub(crate) fn __repr__(&self) -> String {
        format!("<Response {} {}, body of {} bytes>", self.status, self.reason, self.body.len())
    }
}
