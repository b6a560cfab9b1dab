//! Why a call of an adapter failed.

use std::io::ErrorKind;
use std::str::Utf8Error;
use std::{fmt, io};

use super::connect_error::ConnectError;
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
    /// The peer broke the protocol or exceeded a limit.
    Protocol(ProtocolError),
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
                        write!(f, ": see {}", location.escape_debug())
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
            Self::NotWritten(_) | Self::Refused(_) | Self::Ended(_) | Self::StreamingDelivery => {
                None
            }
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
    /// [`Error::Io`] becomes what is in it. Other errors keep their text, and get the kind that is
    /// closest.
    fn from(error: Error) -> Self {
        use ErrorKind::{BrokenPipe, InvalidData, InvalidInput, Other, UnexpectedEof};
        let kind = match &error {
            Error::Io(_) | Error::Refused(_) | Error::StreamingDelivery => Other,
            Error::Connect(error) => error.kind(),
            Error::Protocol(_) | Error::NotText(_) => InvalidData,
            Error::Request(RequestError::Entropy) => Other,
            Error::Request(_) | Error::Answer(_) => InvalidInput,
            Error::Send(SendError::Closed | SendError::Disconnected) => BrokenPipe,
            Error::Send(SendError::Full) => ErrorKind::WouldBlock,
            Error::Send(SendError::NoEntropy) => Other,
            Error::Send(_) => InvalidInput,
            Error::NotWritten(cause) => kind_of(*cause).unwrap_or(BrokenPipe),
            Error::Ended(ending) => kind_of(ending.cause).unwrap_or(UnexpectedEof),
        };
        if let Error::Io(error) = error { error } else { Self::new(kind, error) }
    }
}

/// The kind of an error for a connection that ended like this, if the end alone does not say it.
const fn kind_of(cause: EndCause) -> Option<ErrorKind> {
    if let EndCause::TimedOut(_) = cause {
        Some(ErrorKind::TimedOut)
    } else if let EndCause::Failed(_) = cause {
        Some(ErrorKind::InvalidData)
    } else if let EndCause::Aborted = cause {
        Some(ErrorKind::ConnectionAborted)
    } else {
        None
    }
}
