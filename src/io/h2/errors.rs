//! What ended a stream of HTTP/2 or its connection, as errors of I/O.

use std::io::{self, ErrorKind};

use ::h2::{Error, Reason};

/// The error of a stream that was reset, by the peer's reason (RFC 9113 §7, RFC 8441 §5).
pub(super) fn of_reason(reason: Reason) -> io::Error {
    let (kind, text) = match reason {
        Reason::NO_ERROR | Reason::CANCEL => {
            (ErrorKind::ConnectionReset, "the peer has reset the stream")
        }
        Reason::REFUSED_STREAM => (
            ErrorKind::ConnectionRefused,
            "the peer has not looked at the request, which may be sent again",
        ),
        Reason::HTTP_1_1_REQUIRED => {
            (ErrorKind::Unsupported, "the server wants this request in HTTP/1.1")
        }
        Reason::ENHANCE_YOUR_CALM => {
            (ErrorKind::QuotaExceeded, "the peer is asked too much: wait before connecting again")
        }
        _ => (ErrorKind::ConnectionReset, "the peer has reset the stream because of an error"),
    };
    io::Error::new(kind, format!("{text} ({reason:?})"))
}

/// The error of a stream or a connection.
pub(super) fn of_error(error: Error) -> io::Error {
    match error.reason() {
        Some(reason) if error.is_reset() && error.is_remote() => of_reason(reason),
        Some(Reason::ENHANCE_YOUR_CALM) if error.is_remote() => {
            of_reason(Reason::ENHANCE_YOUR_CALM)
        }
        Some(reason) if error.is_remote() => {
            let text = format!("the peer has ended the connection (GOAWAY, {reason:?})");
            io::Error::new(ErrorKind::ConnectionAborted, text)
        }
        // What h2 found, and reset the stream or the connection for.
        Some(_) if error.is_library() => io::Error::new(ErrorKind::InvalidData, error),
        _ if error.is_io() => error.into_io().unwrap_or_else(|| ErrorKind::Other.into()),
        _ => io::Error::other(error),
    }
}

/// The error of a server that takes no WebSockets over HTTP/2.
pub(super) fn not_enabled() -> io::Error {
    let text = "the server takes no WebSockets over HTTP/2: it has not set \
                SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441 §3)";
    io::Error::new(ErrorKind::Unsupported, text)
}
