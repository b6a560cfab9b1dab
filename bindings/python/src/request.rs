//! The client's request as a server sees it: `Request`, which is an event too.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use websocket_proto::handshake::{self, ExtendedConnect, OriginPolicy};

use crate::errors;
use crate::headers::{self, Headers};

/// What stands for the host of a request that names none, as those of tests may do.
const NO_HOST: &[u8] = b"host.invalid";

/// A client's request to open a WebSocket, and the event that it has arrived.
///
/// Answer it with `Connection.accept` or `Connection.reject`. A `repr` leaves out the query, which may
/// hold secrets.
#[pyclass(frozen, eq, hash, module = "websocket_proto")]
#[derive(Clone)]
pub(crate) struct Request {
    /// The target, the host, the path and the query if there is one, with line ends in between: a
    /// server may keep a request for each connection.
    parts: Box<str>,
    asks_for_websocket: bool,
    headers: Headers,
}

impl Request {
    /// The request that was received.
    pub(crate) fn received(request: &handshake::Request<'_>) -> Self {
        let (target, host) = (request.target(), request.authority());
        Self {
            parts: joined(target, host, request.path(), request.query()),
            asks_for_websocket: request.asks_for_websocket(),
            headers: Headers::received(request.headers()),
        }
    }

    /// The target, the host, the path and the query.
    fn part(&self, index: usize) -> Option<&str> {
        self.parts.split('\n').nth(index)
    }

    /// Lets `look` see a request for the same path that has those of the headers alone that are of
    /// this name. `None` if the core does not take it for one.
    fn view<R>(&self, name: &str, look: impl FnOnce(handshake::Request<'_>) -> R) -> Option<R> {
        let path = self.query().map_or_else(|| "/".to_owned(), |query| format!("/?{query}"));
        let host = self.host();
        let lower_case = name.to_ascii_lowercase();
        let fixed: [(&[u8], &[u8]); 6] = [
            (b":method", b"CONNECT"),
            (b":protocol", b"websocket"),
            (b":scheme", b"https"),
            (b":path", path.as_bytes()),
            (b":authority", if host.is_empty() { NO_HOST } else { host.as_bytes() }),
            (b"sec-websocket-version", b"13"),
        ];
        let own = self.headers.values_of(name).map(|value| (lower_case.as_bytes(), value));
        let request = ExtendedConnect::from_headers(fixed.into_iter().chain(own)).ok()?;
        Some(look(request.request()))
    }
}

/// The parts in one piece. None of them has a line end in it.
fn joined(target: &str, host: &str, path: &str, query: Option<&str>) -> Box<str> {
    let parts = [target, host, path].into_iter().chain(query);
    parts.collect::<Vec<_>>().join("\n").into_boxed_str()
}

impl PartialEq for Request {
    fn eq(&self, other: &Self) -> bool {
        self.target() == other.target() && self.headers == other.headers
    }
}

impl std::hash::Hash for Request {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.target().hash(state);
    }
}

#[pymethods]
impl Request {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str) {
        ("path", "headers")
    }

    #[new]
    #[pyo3(signature = (target, headers = None), text_signature = "(target, headers=())")]
    fn new(target: &str, headers: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let is_target = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
        if !target.starts_with('/') || !target.bytes().all(is_target) {
            return Err(PyValueError::new_err(
                "the target of a request is a path that begins with / and has no spaces",
            ));
        }
        let (path, query) = target.split_once('?').map_or((target, None), |(a, b)| (a, Some(b)));
        let headers = headers::given(headers)?;
        let host = headers.text("Host").unwrap_or_default();
        Ok(Self { parts: joined(target, host, path, query), asks_for_websocket: true, headers })
    }

    #[getter]
    fn method(&self) -> &'static str {
        "GET"
    }

    /// The request target as it was sent: a path and a query, or an absolute URI.
    #[getter]
    fn target(&self) -> &str {
        self.part(0).unwrap_or_default()
    }

    /// The path, without the query.
    #[getter]
    fn path(&self) -> &str {
        self.part(2).unwrap_or_default()
    }

    /// The query, without its `?`; `None` if there is none.
    #[getter]
    fn query(&self) -> Option<&str> {
        self.part(3)
    }

    /// Whether the client asks for a WebSocket: always, unless `Config.other_requests` is set.
    #[getter]
    fn asks_for_websocket(&self) -> bool {
        self.asks_for_websocket
    }

    /// The host, and the port if one was sent, that the request is for.
    #[getter]
    fn host(&self) -> &str {
        self.part(1).unwrap_or_default()
    }

    /// The origin of the page that connects, as a browser states it (§10.2).
    #[getter]
    fn origin(&self) -> Option<&str> {
        self.headers.text("Origin")
    }

    #[getter]
    fn headers(&self) -> Headers {
        self.headers.clone()
    }

    /// The subprotocols that the client offers, its preferred one first.
    #[getter]
    fn subprotocols(&self) -> Vec<&str> {
        let values = self.headers.values_of("Sec-WebSocket-Protocol");
        let names = values.filter_map(|value| str::from_utf8(value).ok());
        let names = names.flat_map(|names| names.split(',')).map(str::trim);
        names.filter(|name| !name.is_empty()).collect()
    }

    /// The first parameter of this name in the query, decoded as that of an HTML form.
    fn query_parameter(&self, name: &str) -> Option<String> {
        self.view("", |request| request.query_parameter(name).map(Into::into)).flatten()
    }

    /// The first cookie of this name, as it was sent.
    fn cookie(&self, name: &str) -> Option<String> {
        self.view("Cookie", |request| request.cookie(name).map(Into::into)).flatten()
    }

    /// The user name and the password of `Authorization: Basic`. Compare it in constant time.
    #[getter]
    fn basic_credentials(&self) -> Option<(String, String)> {
        self.view("Authorization", |request| request.basic_credentials()).flatten()
    }

    /// The token of `Authorization: Bearer`. Compare it in constant time.
    #[getter]
    fn bearer_token(&self) -> Option<String> {
        self.view("Authorization", |request| request.bearer_token().map(Into::into)).flatten()
    }

    /// Whether the page that connects has one of these origins, or with `None` that of this host.
    ///
    /// A request without `Origin` comes from no browser, and is allowed. Servers that trust cookies must
    /// ask (§10.2). Raises `AnswerError` for an entry that no browser would ever send.
    #[pyo3(signature = (origins = None))]
    fn is_origin_allowed(&self, py: Python<'_>, origins: Option<Vec<String>>) -> PyResult<bool> {
        let origins: Option<Vec<&str>> =
            origins.as_ref().map(|origins| origins.iter().map(String::as_str).collect());
        let policy = match &origins {
            Some(origins) => {
                OriginPolicy::list(origins).map_err(|error| errors::answer_error(py, error))?
            }
            None => OriginPolicy::SameHost,
        };
        let allowed = self.view("Origin", |request| request.is_origin_allowed(&policy));
        Ok(allowed.unwrap_or(false))
    }

    fn __getnewargs__(&self) -> (&str, Headers) {
        (self.target(), self.headers.clone())
    }

    /// Without the query, which may have secrets.
    fn __repr__(&self) -> String {
        format!("<Request GET {} for {}>", self.path(), self.host())
    }
}
