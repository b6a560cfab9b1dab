//! What a client asks a server for, and what that becomes with a redirect.

use pyo3::prelude::*;
use websocket_proto::handshake as core;

use crate::errors::request_error;

/// A request to open a WebSocket, as a client sends it.
///
/// Raises `InvalidURI` or `RequestError` for what cannot be sent. `user_agent` is that of the package
/// if it is `None`, and none is sent if it is empty.
#[pyclass(frozen, module = "websocket_proto._core")]
pub(crate) struct ClientRequest {
    request: core::ClientRequest,
}

impl ClientRequest {
    pub(crate) const fn core(&self) -> &core::ClientRequest {
        &self.request
    }
}

#[pymethods]
impl ClientRequest {
    #[new]
    #[pyo3(
        signature = (uri, *, headers = Vec::new(), subprotocols = Vec::new(), origin = None,
            user_agent = None),
        text_signature = "(uri, *, headers=(), subprotocols=(), origin=None, user_agent=None)"
    )]
    fn new(
        py: Python<'_>,
        uri: &str,
        headers: Vec<(String, String)>,
        subprotocols: Vec<String>,
        origin: Option<&str>,
        user_agent: Option<&str>,
    ) -> PyResult<Self> {
        let mut request =
            core::ClientRequest::new(uri).map_err(|error| request_error(py, error))?;
        if let Some(user_agent) = user_agent {
            let set = request.add_header("User-Agent", user_agent);
            set.map_err(|error| request_error(py, error))?;
        }
        if let Some(origin) = origin {
            request.set_origin(origin).map_err(|error| request_error(py, error))?;
        }
        for name in &subprotocols {
            request.add_subprotocol(name).map_err(|error| request_error(py, error))?;
        }
        for (name, value) in &headers {
            request.add_header(name, value).map_err(|error| request_error(py, error))?;
        }
        Ok(Self { request })
    }

    /// The request that follows a redirect. It leaves out what another origin should not know.
    ///
    /// Raises `RequestError` for the sixth redirect in a row, for one from `wss` to `ws`, and for a
    /// `location` that is no place for a WebSocket.
    fn redirected(&self, py: Python<'_>, location: &str) -> PyResult<Self> {
        let request = self.request.redirected(location);
        Ok(Self { request: request.map_err(|error| request_error(py, error))? })
    }

    /// The URI in its usual form.
    #[getter]
    fn uri(&self) -> String {
        self.request.uri().to_string()
    }

    /// The host to look up, in lower case, with the zone of a link-local IPv6 address.
    #[getter]
    fn host(&self) -> String {
        let uri = self.request.uri();
        match uri.zone() {
            Some(zone) => format!("{}%{zone}", uri.host()),
            None => uri.host().into(),
        }
    }

    /// The host as the server's certificate names it.
    #[getter]
    fn server_hostname(&self) -> &str {
        self.request.uri().host()
    }

    /// The port to connect to.
    #[getter]
    fn port(&self) -> u16 {
        self.request.uri().port()
    }

    /// Whether the connection must use TLS.
    #[getter]
    fn is_secure(&self) -> bool {
        self.request.uri().is_secure()
    }

    /// Without the query, which may hold a token.
    fn __repr__(&self) -> String {
        let uri = self.request.uri();
        let scheme = if uri.is_secure() { "wss" } else { "ws" };
        format!("ClientRequest('{scheme}://{}{}')", uri.authority(), uri.path())
    }
}
