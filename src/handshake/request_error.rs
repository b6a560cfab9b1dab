//! Why a client's request cannot be made.

use core::fmt;

use super::custom_headers::HeaderFault;

/// Why a request cannot be made: a mistake in the call, found before anything is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestError {
    /// The URI does not begin with `ws://` or `wss://`.
    BadScheme,
    /// The host is missing or malformed.
    BadHost,
    /// The host has characters outside ASCII, which must be written in punycode.
    HostNotAscii,
    /// The port is not from 1 to 65535.
    BadPort,
    /// The URI has a fragment, which §3 forbids.
    Fragment,
    /// The path or the query contains characters that must be percent-encoded.
    BadPath,
    /// The user name, the password (RFC 7617) or the bearer token contains characters that cannot
    /// be sent.
    BadCredentials,
    /// The name of a header is not a token (RFC 9110 §5.6.2).
    BadHeaderName,
    /// The value of a header contains a control character, such as a line end.
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

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadScheme => "begin the URI with ws:// or wss://",
            Self::BadHost => "give the URI a host name or address",
            Self::HostNotAscii => "write the host in punycode (xn--…)",
            Self::BadPort => "choose a port from 1 to 65535",
            Self::Fragment => "remove the fragment, or write # as %23",
            Self::BadPath => "percent-encode the path: visible ASCII without backslashes",
            Self::BadCredentials => "remove colons from the user, and spaces and controls",
            Self::BadHeaderName => "header names are letters, digits and hyphens",
            Self::BadHeaderValue => "remove control characters from the header value",
            Self::ReservedHeader => "leave out this header, it is written for you",
            Self::BadSubprotocol => "offer each subprotocol once: letters, digits and hyphens",
            Self::BadOrigin => "write the origin as scheme://host[:port]",
            Self::BadCookie => "remove semicolons and control characters from the cookie",
            Self::RedirectScheme => "do not follow: the redirect leaves WebSocket and HTTP",
            Self::RedirectDowngrade => "do not follow: the redirect leads from wss to ws",
            Self::TooManyRedirects => "give up: 5 redirects were followed already",
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
