//! Why a client could not connect.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;
use std::{fmt, io};

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
    pub(super) attempts: Vec<(SocketAddr, io::Error)>,
    pub(super) reason: Reason,
}

/// How far a client got before it failed to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectStage {
    /// The name of the host was being looked up.
    Lookup,
    /// The addresses of the host were being tried.
    Connect,
    /// There was a connection, and the TLS handshake on it was in progress.
    Tls,
}

/// Why there was no further attempt.
#[derive(Debug)]
pub(super) enum Reason {
    /// The look-up of the name failed, or found no address.
    Lookup(io::Error),
    /// All addresses had been tried.
    NoneLeft,
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

    /// The addresses that were tried, each with its error, in the order in which they failed. An
    /// address that was being tried when the time was up has none.
    pub fn attempts(&self) -> impl ExactSizeIterator<Item = (SocketAddr, &io::Error)> {
        self.attempts.iter().map(|(address, error)| (*address, error))
    }

    /// The kind of the last error; [`TimedOut`](io::ErrorKind::TimedOut) if it all took too long.
    pub fn kind(&self) -> io::ErrorKind {
        match &self.reason {
            Reason::TimedOut(_) => io::ErrorKind::TimedOut,
            Reason::Lookup(error) => error.kind(),
            Reason::NoneLeft => self.last_attempt().map_or(io::ErrorKind::Other, io::Error::kind),
        }
    }

    fn last_attempt(&self) -> Option<&io::Error> {
        self.attempts.last().map(|(_, error)| error)
    }

    /// Whether the host is this address, which then need not be named twice.
    fn is_host(&self, address: SocketAddr) -> bool {
        self.host.parse() == Ok(address.ip())
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, .. } = self;
        match host.contains(':') {
            true => write!(f, "cannot connect to [{host}]:{port}")?,
            false => write!(f, "cannot connect to {host}:{port}")?,
        }
        let mut separator = ": ";
        for (address, error) in self.attempts() {
            f.write_str(separator)?;
            if !self.is_host(address) {
                write!(f, "{address}: ")?;
            }
            write!(f, "{error}")?;
            separator = "; ";
        }
        match &self.reason {
            Reason::Lookup(error) => write!(f, "{separator}{error}"),
            Reason::NoneLeft => Ok(()),
            Reason::TimedOut(limit) => {
                let stage = self.stage;
                write!(
                    f,
                    "{separator}{stage} took longer than {limit:?} (Config::handshake_timeout)"
                )
            }
        }
    }
}

impl fmt::Display for ConnectStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lookup => "looking up the name",
            Self::Connect => "connecting",
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
            Reason::TimedOut(_) => None,
        }
    }
}
