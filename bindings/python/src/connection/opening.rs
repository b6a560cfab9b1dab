//! How connections begin, and a server's answer to a request.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use websocket_proto::handshake::{Acceptance, AnswerError, ClientRequest, Rejection, RequestError};
use websocket_proto::io::OsEntropy;
use websocket_proto::{Connection as Protocol, Outgoing, Role, Time};

use super::session::{Phase, Session};
use crate::config::Config;
use crate::deflate::DeflateParameters;
use crate::errors;
use crate::headers;
use crate::payload::{self, Payload};

/// What a client asks for.
pub(super) struct Wanted<'a, 'py> {
    pub(super) url: &'a str,
    pub(super) headers: Option<&'a Bound<'py, PyAny>>,
    pub(super) subprotocols: Option<&'a Bound<'py, PyAny>>,
    pub(super) origin: Option<&'a str>,
}

impl Session {
    pub(super) fn server(config: Option<&Bound<'_, Config>>, now: Time) -> Self {
        let protocol = Protocol::server(Config::shared(config), now);
        Self::new(protocol, Outgoing::new(), Phase::Opening)
    }

    pub(super) fn client(
        py: Python<'_>,
        wanted: &Wanted<'_, '_>,
        config: Option<&Bound<'_, Config>>,
        now: Time,
    ) -> PyResult<Self> {
        let config = Config::shared(config);
        let request = request(py, wanted, config.leniency.any_subprotocol)?;
        let mut outgoing = Outgoing::new();
        let protocol = Protocol::client(&request, config, now, &OsEntropy, &mut outgoing)
            .map_err(|error| errors::request_error(py, error))?;
        Ok(Self::new(protocol, outgoing, Phase::Opening))
    }

    pub(super) fn established(
        is_client: bool,
        deflate: Option<&Bound<'_, DeflateParameters>>,
        subprotocol: Option<&str>,
        config: Option<&Bound<'_, Config>>,
        now: Time,
    ) -> Self {
        let role = if is_client { Role::Client(&OsEntropy) } else { Role::Server };
        let agreed = deflate.map(|deflate| deflate.get().core);
        let protocol = Protocol::established(role, agreed, Config::shared(config), now);
        let mut session = Self::new(protocol, Outgoing::new(), Phase::Opened);
        if let Some(name) = subprotocol {
            session.told().subprotocol = Some(name.into());
        }
        session
    }

    /// Answers the request with a WebSocket.
    pub(super) fn accept(
        &mut self,
        py: Python<'_>,
        acceptance: &Acceptance,
        subprotocol: Option<&str>,
        now: Time,
    ) -> PyResult<()> {
        self.protocol
            .accept(now, acceptance, &mut self.outgoing)
            .map_err(|error| errors::answer_error(py, error))?;
        self.phase = Phase::Opened;
        self.told().subprotocol = subprotocol.map(Into::into);
        Ok(())
    }

    /// Answers the request with an HTTP response.
    pub(super) fn reject(
        &mut self,
        py: Python<'_>,
        rejection: &Rejection,
        now: Time,
    ) -> PyResult<()> {
        self.protocol
            .reject(now, rejection, &mut self.outgoing)
            .map_err(|error| errors::answer_error(py, error))?;
        self.phase = Phase::Opened;
        Ok(())
    }
}

/// The request of a client. A subprotocol that is no token has to be allowed.
fn request(
    py: Python<'_>,
    wanted: &Wanted<'_, '_>,
    any_subprotocol: bool,
) -> PyResult<ClientRequest> {
    let fault = |error: RequestError| errors::request_error(py, error);
    let mut request = ClientRequest::new(wanted.url).map_err(fault)?;
    for (name, value) in wanted.headers.map(headers::pairs).transpose()?.into_iter().flatten() {
        request.add_header(&name, &value).map_err(fault)?;
    }
    let offer = if any_subprotocol {
        ClientRequest::add_any_subprotocol
    } else {
        ClientRequest::add_subprotocol
    };
    for name in wanted.subprotocols.map(names).transpose()?.into_iter().flatten() {
        offer(&mut request, &name).map_err(fault)?;
    }
    if let Some(origin) = wanted.origin {
        request.set_origin(origin).map_err(fault)?;
    }
    Ok(request)
}

/// Names of subprotocols, of which one alone is no list.
fn names(names: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    if names.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err("subprotocols are a list of names, not one name"));
    }
    names.try_iter()?.map(|name| name?.extract()).collect()
}

/// The answer that opens a WebSocket.
pub(crate) fn acceptance(
    py: Python<'_>,
    subprotocol: Option<&str>,
    headers: Option<&Bound<'_, PyAny>>,
    extensions: bool,
) -> PyResult<Acceptance> {
    let fault = |error: AnswerError| errors::answer_error(py, error);
    let mut acceptance = Acceptance::new();
    if let Some(name) = subprotocol {
        acceptance.set_subprotocol(name).map_err(fault)?;
    }
    for (name, value) in headers.map(headers::pairs).transpose()?.into_iter().flatten() {
        acceptance.add_header(&name, &value).map_err(fault)?;
    }
    Ok(if extensions { acceptance } else { acceptance.without_extensions() })
}

/// The answer that refuses. A body of text has its `Content-Type`.
pub(crate) fn rejection(
    status: &Bound<'_, PyAny>,
    headers: Option<&Bound<'_, PyAny>>,
    body: Option<&Bound<'_, PyAny>>,
) -> PyResult<Rejection> {
    let py = status.py();
    let fault = |error: AnswerError| errors::answer_error(py, error);
    let number: i64 = status.extract()?;
    let number = u16::try_from(number).map_err(|_| fault(AnswerError::BadStatus))?;
    // 200 answers what asks for no WebSocket.
    let made = if number == 200 { Ok(Rejection::ok()) } else { Rejection::new(number) };
    let mut rejection = made.map_err(fault)?;
    for (name, value) in headers.map(headers::pairs).transpose()?.into_iter().flatten() {
        rejection.add_header(&name, &value).map_err(fault)?;
    }
    let Some(body) = body else { return Ok(rejection) };
    if let Ok(text) = body.cast::<PyString>() {
        return Ok(rejection.text(payload::text(text)?));
    }
    let is_empty = body.cast::<PyBytes>().is_ok_and(|body| body.as_bytes().is_empty());
    let body: Payload<'_> = body.extract()?;
    Ok(if is_empty { rejection } else { rejection.bytes(body.bytes()) })
}
