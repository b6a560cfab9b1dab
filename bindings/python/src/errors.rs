//! The core's errors as exceptions of `websocket_proto.exceptions`.

use std::fmt::Display;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use websocket_proto::handshake::{AnswerError, RequestError};
use websocket_proto::{ProtocolError, SendError};

/// What every exception that stands for an error of the core knows.
pub(crate) struct Facts {
    pub(crate) name: &'static str,
    pub(crate) code: u16,
    pub(crate) section: Option<&'static str>,
}

/// A class of `websocket_proto.exceptions`, imported when it is needed.
pub(crate) struct Class {
    name: &'static str,
    class: PyOnceLock<Py<PyType>>,
}

static SEND_ERROR: Class = Class::new("SendError");
static ANSWER_ERROR: Class = Class::new("AnswerError");
static REQUEST_ERROR: Class = Class::new("RequestError");
static INVALID_URI: Class = Class::new("InvalidURI");
static PROTOCOL_ERROR: Class = Class::new("ProtocolError");
static CONCURRENCY_ERROR: Class = Class::new("ConcurrencyError");

impl Class {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, class: PyOnceLock::new() }
    }

    pub(crate) fn make<'py>(
        &self,
        py: Python<'py>,
        message: String,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.class.import(py, "websocket_proto.exceptions", self.name)?.call1((message,))
    }

    pub(crate) fn raise(&self, py: Python<'_>, message: &dyn Display, facts: &Facts) -> PyErr {
        self.describe(py, message, facts).map_or_else(|failure| failure, PyErr::from_value)
    }

    pub(crate) fn describe<'py>(
        &self,
        py: Python<'py>,
        message: &dyn Display,
        facts: &Facts,
    ) -> PyResult<Bound<'py, PyAny>> {
        let exception = self.make(py, in_python(&message.to_string()))?;
        exception.setattr("name", facts.name)?;
        exception.setattr("code", facts.code)?;
        exception.setattr("section", facts.section)?;
        Ok(exception)
    }
}

/// Why something was not sent.
#[cold]
#[inline(never)]
pub(crate) fn send_error(py: Python<'_>, error: SendError) -> PyErr {
    let facts = Facts { name: error.name(), code: error.code(), section: error.rfc_section() };
    SEND_ERROR.raise(py, &error, &facts)
}

/// Why a server's answer cannot be sent.
pub(crate) fn answer_error(py: Python<'_>, error: AnswerError) -> PyErr {
    let facts = Facts { name: error.name(), code: error.code(), section: error.rfc_section() };
    ANSWER_ERROR.raise(py, &error, &facts)
}

/// Why a client's request cannot be made: `InvalidURI` if the URI is the reason.
pub(crate) fn request_error(py: Python<'_>, error: RequestError) -> PyErr {
    let class = if is_about_uri(error) { &INVALID_URI } else { &REQUEST_ERROR };
    let facts = Facts { name: error.name(), code: error.code(), section: error.rfc_section() };
    class.raise(py, &error, &facts)
}

/// What the peer did wrong, to be raised.
pub(crate) fn protocol_error(py: Python<'_>, error: ProtocolError) -> PyErr {
    protocol_exception(py, error).map_or_else(|failure| failure, PyErr::from_value)
}

/// What the peer did wrong, as an object for an event or an ending.
pub(crate) fn protocol_exception(
    py: Python<'_>,
    error: ProtocolError,
) -> PyResult<Bound<'_, PyAny>> {
    let section = Some(error.rfc_section());
    let facts = Facts { name: error.name(), code: error.code(), section };
    let exception = PROTOCOL_ERROR.describe(py, &error, &facts)?;
    exception.setattr("close_code", error.close_code().map(|code| code.get()))?;
    exception.setattr("status", error.http_status())?;
    exception.setattr("is_limit", error.is_limit())?;
    Ok(exception)
}

/// The object is used by another call.
pub(crate) fn concurrency_error(py: Python<'_>) -> PyErr {
    let message = "another call uses this object: use it from one thread at a time, and not from a \
                   finalizer that runs meanwhile";
    CONCURRENCY_ERROR.make(py, message.to_owned()).map_or_else(|it| it, PyErr::from_value)
}

/// One exception for every error of the core, in the order of their codes.
#[pyfunction]
pub(crate) fn known_errors(py: Python<'_>) -> Vec<PyErr> {
    let send = SendError::ALL.iter().map(|error| send_error(py, *error));
    let answer = AnswerError::ALL.iter().map(|error| answer_error(py, *error));
    let request = RequestError::ALL.iter().map(|error| request_error(py, *error));
    let protocol = ProtocolError::ALL.iter().map(|error| protocol_error(py, *error));
    send.chain(answer).chain(request).chain(protocol).collect()
}

const fn is_about_uri(error: RequestError) -> bool {
    matches!(
        error,
        RequestError::BadScheme
            | RequestError::UnixSocket
            | RequestError::BadHost
            | RequestError::HostNotAscii
            | RequestError::BadPort
            | RequestError::Fragment
            | RequestError::BadPath
            | RequestError::Backslash
    )
}

/// The message with the names that Python has for what the core names.
pub(crate) fn in_python(message: &str) -> String {
    const NAMES: [(&str, &str); 13] = [
        ("Limits::message", "max_message of Config"),
        ("Limits::frame", "max_frame of Config"),
        ("Limits::extra_fragments", "max_fragments of Config"),
        ("Limits::headers", "max_headers of Config"),
        ("Limits::head", "max_head of Config"),
        ("Limits::output", "max_output of Config"),
        ("Leniency::any_key_length", "leniency \"any-key-length\" of Config"),
        ("Leniency::any_subprotocol", "leniency \"any-subprotocol\" of Config"),
        ("call start_message first", "call start() first"),
        ("Update::Connected", "the next connection"),
        (": see frame::truncate_reason", " of UTF-8"),
        (" (see any_subprotocol)", " (or add \"any-subprotocol\" to leniency of Config)"),
        ("connect a UnixStream and pass it to client()", "connect a socket of your own"),
    ];
    NAMES.iter().fold(message.to_owned(), |text, (core, python)| text.replace(core, python))
}

/// The error of the core that an exception `ProtocolError` stands for.
pub(crate) fn known_protocol_error(exception: &Bound<'_, PyAny>) -> PyResult<ProtocolError> {
    let code = exception.getattr_opt("code")?.and_then(|code| code.extract::<u16>().ok());
    let known = ProtocolError::ALL.iter().find(|error| Some(error.code()) == code);
    known
        .copied()
        .ok_or_else(|| wrong_type("this takes a ProtocolError of this package", exception))
}

/// The error for an argument of a wrong type: what it should be, and what it is.
pub(crate) fn wrong_type(wanted: &str, found: &Bound<'_, PyAny>) -> PyErr {
    let class = found.get_type();
    let name = class.name().map_or_else(|_| "that".to_owned(), |name| name.to_string());
    PyTypeError::new_err(format!("{wanted}, not {name}"))
}
