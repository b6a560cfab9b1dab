//! Why a client's request cannot be made.

use core::fmt;

use super::custom_headers::HeaderFault;

/// Why a request cannot be made: a mistake in the call, found before anything is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestError {
    /// The URI does not begin with `ws://`, `wss://`, `http://` or `https://`.
    BadScheme,
    /// The URI names a Unix socket, as in `ws+unix:`. Connect a stream to it, and do the handshake
    /// with the adapter's `client`; the URI of the request is then like `ws://localhost/path`.
    UnixSocket,
    /// The host is missing or malformed.
    BadHost,
    /// The host has characters outside ASCII, which must be written in punycode.
    HostNotAscii,
    /// The port is not from 1 to 65535.
    BadPort,
    /// The URI has a fragment, which §3 forbids.
    Fragment,
    /// The path or the query contains a control character, such as a line end.
    BadPath,
    /// The host or the path contains a backslash, which browsers take for a slash and others do not.
    Backslash,
    /// The user name contains a colon, or the user name or the password a control character
    /// (RFC 7617 §2); or in a URI, they are not UTF-8 or wrongly percent-encoded.
    BadCredentials,
    /// The bearer token is empty or not visible ASCII (RFC 6750 §2.1).
    BadBearerToken,
    /// The name of a header is not a token (RFC 9110 §5.6.2).
    BadHeaderName,
    /// The value of a header contains a control character, such as a line end, or is not UTF-8.
    BadHeaderValue,
    /// The header is reserved for the crate, which writes it itself: `Host`, `Upgrade`,
    /// `Connection`, a `Sec-WebSocket-…` of the handshake, or one about a body.
    ReservedHeader,
    /// The name of the subprotocol is not a token or was offered before, or 128 subprotocols have
    /// been offered already.
    BadSubprotocol,
    /// The origin has no scheme, or one of WebSocket, or has a path, or is not in punycode.
    BadOrigin,
    /// The name of a cookie is not a token, or its value contains a semicolon or a control
    /// character.
    BadCookie,
    /// A redirect leads to a scheme other than `ws`, `wss`, `http` and `https`.
    RedirectScheme,
    /// A redirect leads from `wss` to `ws`.
    RedirectDowngrade,
    /// This would be the sixth redirect in a row.
    TooManyRedirects,
    /// The source of random bytes failed, so there is no key.
    Entropy,
}

names_of_values! { RequestError:
    BadScheme = 301, "bad-scheme";
    UnixSocket = 302, "unix-socket";
    BadHost = 303, "bad-host";
    HostNotAscii = 304, "host-not-ascii";
    BadPort = 305, "bad-port";
    Fragment = 306, "fragment";
    BadPath = 307, "bad-path";
    Backslash = 308, "backslash";
    BadCredentials = 309, "bad-credentials";
    BadBearerToken = 310, "bad-bearer-token";
    BadHeaderName = 311, "bad-header-name";
    BadHeaderValue = 312, "bad-header-value";
    ReservedHeader = 313, "reserved-header";
    BadSubprotocol = 314, "bad-subprotocol";
    BadOrigin = 315, "bad-origin";
    BadCookie = 316, "bad-cookie";
    RedirectScheme = 317, "redirect-scheme";
    RedirectDowngrade = 318, "redirect-downgrade";
    TooManyRedirects = 319, "too-many-redirects";
    Entropy = 320, "entropy";
}

impl RequestError {
    /// The section that asks for what is missing here, one of RFC 6455 unless another document is
    /// named; `None` if this crate asks for it.
    pub const fn rfc_section(self) -> Option<&'static str> {
        match self {
            Self::BadScheme | Self::Fragment => Some("§3"),
            Self::BadHost | Self::HostNotAscii => Some("RFC 3986 §3.2.2"),
            Self::BadPort => Some("RFC 3986 §3.2.3"),
            Self::BadPath | Self::Backslash => Some("RFC 3986 §3.3"),
            Self::BadCredentials => Some("RFC 7617 §2"),
            Self::BadBearerToken => Some("RFC 6750 §2.1"),
            Self::BadHeaderName => Some("RFC 9110 §5.6.2"),
            Self::BadHeaderValue => Some("RFC 9110 §5.5"),
            Self::BadSubprotocol | Self::Entropy => Some("§4.1"),
            Self::BadOrigin => Some("RFC 6454 §7"),
            Self::BadCookie => Some("RFC 6265 §4.1.1"),
            Self::TooManyRedirects => Some("RFC 9110 §15.4"),
            Self::UnixSocket
            | Self::ReservedHeader
            | Self::RedirectScheme
            | Self::RedirectDowngrade => None,
        }
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadScheme => "the URI does not begin with ws://, wss://, http:// or https://",
            Self::UnixSocket => "a Unix socket has no ws:// URI: connect a UnixStream and pass it to client()",
            Self::BadHost => "the URI has no host name or address, or a malformed one",
            Self::HostNotAscii => "the host is not ASCII: write it in punycode (xn--…)",
            Self::BadPort => "the port is not a number from 1 to 65535",
            Self::Fragment => "the URI has a fragment: remove it, or write # as %23",
            Self::BadPath => "the path or query has a control character, such as a line end",
            Self::Backslash => "the URI has a backslash before its query: write / or %5C",
            Self::BadCredentials => {
                "the user name has a colon, or the credentials have a control character or a bad % (write %25)"
            }
            Self::BadBearerToken => "the bearer token is empty or not visible ASCII",
            Self::BadHeaderName => "the header name is empty or has other characters than letters, digits and !#$%&'*+-.^_`|~",
            Self::BadHeaderValue => "the header value has a control character, or is not UTF-8",
            Self::ReservedHeader => "leave out this header, it is written for you",
            Self::BadSubprotocol => "the subprotocol is offered already, the 129th, or not of letters, digits and !#$%&'*+-.^_`|~ (see any_subprotocol)",
            Self::BadOrigin => "the origin is not like https://host[:port]: no path, punycode, https for wss",
            Self::BadCookie => "the cookie's name is no token, or its value has a semicolon or control character",
            Self::RedirectScheme => "the redirect leads to neither WebSocket nor HTTP: do not follow it",
            Self::RedirectDowngrade => "the redirect leads from wss to ws: do not follow it",
            Self::TooManyRedirects => "5 redirects were followed already: give up",
            Self::Entropy => "no random bytes for the key: check the system's generator",
        })
    }
}

impl core::error::Error for RequestError {}

impl From<HeaderFault> for RequestError {
    fn from(fault: HeaderFault) -> Self {
        match fault {
            HeaderFault::Name => Self::BadHeaderName,
            HeaderFault::Value => Self::BadHeaderValue,
            HeaderFault::Reserved => Self::ReservedHeader,
        }
    }
}
