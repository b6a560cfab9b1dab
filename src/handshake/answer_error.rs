//! Why an answer cannot be sent.

use core::fmt;

use super::custom_headers::HeaderFault;

/// Why an answer cannot be sent: a mistake in the call, found before anything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AnswerError {
    /// The status of a [`Rejection`](super::Rejection) is not from 300 to 599, or it is 200 and the
    /// request asks for a WebSocket.
    BadStatus,
    /// The name of a header is not a token (RFC 9110 §5.6.2).
    BadHeaderName,
    /// The value of a header contains a control character, such as a line end.
    BadHeaderValue,
    /// The header is reserved for the crate, which writes it itself: `Upgrade`, `Connection`,
    /// `Content-Length`, `Transfer-Encoding`, `Trailer`, or a `Sec-WebSocket-…` of the handshake.
    ReservedHeader,
    /// The name of the subprotocol is empty, or has a comma or a character that is not visible ASCII.
    BadSubprotocol,
    /// The client did not offer the chosen subprotocol (§4.2.2).
    UnofferedSubprotocol,
    /// An entry of [`OriginPolicy::list`](super::OriginPolicy::list) is nothing that a browser sends
    /// as an origin.
    BadOrigin,
    /// No request is waiting for this answer: none has arrived, or it was answered already, or the
    /// handshake has ended, or the request that is to be accepted does not ask for a WebSocket.
    NotAsked,
}

names_of_values! { AnswerError:
    BadStatus = 201, "bad-status";
    BadHeaderName = 202, "bad-header-name";
    BadHeaderValue = 203, "bad-header-value";
    ReservedHeader = 204, "reserved-header";
    BadSubprotocol = 205, "bad-subprotocol";
    UnofferedSubprotocol = 206, "unoffered-subprotocol";
    BadOrigin = 207, "bad-origin";
    NotAsked = 208, "not-asked";
}

impl AnswerError {
    /// The section that asks for what is missing here, one of RFC 6455 unless another document is
    /// named; `None` if this crate asks for it.
    pub const fn rfc_section(self) -> Option<&'static str> {
        match self {
            Self::BadStatus => Some("RFC 9110 §15"),
            Self::BadHeaderName => Some("RFC 9110 §5.6.2"),
            Self::BadHeaderValue => Some("RFC 9110 §5.5"),
            Self::BadSubprotocol => Some("§4.1"),
            Self::UnofferedSubprotocol => Some("§4.2.2"),
            Self::BadOrigin => Some("RFC 6454 §7"),
            Self::ReservedHeader | Self::NotAsked => None,
        }
    }
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadStatus => "a rejection needs a status from 300 to 599, or 200 if the request asks for no WebSocket",
            Self::BadHeaderName => "the header name is empty or has other characters than letters, digits and !#$%&'*+-.^_`|~",
            Self::BadHeaderValue => "the header value has a control character, such as a line end",
            Self::ReservedHeader => "leave out this header, it is written for you",
            Self::BadSubprotocol => "the subprotocol is empty, or has a space, a comma or a character outside ASCII",
            Self::UnofferedSubprotocol => "the client did not offer this subprotocol: choose an offered one, or none",
            Self::BadOrigin => "an allowed origin is not like https://host[:port]: no path, no wildcard, punycode",
            Self::NotAsked => "no request waits for an answer: it was answered, or the handshake is over",
        })
    }
}

impl core::error::Error for AnswerError {}

impl From<HeaderFault> for AnswerError {
    fn from(fault: HeaderFault) -> Self {
        match fault {
            HeaderFault::Name => Self::BadHeaderName,
            HeaderFault::Value => Self::BadHeaderValue,
            HeaderFault::Reserved => Self::ReservedHeader,
        }
    }
}
