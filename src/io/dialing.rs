//! What the clients of all adapters know while they connect.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::connect_error::{ConnectError, ConnectStage, Reason};
use super::{Error, trace};
use crate::handshake::ClientRequest;

/// What is known while a client connects. An adapter keeps it outside of the future that may take
/// too long.
pub(super) struct Dialing<'a> {
    host: &'a str,
    /// The host with its zone, if it has one.
    name: &'a str,
    port: u16,
    stage: ConnectStage,
    attempts: Vec<(SocketAddr, io::Error)>,
}

impl<'a> Dialing<'a> {
    pub(super) fn new(request: &'a ClientRequest) -> Self {
        trace::connecting(request);
        let uri = request.uri();
        let (host, name, port) = (uri.host(), uri.host_with_zone(), uri.port());
        Self { host, name, port, stage: ConnectStage::Lookup, attempts: Vec::new() }
    }

    pub(super) const fn host(&self) -> &'a str {
        self.host
    }

    /// The address of the host, if no name has to be looked up.
    pub(super) fn literal(&self) -> Option<SocketAddr> {
        self.name.parse().ok().map(|ip| SocketAddr::new(ip, self.port))
    }

    /// The host and the port, to be looked up. That of an address with a zone finds its interface.
    pub(super) const fn name(&self) -> (&'a str, u16) {
        (self.name, self.port)
    }

    /// Notes that this address of the host is tried next.
    pub(super) fn note_attempt(&mut self, address: SocketAddr) {
        trace::trying(self.host, address);
        self.stage = ConnectStage::Connect;
    }

    /// Notes that there is a connection, over which TLS begins.
    pub(super) const fn note_tls(&mut self) {
        self.stage = ConnectStage::Tls;
    }

    /// Whether there was a connection. The other addresses are those of the same server, and are
    /// not tried then.
    pub(super) fn has_begun_tls(&self) -> bool {
        self.stage == ConnectStage::Tls
    }

    /// Notes that the attempt with this address failed.
    pub(super) fn note_failure(&mut self, address: SocketAddr, error: io::Error) {
        self.attempts.push((address, error));
    }

    /// The stream, or why there is none. `dialed` is `None` if it took longer than `limit`, and an
    /// error if the name could not be looked up.
    pub(super) fn finish<S>(
        self,
        dialed: Option<io::Result<Option<S>>>,
        limit: Duration,
    ) -> Result<S, Error> {
        let reason = match dialed {
            Some(Ok(Some(stream))) => return Ok(stream),
            Some(Ok(None)) if self.attempts.is_empty() => {
                let text = "the name has no address";
                Reason::Lookup(io::Error::new(io::ErrorKind::NotFound, text))
            }
            Some(Ok(None)) => Reason::NoneLeft,
            Some(Err(error)) => Reason::Lookup(error),
            None => Reason::TimedOut(limit),
        };
        let Self { name, port, stage, attempts, .. } = self;
        let error = ConnectError { host: name.into(), port, stage, attempts, reason };
        trace::cannot_connect(&error);
        Err(Error::Connect(Box::new(error)))
    }
}
