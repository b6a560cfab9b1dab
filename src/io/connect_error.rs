//! Why a client could not connect.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;
use std::{fmt, io};

use crate::handshake::proxy::{Proxy, ProxyError};

/// Why a client could not connect to the host of its request, before the opening handshake.
///
/// ```no_run
/// use websocket_proto::io::{Error, blocking::connect};
///
/// match connect("wss://example.com/") {
///     Err(Error::Connect(error)) => {
///         println!("{error}");
///         for (address, why) in error.attempts() {
///             println!("{address} of {}: {:?}", error.host(), why.kind());
///         }
///     }
///     other => println!("{other:?}"),
/// }
/// ```
///
/// The text is one line that says all of this, for example `cannot connect to example.com:443:
/// 192.0.2.1:443: Connection refused (os error 111)`.
#[derive(Debug)]
pub struct ConnectError {
    pub(super) host: Box<str>,
    pub(super) port: u16,
    pub(super) stage: ConnectStage,
    pub(super) proxy: Option<Proxy>,
    pub(super) attempts: Vec<(SocketAddr, io::Error)>,
    pub(super) pending: Vec<SocketAddr>,
    pub(super) reason: Reason,
}

/// How far a client got before it failed to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectStage {
    /// The name of the host, or of the proxy, was being looked up.
    Lookup,
    /// The addresses of the host, or of the proxy, were being tried.
    Connect,
    /// There was a connection to the proxy, and the TLS handshake with it was in progress.
    ProxyTls,
    /// There was a connection to the proxy, which was to lead to the server.
    Proxy,
    /// There was a connection to the server, and the TLS handshake with it was in progress.
    Tls,
}

/// Why there was no further attempt.
#[derive(Debug)]
pub(super) enum Reason {
    /// The look-up of the name failed, or found no address.
    Lookup(io::Error),
    /// All addresses had been tried.
    NoneLeft,
    /// The proxy does not lead to the server.
    Proxy(ProxyError),
    /// More followed the proxy's answer, though the server had been sent nothing.
    EarlyBytes,
    /// All of this time had passed.
    TimedOut(Duration),
}

impl ConnectError {
    /// The host of the request: a name, or an address without brackets, with its zone if it has one.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// How far the client got: to which stage with the last address that it tried.
    pub const fn stage(&self) -> ConnectStage {
        self.stage
    }

    /// The proxy that the connection was to lead through.
    pub const fn proxy(&self) -> Option<&Proxy> {
        self.proxy.as_ref()
    }

    /// Why the proxy does not lead to the server, if it said so.
    pub const fn proxy_error(&self) -> Option<&ProxyError> {
        if let Reason::Proxy(error) = &self.reason { Some(error) } else { None }
    }

    /// The addresses of the host, or of the proxy, that have failed, each with its error and in this
    /// order.
    pub fn attempts(&self) -> impl ExactSizeIterator<Item = (SocketAddr, &io::Error)> {
        self.attempts.iter().map(|(address, error)| (*address, error))
    }

    /// The addresses that were still being tried when the time was up; after the first stages, the
    /// one that there was a connection to.
    pub fn pending(&self) -> &[SocketAddr] {
        &self.pending
    }

    /// The kind of the last error; [`TimedOut`](io::ErrorKind::TimedOut) if it all took too long.
    pub fn kind(&self) -> io::ErrorKind {
        match &self.reason {
            Reason::TimedOut(_) => io::ErrorKind::TimedOut,
            Reason::Lookup(error) => error.kind(),
            Reason::Proxy(ProxyError::Closed) => io::ErrorKind::UnexpectedEof,
            Reason::Proxy(_) => io::ErrorKind::Other,
            Reason::EarlyBytes => io::ErrorKind::InvalidData,
            Reason::NoneLeft => self.last_attempt().map_or(io::ErrorKind::Other, io::Error::kind),
        }
    }

    fn last_attempt(&self) -> Option<&io::Error> {
        self.attempts.last().map(|(_, error)| error)
    }

    /// Whether this is the address in the URL of the host, or of the proxy, which then need not be
    /// named twice.
    fn is_named(&self, address: SocketAddr) -> bool {
        let host = self.proxy.as_ref().map_or(&*self.host, Proxy::host);
        host.parse() == Ok(address.ip())
    }

    /// Whose fault the last error is, where there are a proxy and a server.
    const fn party(&self) -> &'static str {
        match (&self.reason, self.stage, &self.proxy) {
            (Reason::NoneLeft, ConnectStage::ProxyTls | ConnectStage::Proxy, _) => "at the proxy: ",
            (Reason::NoneLeft, ConnectStage::Tls, Some(_)) => "at the server: ",
            _ => "",
        }
    }

    /// Writes what had not been done when the time was up.
    fn write_unfinished(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.stage)?;
        let mut separator = match self.stage {
            ConnectStage::Lookup | ConnectStage::Connect => " to ",
            ConnectStage::ProxyTls => " at ",
            ConnectStage::Proxy => " from ",
            ConnectStage::Tls if self.proxy.is_some() => " through ",
            ConnectStage::Tls => " with ",
        };
        for address in self.pending.iter().filter(|address| !self.is_named(**address)) {
            write!(f, "{separator}{address}")?;
            separator = " and ";
        }
        Ok(())
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, .. } = self;
        match host.contains(':') {
            true => write!(f, "cannot connect to [{host}]:{port}")?,
            false => write!(f, "cannot connect to {host}:{port}")?,
        }
        if let Some(proxy) = &self.proxy {
            write!(f, " through {proxy}")?;
        }
        let mut separator = ": ";
        for (at, (address, error)) in self.attempts().enumerate() {
            f.write_str(separator)?;
            if !self.is_named(address) {
                write!(f, "{address}: ")?;
            }
            let party = if at + 1 == self.attempts.len() { self.party() } else { "" };
            write!(f, "{party}{error}")?;
            separator = "; ";
        }
        if !matches!(self.reason, Reason::NoneLeft) {
            f.write_str(separator)?;
        }
        match &self.reason {
            Reason::NoneLeft => Ok(()),
            Reason::Lookup(error) => write!(f, "{error}"),
            Reason::Proxy(error) => write!(f, "{error}"),
            Reason::EarlyBytes => f.write_str("the server sent something before it was asked"),
            Reason::TimedOut(limit) => {
                self.write_unfinished(f)?;
                write!(f, " took longer than {limit:?} (Config::handshake_timeout)")
            }
        }
    }
}

impl fmt::Display for ConnectStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lookup => "looking up the name",
            Self::Connect => "connecting",
            Self::ProxyTls => "the TLS handshake with the proxy",
            Self::Proxy => "the proxy's answer",
            Self::Tls => "the TLS handshake",
        })
    }
}

impl Error for ConnectError {
    /// What is below the last [`io::Error`], whose own text is part of this error's.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.reason {
            Reason::Lookup(error) => error.source(),
            Reason::NoneLeft => self.last_attempt()?.source(),
            Reason::Proxy(error) => error.source(),
            Reason::EarlyBytes | Reason::TimedOut(_) => None,
        }
    }
}
