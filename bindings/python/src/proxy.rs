//! Proxies between a client and its server: which one, and what is said to it.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use websocket_proto::handshake::proxy::{self as core, TunnelProgress};

use crate::client_request::ClientRequest;
use crate::errors::concurrency_error;
use crate::proxy_errors::{proxy_error, proxy_url_error, proxy_variable_error};

/// Which proxy to use, and with what credentials.
///
/// The schemes are `http`, `https`, `socks5` and `socks5h`. The proxy looks up the server's name.
/// Raises `InvalidProxy` for what is no URL of a proxy.
#[pyclass(frozen, eq, module = "websocket_proto._core")]
#[derive(PartialEq)]
pub(crate) struct Proxy {
    proxy: core::Proxy,
}

#[pymethods]
impl Proxy {
    #[new]
    fn new(py: Python<'_>, url: &str) -> PyResult<Self> {
        let proxy = core::Proxy::new(url).map_err(|error| proxy_url_error(py, error))?;
        Ok(Self { proxy })
    }

    /// The proxy that the environment names for this server; `None` if it names none.
    ///
    /// For `wss`, the first of `wss_proxy`, `https_proxy` and `all_proxy`; for `ws`, of `ws_proxy`,
    /// `https_proxy`, `http_proxy` and `all_proxy`; in lower case or upper case. None for what
    /// `no_proxy` lists. Raises `InvalidProxy` if a variable cannot be read: do not connect directly
    /// then.
    #[staticmethod]
    fn from_env(py: Python<'_>, request: &ClientRequest) -> PyResult<Option<Self>> {
        let found = core::Proxy::from_env(request.core().uri());
        let proxy = found.map_err(|error| proxy_variable_error(py, error))?;
        Ok(proxy.map(|proxy| Self { proxy }))
    }

    /// How the proxy is spoken to.
    #[getter]
    fn scheme(&self) -> &'static str {
        self.proxy.scheme()
    }

    /// The host of the proxy, in lower case.
    #[getter]
    fn host(&self) -> &str {
        self.proxy.host()
    }

    /// The port of the proxy.
    #[getter]
    fn port(&self) -> u16 {
        self.proxy.port()
    }

    /// Whether the connection to the proxy uses TLS.
    #[getter]
    fn is_secure(&self) -> bool {
        self.proxy.is_secure()
    }

    /// Without the credentials.
    fn __repr__(&self) -> String {
        format!("Proxy('{}')", self.proxy)
    }
}

/// The exchange with a proxy that leads to a server, without I/O.
///
/// Write `take_output()`, pass what is read to `receive()`, and repeat both until it is open.
#[pyclass(module = "websocket_proto._core")]
pub(crate) struct Tunnel {
    tunnel: core::Tunnel,
}

#[pymethods]
impl Tunnel {
    #[new]
    fn new(py: Python<'_>, proxy: &Proxy, request: &ClientRequest) -> PyResult<Self> {
        let tunnel = core::Tunnel::new(&proxy.proxy, request.core().uri());
        Ok(Self { tunnel: tunnel.map_err(|error| proxy_error(py, &error))? })
    }

    /// What has to be written to the proxy now; empty if nothing has.
    fn take_output<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyBytes>> {
        let py = slf.py();
        let mut this = slf.try_borrow_mut().map_err(|_| concurrency_error(py))?;
        Ok(PyBytes::new(py, &this.tunnel.take_output()))
    }

    /// Reads what the proxy has sent: `None` while its answer is not complete, and then the bytes
    /// that came after it, which are the server's.
    ///
    /// Raises `ProxyError` if the proxy does not lead to the server.
    fn receive<'py>(slf: &Bound<'py, Self>, data: &[u8]) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let py = slf.py();
        let mut this = slf.try_borrow_mut().map_err(|_| concurrency_error(py))?;
        match this.tunnel.receive(data) {
            Ok(TunnelProgress::NeedBytes) => Ok(None),
            Ok(TunnelProgress::Open(early)) => Ok(Some(PyBytes::new(py, &early))),
            Err(error) => Err(proxy_error(py, &error)),
        }
    }

    /// Raises what the end of the stream means: `InvalidProxyMessage`.
    fn receive_eof(slf: &Bound<'_, Self>) -> PyResult<()> {
        let py = slf.py();
        let mut this = slf.try_borrow_mut().map_err(|_| concurrency_error(py))?;
        Err(proxy_error(py, &this.tunnel.receive_eof()))
    }
}
