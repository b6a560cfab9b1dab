//! Why a proxy does not lead to the server.

use alloc::boxed::Box;
use core::fmt;

use super::super::response::Response;
use crate::ProtocolError;

/// Why a proxy does not lead to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyError {
    /// An HTTP proxy answered with a status other than 2xx. With 407, the challenges of the response
    /// tell which credentials it wants.
    Refused(ProxyRefusal),
    /// The answer of an HTTP proxy is no response head, or exceeds a limit: 16 KiB, 128 headers and
    /// 8 interim responses.
    BadResponse(ProtocolError),
    /// A SOCKS5 proxy answered with this code: it did not connect to the server.
    Socks(SocksReply),
    /// A SOCKS5 proxy accepts none of the offered ways to authenticate (RFC 1928 §3): it wants
    /// credentials and there are none, or it wants others than a user name and password.
    NoAcceptableMethod,
    /// A SOCKS5 proxy does not accept the user name and password (RFC 1929 §2).
    WrongCredentials,
    /// The answer is not SOCKS5. It may be that of an HTTP proxy.
    BadSocks,
    /// The stream ended before the proxy's answer did.
    Closed,
    /// The name of the server is longer than the 255 bytes that SOCKS5 has room for (RFC 1928 §5).
    /// Nothing was sent.
    HostTooLong,
}

names_of_kinds! { ProxyError:
    Refused = 601, "refused";
    BadResponse = 602, "bad-response";
    Socks = 603, "socks";
    NoAcceptableMethod = 604, "no-acceptable-method";
    WrongCredentials = 605, "wrong-credentials";
    BadSocks = 606, "bad-socks";
    Closed = 607, "closed";
    HostTooLong = 608, "host-too-long";
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::BadResponse(ProtocolError::TlsRecord) => {
                f.write_str("the proxy answered in TLS: its URL has to begin with https://")
            }
            Self::BadResponse(ProtocolError::BadStatusLine) => f.write_str(
                "the proxy's answer is not HTTP: if it is SOCKS5, its URL has to begin with socks5h://",
            ),
            // Their own texts name options, which are for servers.
            Self::BadResponse(ProtocolError::HeadTooLong | ProtocolError::TooManyHeaders) => {
                f.write_str("the proxy's answer has more than 16 KiB or 128 headers")
            }
            Self::BadResponse(error) => write!(f, "the proxy's answer is malformed: {error}"),
            Self::Socks(reply) => write!(f, "the SOCKS proxy did not connect: {reply}"),
            Self::NoAcceptableMethod => f.write_str(
                "the SOCKS proxy accepts no way to log in that was offered: check user:password@ in its URL",
            ),
            Self::WrongCredentials => {
                f.write_str("the SOCKS proxy does not accept the user name and password in its URL")
            }
            Self::BadSocks => f.write_str(
                "the proxy's answer is not SOCKS5: if it is HTTP, its URL has to begin with http://",
            ),
            Self::Closed => f.write_str("the proxy closed the connection without an answer"),
            Self::HostTooLong => {
                f.write_str("the server's name is longer than 255 bytes, which SOCKS5 cannot carry")
            }
        }
    }
}

impl core::error::Error for ProxyError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        if let Self::BadResponse(error) = self { Some(error) } else { None }
    }
}

/// The response of an HTTP proxy that does not open a tunnel.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyRefusal {
    head: Box<[u8]>,
}

impl ProxyRefusal {
    pub(super) fn new(head: &[u8]) -> Self {
        Self { head: head.into() }
    }

    /// The response. Its body is not kept, so it is empty and truncated.
    pub const fn response(&self) -> Response<'_> {
        Response::of_refusal(&self.head, self.head.len() as u32, true)
    }
}

impl fmt::Display for ProxyRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let response = self.response();
        write!(f, "the proxy answered {}", response.status())?;
        if !response.reason().is_empty() {
            write!(f, " {}", response.reason())?;
        }
        match response.status() {
            // Some proxies answer wrong credentials with 401.
            401 | 407 => f.write_str(": check user:password@ in the proxy's URL"),
            403 => f.write_str(": it does not allow this connection"),
            500 | 502..=504 => f.write_str(": it could not connect to the server"),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for ProxyRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.response().fmt(f)
    }
}

/// The code with which a SOCKS5 proxy says why it did not connect (RFC 1928 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SocksReply(u8);

impl SocksReply {
    /// 1: the proxy failed, and does not say why.
    pub const GENERAL_FAILURE: Self = Self(1);
    /// 2: the rules of the proxy do not allow this connection.
    pub const NOT_ALLOWED: Self = Self(2);
    /// 3: no way leads to the server's network.
    pub const NETWORK_UNREACHABLE: Self = Self(3);
    /// 4: the server cannot be reached, or its name is not known.
    pub const HOST_UNREACHABLE: Self = Self(4);
    /// 5: nobody listens on the server's port.
    pub const CONNECTION_REFUSED: Self = Self(5);
    /// 6: the way to the server is too long, or the attempt took too long.
    pub const TTL_EXPIRED: Self = Self(6);
    /// 7: the proxy does not make connections.
    pub const COMMAND_NOT_SUPPORTED: Self = Self(7);
    /// 8: the proxy does not know this kind of address, such as a name or an IPv6 address.
    pub const ADDRESS_TYPE_NOT_SUPPORTED: Self = Self(8);

    pub(super) const fn new(code: u8) -> Self {
        Self(code)
    }

    /// The code, from 1 to 255. Those above 8 are not assigned.
    pub const fn code(self) -> u8 {
        self.0
    }
}

impl fmt::Display for SocksReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::GENERAL_FAILURE => "it failed and does not say why (1)",
            Self::NOT_ALLOWED => "its rules do not allow it (2)",
            Self::NETWORK_UNREACHABLE => "the server's network is unreachable (3)",
            Self::HOST_UNREACHABLE => "the server is unreachable, or its name unknown (4)",
            Self::CONNECTION_REFUSED => "the server refused the connection (5)",
            Self::TTL_EXPIRED => "the way to the server is too long, or took too long (6)",
            Self::COMMAND_NOT_SUPPORTED => "it does not make connections (7)",
            Self::ADDRESS_TYPE_NOT_SUPPORTED => "it does not know this kind of address (8)",
            Self(code) => return write!(f, "unassigned code {code}"),
        })
    }
}
