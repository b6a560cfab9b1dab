//! How links begin.

use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;
use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::OsEntropy;
use websocket_proto::{Config, Connection, Incoming, Outgoing};

use super::inbox::{Inbox, Marks};
use super::listener::Listener;
use super::outbox::Outbox;
use super::state::{Phase, State};
use super::timer::Timer;
use super::waiting::Waiting;
use crate::connection::Connection as SansIo;
use crate::connection::session::Session;
use crate::{clock, errors};

/// A connection that begins, and its output.
pub(super) struct Beginning {
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
    subprotocol: Option<Box<str>>,
}

impl Beginning {
    /// The beginning of a server, if `of` is `None`, or of a client.
    pub(super) fn new(of: Option<&Bound<'_, PyAny>>, config: Arc<Config>) -> PyResult<Self> {
        let Some(of) = of else {
            let connection = Connection::server(config, clock::now());
            return Ok(Self::fresh(connection, Outgoing::new()));
        };
        let py = of.py();
        if let Ok(uri) = of.cast::<PyString>() {
            let request = ClientRequest::new(uri.to_str()?);
            let request = request.map_err(|error| errors::request_error(py, error))?;
            return Self::client(py, &request, config);
        }
        if let Ok(request) = of.cast::<crate::client_request::ClientRequest>() {
            return Self::client(py, request.get().core(), config);
        }
        if let Ok(connection) = of.cast::<SansIo>() {
            return Ok(Self::from(connection.get().hand_over(py)?));
        }
        let found = of.get_type();
        Err(PyTypeError::new_err(format!(
            "a Link begins with None (a server), a URI, a ClientRequest or a Connection, not {found}"
        )))
    }

    fn client(py: Python<'_>, request: &ClientRequest, config: Arc<Config>) -> PyResult<Self> {
        let mut outgoing = Outgoing::new();
        let connection =
            Connection::client(request, config, clock::now(), &OsEntropy, &mut outgoing);
        let connection = connection.map_err(|error| errors::request_error(py, error))?;
        Ok(Self::fresh(connection, outgoing))
    }

    fn fresh(connection: Connection, outgoing: Outgoing) -> Self {
        Self { connection, incoming: Incoming::new(), outgoing, subprotocol: None }
    }

    pub(super) fn into_state(
        self,
        listener: Option<Listener>,
        read_limit: usize,
        messages: Marks,
        write_limit: usize,
    ) -> State {
        let Self { connection, incoming, outgoing, subprotocol } = self;
        // Otherwise the connection would refuse what `send` takes for room.
        let write_limit = write_limit.min(connection.config().limits.output).max(1);
        State {
            was_open: connection.is_open(),
            inbox: Inbox::new(Marks { high: read_limit.max(1), low: read_limit / 4 }, messages),
            outbox: Outbox::new(write_limit),
            connection,
            incoming,
            outgoing,
            wire: None,
            listener,
            is_listener_new: false,
            waiting: Waiting::default(),
            timer: Timer::default(),
            ending: None,
            request: None,
            response: None,
            subprotocol,
            phase: Phase::Unconnected,
            is_delivering: false,
            has_window: false,
            is_closing: false,
            is_half_closed: false,
            is_paused: false,
            is_reading_stopped: false,
            is_deaf: false,
        }
    }
}

impl From<Session> for Beginning {
    fn from(session: Session) -> Self {
        let Session { protocol: connection, incoming, outgoing, told, .. } = session;
        let subprotocol = told.and_then(|told| told.subprotocol);
        Self { connection, incoming, outgoing, subprotocol }
    }
}
