//! What is told of connections, for the feature `tracing`: where they go, how they begin and how they
//! end. Nothing is told of single messages.
//!
//! What a peer or a user wrote is left out (headers, queries, payloads, the reasons of Close frames),
//! except for the path and host of a request, which are escaped.
//!
//! Change together with `absent.rs`; `.ci/features` checks it.

use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tracing::{debug, warn};

use crate::handshake::proxy::Proxy;
use crate::handshake::{ClientRequest, Request};
use crate::{CloseFrame, Connection, EndCause, Ending, Leniency, Totals};

/// The target of all events.
const TARGET: &str = "websocket_proto";

/// The number of the next connection. Not each processor with 32 bits has atomics with more.
static NEXT: AtomicUsize = AtomicUsize::new(1);

/// What is told of one connection.
#[derive(Debug)]
pub(in crate::io) struct ConnectionTrace {
    /// The number of the connection in this process, which all its events have.
    number: usize,
    opened: Option<Instant>,
    has_warned: bool,
    /// The last event was told.
    is_over: bool,
}

/// A client begins to connect, through this proxy.
pub(in crate::io) fn connecting(request: &ClientRequest, proxy: Option<&Proxy>) {
    let uri = request.uri();
    let (host, port, tls) = (uri.host(), uri.port(), uri.is_secure());
    let proxy = proxy.map(Proxy::to_string);
    debug!(target: TARGET, ?host, port, tls, proxy, "connecting");
}

/// A client tries an address of the host, or of the proxy.
pub(in crate::io) fn trying(host: &str, address: SocketAddr) {
    debug!(target: TARGET, ?host, %address, "trying an address");
}

/// A client has no connection. The error names the host and the addresses.
pub(in crate::io) fn cannot_connect(error: &dyn Display) {
    debug!(target: TARGET, error = ?error.to_string(), "no connection");
}

/// A client that connects again waits for its next attempt.
pub(in crate::io) fn waiting(attempts_made: u32, delay: Duration) {
    debug!(target: TARGET, attempts_made, ?delay, "waiting for the next attempt");
}

/// A client that connects again makes no further attempt.
pub(in crate::io) fn gave_up(reason: &dyn Display) {
    debug!(target: TARGET, %reason, "giving up");
}

impl ConnectionTrace {
    /// For a connection that begins, or that is open already and was taken over.
    pub(in crate::io) fn new(connection: &Connection) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut trace = Self { number, opened: None, has_warned: false, is_over: false };
        if connection.is_open() {
            trace.note_open(connection);
        }
        trace
    }

    /// A client sends its request.
    pub(in crate::io) fn note_asking(&mut self, request: &ClientRequest) {
        // Queries often have secrets in them.
        let (host, path) = (request.uri().host(), request.uri().path());
        debug!(target: TARGET, connection = self.number, ?host, ?path, "asking for a WebSocket");
    }

    /// A server has the request.
    pub(in crate::io) fn note_asked(&mut self, request: &Request<'_>) {
        let path = request.path();
        debug!(target: TARGET, connection = self.number, ?path, "asked for a WebSocket");
    }

    /// Messages can be sent from now on.
    pub(in crate::io) fn note_open(&mut self, connection: &Connection) {
        self.opened = Some(Instant::now());
        let role = if connection.is_client() { "client" } else { "server" };
        let compressed = connection.deflate().is_some();
        debug!(target: TARGET, connection = self.number, role, compressed, "open");
        self.warn_of_leniency(connection);
    }

    /// A server's application rejects the request.
    pub(in crate::io) fn note_rejected(&mut self, status: u16) {
        debug!(target: TARGET, connection = self.number, status, "rejected");
    }

    /// The server has refused a client's request.
    pub(in crate::io) fn note_refused(&mut self, status: u16) {
        debug!(target: TARGET, connection = self.number, status, "refused");
        self.is_over = true;
    }

    /// The connection has ended.
    pub(in crate::io) fn note_ended(&mut self, ending: &Ending, connection: &Connection) {
        let code = |frame: &Option<CloseFrame>| frame.as_ref().map(|frame| frame.code.get());
        let (sent, received) = (code(&ending.sent), code(&ending.received));
        self.tell_end("ended", ending.cause, [sent, received], connection);
    }

    /// The application has dropped the socket before the connection ended.
    pub(in crate::io) fn note_dropped(&mut self, cause: EndCause, connection: &Connection) {
        self.tell_end("dropped", cause, [None; 2], connection);
    }

    /// Tells nothing more: the connection goes on elsewhere.
    pub(in crate::io) const fn forget(&mut self) {
        self.is_over = true;
    }

    fn tell_end(
        &mut self,
        how: &'static str,
        cause: EndCause,
        [sent_code, received_code]: [Option<u16>; 2],
        connection: &Connection,
    ) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        self.warn_of_leniency(connection);
        let Totals { sent, received } = connection.totals();
        debug!(
            target: TARGET,
            connection = self.number,
            %cause,
            sent_code,
            received_code,
            open_for = self.opened.map(|opened| opened.elapsed().as_secs_f64()),
            sent_messages = sent.messages,
            sent_bytes = sent.wire_bytes,
            received_messages = received.messages,
            received_bytes = received.wire_bytes,
            "{how}",
        );
    }

    /// Warns once, of all that the peer has needed by then.
    fn warn_of_leniency(&mut self, connection: &Connection) {
        let used = connection.leniency_used();
        if used != Leniency::default() && !std::mem::replace(&mut self.has_warned, true) {
            let number = self.number;
            warn!(target: TARGET, connection = number, ?used, "the peer breaks rules, as allowed");
        }
    }
}
