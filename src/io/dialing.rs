//! What the clients of all adapters know while they connect.

use std::io;
use std::net::{SocketAddr, TcpStream};

use super::connect_error::{ConnectError, ConnectStage, Reason};
use super::dial::Dial;
use super::schedule::{Schedule, Step};
use super::tls::{ClientTls, Session};
use super::{Error, trace};
use crate::Time;
use crate::handshake::proxy::{Proxy, Tunnel, TunnelProgress};
use crate::handshake::{ClientRequest, Uri};

/// What is known while a client connects. An adapter keeps it outside of the future that may take
/// too long.
pub(super) struct Dialing<'a> {
    uri: &'a Uri,
    dial: &'a Dial,
    /// The addresses of the option are for the host of this request.
    has_addresses: bool,
    /// For the TLS that is needed.
    tls: Option<ClientTls>,
    stage: ConnectStage,
    schedule: Schedule,
    attempts: Vec<(SocketAddr, io::Error)>,
}

impl<'a> Dialing<'a> {
    /// # Errors
    ///
    /// If TLS is needed, and there is none.
    pub(super) fn new(
        request: &'a ClientRequest,
        dial: &'a Dial,
        is_first_host: bool,
    ) -> io::Result<Self> {
        let uri = request.uri();
        let is_proxy_secure = dial.proxy.as_ref().is_some_and(Proxy::is_secure);
        let tls = (uri.is_secure() || is_proxy_secure).then(|| dial.trust()).transpose()?;
        trace::connecting(request, dial.proxy.as_ref());
        Ok(Self {
            uri,
            dial,
            has_addresses: (is_first_host || dial.proxy.is_some()) && dial.addresses.is_some(),
            tls,
            stage: ConnectStage::Lookup,
            schedule: Schedule::default(),
            attempts: Vec::new(),
        })
    }

    /// The addresses, if no name has to be looked up.
    pub(super) fn known_addresses(&self) -> Option<Vec<SocketAddr>> {
        if self.has_addresses {
            return self.dial.addresses.clone();
        }
        let (host, port) = self.target();
        host.parse().ok().map(|ip| vec![SocketAddr::new(ip, port)])
    }

    /// The host and the port to connect to: those of the proxy, if there is one. An address with a
    /// zone has to be looked up, which finds its interface.
    pub(super) fn target(&self) -> (&'a str, u16) {
        match &self.dial.proxy {
            Some(proxy) => (proxy.host(), proxy.port()),
            None => (self.uri.host_with_zone(), self.uri.port()),
        }
    }

    /// Goes on with the addresses of the host, or why there are none.
    pub(super) fn begin(&mut self, found: io::Result<Vec<SocketAddr>>) -> Result<(), Reason> {
        let mut addresses = found.map_err(Reason::Lookup)?;
        let mut missing = "the name has no address";
        if let (Some(local), false) = (self.dial.local_address, addresses.is_empty()) {
            addresses.retain(|address| address.is_ipv6() == local.is_ipv6());
            missing = "no address is of the family of Dial::local_address";
        }
        if addresses.is_empty() {
            return Err(Reason::Lookup(io::Error::new(io::ErrorKind::NotFound, missing)));
        }
        self.stage = ConnectStage::Connect;
        self.schedule = Schedule::new(addresses);
        Ok(())
    }

    /// What to do now. For an attempt, with a blocking socket that is not connected yet.
    pub(super) fn next(&mut self, now: Time) -> Next {
        loop {
            let address = match self.schedule.next(now) {
                Step::Try(address) => address,
                Step::Wait(until) => return Next::Wait(until),
                Step::GiveUp => return Next::GiveUp,
            };
            trace::trying(self.target().0, address);
            match self.dial.socket(address) {
                Ok(socket) => return Next::Try(address, socket),
                Err(error) => self.note_failure(address, error),
            }
        }
    }

    /// Whether nothing but the attempt that has just begun is left to wait for.
    pub(super) fn is_last(&self) -> bool {
        self.schedule.is_last()
    }

    /// Notes that the attempt with this address failed.
    pub(super) fn note_failure(&mut self, address: SocketAddr, error: io::Error) {
        self.schedule.note_failure(address);
        self.attempts.push((address, error));
    }

    /// Notes that there is a connection to this address. The others are those of the same server,
    /// and are not tried any more.
    pub(super) fn note_connected(&mut self, address: SocketAddr) {
        self.schedule.note_success(address);
    }

    /// What to put around the stream next; `None` if it is ready for the request.
    pub(super) fn next_layer(&mut self) -> Result<Option<Layer>, Reason> {
        let (host, proxy) = (self.uri.host(), self.dial.proxy.as_ref());
        self.stage = match (self.stage, proxy) {
            (ConnectStage::Connect, Some(proxy)) if proxy.is_secure() => ConnectStage::ProxyTls,
            (ConnectStage::Connect | ConnectStage::ProxyTls, Some(_)) => ConnectStage::Proxy,
            (stage, _) if self.uri.is_secure() && stage != ConnectStage::Tls => ConnectStage::Tls,
            _ => return Ok(None),
        };
        match (self.stage, proxy) {
            (ConnectStage::Proxy, Some(proxy)) => {
                let tunnel = Tunnel::new(proxy, self.uri).map_err(Reason::Proxy)?;
                Ok(Some(Layer::Tunnel(Exchange { tunnel })))
            }
            (ConnectStage::ProxyTls, Some(proxy)) => {
                self.tls_layer(|tls, _| tls.session(proxy.host())).map(Some)
            }
            _ => self.tls_layer(|tls, dial| dial.server_session(tls, host)).map(Some),
        }
    }

    fn tls_layer(
        &mut self,
        session: impl FnOnce(&ClientTls, &Dial) -> io::Result<Box<Session>>,
    ) -> Result<Layer, Reason> {
        let session = match &self.tls {
            Some(tls) => session(tls, self.dial),
            None => Err(io::ErrorKind::Unsupported.into()),
        };
        session.map(Layer::Tls).map_err(|error| self.fail(error))
    }

    /// The reason to give up if the connection that there was has failed.
    pub(super) fn fail(&mut self, error: io::Error) -> Reason {
        let connected = std::mem::take(&mut self.schedule).into_pending();
        self.attempts.extend(connected.first().map(|address| (*address, error)));
        Reason::NoneLeft
    }

    /// The stream, or why there is none.
    pub(super) fn finish<S>(self, dialed: Result<S, Reason>) -> Result<S, Error> {
        let reason = match dialed {
            Ok(stream) => return Ok(stream),
            Err(reason) => reason,
        };
        let Self { uri, dial, stage, attempts, schedule, .. } = self;
        let (host, port) = (uri.host_with_zone().into(), uri.port());
        let is_late = matches!(reason, Reason::TimedOut(_));
        let pending = if is_late { schedule.into_pending() } else { Vec::new() };
        let proxy = dial.proxy.clone();
        let error = ConnectError { host, port, proxy, stage, attempts, pending, reason };
        trace::cannot_connect(&error);
        Err(Error::Connect(Box::new(error)))
    }
}

/// What a client that connects does next.
pub(super) enum Next {
    /// Begins to connect the socket to the address.
    Try(SocketAddr, TcpStream),
    /// Waits for the attempts, at most until this time.
    Wait(Option<Time>),
    /// All addresses have failed.
    GiveUp,
}

/// What is put around a stream.
pub(super) enum Layer {
    Tls(Box<Session>),
    Tunnel(Exchange),
}

/// What is exchanged with a proxy.
pub(super) struct Exchange {
    tunnel: Tunnel,
}

impl Exchange {
    /// What to write now.
    pub(super) fn output(&mut self) -> Vec<u8> {
        self.tunnel.take_output()
    }

    /// Goes on with what was read, which is nothing at the end of the stream. `Ok` with whether the
    /// stream leads to the server.
    pub(super) fn receive(&mut self, input: &[u8]) -> Result<bool, Reason> {
        if input.is_empty() {
            return Err(Reason::Proxy(self.tunnel.receive_eof()));
        }
        match self.tunnel.receive(input).map_err(Reason::Proxy)? {
            TunnelProgress::NeedBytes => Ok(false),
            TunnelProgress::Open(early) if early.is_empty() => Ok(true),
            // No server of WebSockets speaks first.
            TunnelProgress::Open(_) => Err(Reason::EarlyBytes),
        }
    }
}
