//! What goes wrong with proxies, as exceptions of `websocket_proto.exceptions`.

use pyo3::prelude::*;
use websocket_proto::handshake::proxy::{ProxyError, ProxyUrlError, ProxyVariableError};

use crate::errors::{Class, Facts};
use crate::response::Response;

static INVALID_PROXY: Class = Class::new("InvalidProxy");
static PROXY_ERROR: Class = Class::new("ProxyError");
static INVALID_PROXY_STATUS: Class = Class::new("InvalidProxyStatus");
static INVALID_PROXY_MESSAGE: Class = Class::new("InvalidProxyMessage");

/// Why a text is not the URL of a proxy.
pub(crate) fn proxy_url_error(py: Python<'_>, error: ProxyUrlError) -> PyErr {
    let facts = Facts { name: error.name(), code: error.code(), section: error.rfc_section() };
    INVALID_PROXY.raise(py, &error, &facts)
}

/// Why the environment does not say which proxy to use.
pub(crate) fn proxy_variable_error(py: Python<'_>, error: ProxyVariableError) -> PyErr {
    let facts = Facts { name: error.name(), code: error.code(), section: None };
    INVALID_PROXY.raise(py, &error, &facts)
}

/// Why a proxy does not lead to the server.
pub(crate) fn proxy_error(py: Python<'_>, error: &ProxyError) -> PyErr {
    let facts = Facts { name: error.name(), code: error.code(), section: None };
    let described = match error {
        ProxyError::Refused(refusal) => {
            let response = Response::received(&refusal.response());
            INVALID_PROXY_STATUS.describe(py, error, &facts).and_then(|exception| {
                exception.setattr("response", response)?;
                Ok(exception)
            })
        }
        ProxyError::BadResponse(_) | ProxyError::BadSocks | ProxyError::Closed => {
            INVALID_PROXY_MESSAGE.describe(py, error, &facts)
        }
        _ => PROXY_ERROR.describe(py, error, &facts),
    };
    described.map_or_else(|failure| failure, PyErr::from_value)
}
