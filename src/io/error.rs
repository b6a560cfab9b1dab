//! Why a call of an adapter failed.

use std::io::ErrorKind;
use std::str::Utf8Error;
use std::{fmt, io};

#[cfg(feature = "http")]
use ::http::StatusCode;

use super::bad_response::BadResponse;
use super::connect_error::ConnectError;
#[cfg(feature = "http")]
use crate::handshake::http::ResponseError;
use crate::handshake::{AnswerError, RequestError, Response};
use crate::{EndCause, Ending, Incoming, ProtocolError, SendError};

/// Why a call of an adapter failed.
///
/// ```no_run
/// use websocket_proto::io::{Error, blocking::connect};
///
/// match connect("ws://127.0.0.1:9001/") {
///     Ok(socket) => drop(socket),
///     Err(Error::Refused(refused)) => match refused.response().status() {
///         401 => println!("log in first"),
///         status => println!("the server says {status}"),
///     },
///     Err(Error::Connect(error)) => println!("{error}"),
///     Err(error) => println!("no WebSocket: {error}"),
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The transport failed. This is reported once; after that, sending fails with
    /// [`SendError::Closed`]. With [`WouldBlock`](io::ErrorKind::WouldBlock) from a non-blocking
    /// stream nothing is lost: call again when the stream is ready.
    Io(io::Error),
    /// There is no connection to the server: its name is not known, no address takes connections,
    /// the proxy does not lead there, the TLS handshake failed, or all of it took too long.
    Connect(Box<ConnectError>),
    /// The peer broke the protocol or exceeded a limit. From a client's handshake this is
    /// [`BadResponse`](Self::BadResponse).
    Protocol(ProtocolError),
    /// The server's response breaks the protocol or exceeds a limit.
    BadResponse(Box<BadResponse>),
    /// The message cannot be sent, and nothing of it was sent.
    Send(SendError),
    /// The connection ended, for this reason, before everything that had been queued was written:
    /// the peer received nothing of it, or a part that it cannot use.
    NotWritten(EndCause),
    /// The request to connect with is malformed.
    Request(RequestError),
    /// The answer that a server chose for a request cannot be sent.
    Answer(AnswerError),
    /// A message was asked for as text, with [`Message::to_text`](crate::Message::to_text) or
    /// [`into_text`](crate::Message::into_text), and its payload is not UTF-8.
    NotText(Utf8Error),
    /// The server answered with something other than a WebSocket.
    Refused(Box<Refused>),
    /// The connection ended before it was open; or a stream of bytes ended where more bytes may have
    /// been to come.
    Ended(Box<Ending>),
    /// The connection was used as a stream of whole messages, but it has
    /// [`Delivery::Streaming`](crate::Delivery::Streaming).
    StreamingDelivery,
}

/// The response of a server that does not open a WebSocket.
#[derive(Clone)]
pub struct Refused {
    /// The head, then the body.
    bytes: Vec<u8>,
    head_len: u32,
    truncated: bool,
}

impl Refused {
    /// Takes the response out of the current event, [`Event::Refused`](crate::Event::Refused).
    pub(super) fn take(incoming: &mut Incoming) -> Option<Self> {
        let (bytes, head_len, truncated) = incoming.take_refusal()?;
        Some(Self { bytes, head_len, truncated })
    }

    /// A response whose head is in the form of HTTP/1.1, with what was kept of its body.
    #[cfg(feature = "h2")]
    pub(super) fn new(head: &[u8], body: &[u8], truncated: bool) -> Self {
        let head_len = head.len() as u32;
        Self { bytes: [head, body].concat(), head_len, truncated }
    }

    /// A response of which nothing but the status is known.
    #[cfg(feature = "http")]
    fn with_status(status: StatusCode) -> Self {
        let reason = status.canonical_reason().unwrap_or_default();
        let bytes = format!("HTTP/1.1 {} {reason}\r\n\r\n", status.as_str()).into_bytes();
        Self { head_len: bytes.len() as u32, bytes, truncated: true }
    }

    /// The response, with as much of its body as was kept.
    pub fn response(&self) -> Response<'_> {
        Response::of_refusal(&self.bytes, self.head_len, self.truncated)
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.response().fmt(f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Connect(error) => error.fmt(f),
            Self::Protocol(error) => error.fmt(f),
            Self::BadResponse(response) => response.fmt(f),
            Self::Send(error) => error.fmt(f),
            Self::NotWritten(cause) => {
                write!(f, "the connection ended before all was written: {cause}")
            }
            Self::Request(error) => error.fmt(f),
            Self::Answer(error) => error.fmt(f),
            Self::NotText(_) => f.write_str("the payload of this message is not text"),
            Self::Refused(refused) => {
                let response = refused.response();
                write!(f, "the server answered {} {}", response.status(), response.reason())?;
                match response.location() {
                    Some(location) if (300..400).contains(&response.status()) => {
                        write!(f, ": see {}", without_query(location).escape_debug())
                    }
                    Some(_) | None => Ok(()),
                }
            }
            Self::Ended(ending) => ending.fmt(f),
            Self::StreamingDelivery => {
                f.write_str("a stream yields whole messages: use receive() for streaming delivery")
            }
        }
    }
}

/// A place without its query and fragment: servers repeat the query of the request, and it may be
/// secret.
fn without_query(location: &str) -> &str {
    location.split(['?', '#']).next().unwrap_or_default()
}

impl std::error::Error for Error {
    /// What is below the error inside, whose own text is this one's. So the texts of a chain say
    /// each thing once.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => error.source(),
            Self::Connect(error) => error.source(),
            Self::Protocol(error) => error.source(),
            Self::Send(error) => error.source(),
            Self::Request(error) => error.source(),
            Self::Answer(error) => error.source(),
            Self::NotText(error) => Some(error),
            Self::BadResponse(_)
            | Self::NotWritten(_)
            | Self::Refused(_)
            | Self::Ended(_)
            | Self::StreamingDelivery => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ProtocolError> for Error {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}

impl From<SendError> for Error {
    fn from(error: SendError) -> Self {
        Self::Send(error)
    }
}

impl From<RequestError> for Error {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}

/// Of a refusal, only the status is known.
#[cfg(feature = "http")]
impl From<ResponseError> for Error {
    fn from(error: ResponseError) -> Self {
        match error {
            ResponseError::Refused(status) => Self::Refused(Box::new(Refused::with_status(status))),
            ResponseError::Protocol(error) => Self::Protocol(error),
        }
    }
}

impl From<AnswerError> for Error {
    fn from(error: AnswerError) -> Self {
        Self::Answer(error)
    }
}

impl From<Utf8Error> for Error {
    fn from(error: Utf8Error) -> Self {
        Self::NotText(error)
    }
}

impl From<Error> for io::Error {
    /// [`Error::Io`] becomes what is in it. Other errors are inside, with their text, and get the
    /// kind that is closest: for a connection that ended, [`UnexpectedEof`](ErrorKind::UnexpectedEof)
    /// if the stream did, [`TimedOut`](ErrorKind::TimedOut),
    /// [`InvalidData`](ErrorKind::InvalidData) and [`OutOfMemory`](ErrorKind::OutOfMemory) as they
    /// say, otherwise [`ConnectionAborted`](ErrorKind::ConnectionAborted); for what was not sent,
    /// [`TimedOut`](ErrorKind::TimedOut) or [`BrokenPipe`](ErrorKind::BrokenPipe).
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::Io(_) | Error::Refused(_) | Error::StreamingDelivery => ErrorKind::Other,
            Error::Connect(error) => error.kind(),
            Error::Protocol(_) | Error::BadResponse(_) | Error::NotText(_) => {
                ErrorKind::InvalidData
            }
            Error::Request(RequestError::Entropy) => ErrorKind::Other,
            Error::Request(_) | Error::Answer(_) => ErrorKind::InvalidInput,
            Error::Send(error) => kind_of_unsent(*error),
            Error::NotWritten(EndCause::TimedOut(_)) => ErrorKind::TimedOut,
            Error::NotWritten(_) => ErrorKind::BrokenPipe,
            Error::Ended(ending) if ending.message_lost && ending.is_clean() => {
                ErrorKind::UnexpectedEof
            }
            Error::Ended(ending) => kind_of_end(ending.cause),
        };
        if let Error::Io(error) = error { error } else { Self::new(kind, error) }
    }
}

const fn kind_of_unsent(error: SendError) -> ErrorKind {
    match error {
        SendError::Closed | SendError::Disconnected => ErrorKind::BrokenPipe,
        SendError::Full => ErrorKind::WouldBlock,
        SendError::NoEntropy => ErrorKind::Other,
        SendError::OutOfMemory => ErrorKind::OutOfMemory,
        SendError::NotOpen
        | SendError::MessageInProgress
        | SendError::NoMessageInProgress
        | SendError::NotUtf8
        | SendError::PingTooLong
        | SendError::BadCloseCode
        | SendError::ReasonTooLong => ErrorKind::InvalidInput,
    }
}

const fn kind_of_end(cause: EndCause) -> ErrorKind {
    match cause {
        EndCause::Eof
        | EndCause::EofInMessage
        | EndCause::EofInFrame
        | EndCause::EofAfterClose
        | EndCause::EofInHandshake => ErrorKind::UnexpectedEof,
        EndCause::Failed(_) => ErrorKind::InvalidData,
        EndCause::TimedOut(_) => ErrorKind::TimedOut,
        EndCause::Clean
        | EndCause::Rejected
        | EndCause::HealthCheck
        | EndCause::Refused
        | EndCause::Aborted
        | EndCause::TransportFailed
        | EndCause::NoEntropy
        | EndCause::ForeignMemory => ErrorKind::ConnectionAborted,
        EndCause::OutOfMemory => ErrorKind::OutOfMemory,
    }
}
