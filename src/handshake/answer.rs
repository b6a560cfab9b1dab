//! How a server application answers a request: it accepts or rejects it.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use super::check_request::CheckedRequest;
use super::custom_headers::{HeaderFault, HeaderLines, check_header};
use super::error_response::{PLAIN_TEXT, write_response};
use super::extensions::{DeflateParameters, NAME as EXTENSIONS};
use super::grammar::is_token;
use super::request::Request;

/// The answer that opens the WebSocket: 101 Switching Protocols (§4.2.2).
///
/// The crate adds the headers of the handshake itself. The application chooses the subprotocol
/// (default: none), adds headers of its own (default: none), and can turn extensions off.
///
/// ```
/// # use websocket_proto::handshake::{Acceptance, AnswerError};
/// let answer = Acceptance::new().subprotocol("chat")?.header("X-Id", "7")?;
/// # Ok::<(), AnswerError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Acceptance {
    subprotocol: Option<Box<str>>,
    headers: HeaderLines,
    without_extensions: bool,
}

impl Acceptance {
    /// An acceptance without a subprotocol and without additional headers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Chooses a subprotocol out of [`Request::subprotocols`](super::Request::subprotocols).
    ///
    /// # Errors
    ///
    /// [`AnswerError::BadSubprotocol`] if the name is not a token. Whether the client offered the
    /// subprotocol is checked later, when the request is accepted.
    pub fn subprotocol(mut self, name: &str) -> Result<Self, AnswerError> {
        if !is_token(name.as_bytes()) {
            return Err(AnswerError::BadSubprotocol);
        }
        self.subprotocol = Some(name.into());
        Ok(self)
    }

    /// Chooses the first subprotocol in `supported` that the client offers, whatever the client's
    /// own order, or none if it offers none of them (§4.2.2).
    ///
    /// ```
    /// use websocket_proto::handshake::{Acceptance, Request};
    ///
    /// fn accept(request: Request<'_>) -> Acceptance {
    ///     Acceptance::new().choose_subprotocol(request, &["chat.v2", "chat.v1"])
    /// }
    /// ```
    #[must_use]
    pub fn choose_subprotocol(mut self, request: Request<'_>, supported: &[&str]) -> Self {
        let is_offered = |name: &&&str| request.subprotocols().any(|offered| offered == **name);
        // All subprotocols of a checked request are tokens.
        self.subprotocol = supported.iter().find(is_offered).map(|name| (*name).into());
        self
    }

    /// Adds a header to the response.
    ///
    /// # Errors
    ///
    /// [`AnswerError::BadHeaderName`], [`AnswerError::BadHeaderValue`] or
    /// [`AnswerError::ReservedHeader`].
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, AnswerError> {
        check_header(name, value)?;
        self.headers.push(name, value);
        Ok(self)
    }

    /// Turns extensions off for this connection, even if the client offers some that the server's
    /// [`DeflatePolicy`](super::DeflatePolicy) would accept (RFC 7692).
    #[must_use]
    pub const fn without_extensions(mut self) -> Self {
        self.without_extensions = true;
        self
    }

    /// The chosen subprotocol, if any.
    pub(crate) fn chosen(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// Writes the response head, or nothing if there is an error. Returns the parameters of
    /// permessage-deflate that the response agrees to, if any.
    pub(crate) fn encode(
        &self,
        request: &CheckedRequest,
        out: &mut Vec<u8>,
    ) -> Result<Option<DeflateParameters>, AnswerError> {
        // §4.2.2: the chosen subprotocol must be one that the client offered.
        if self.chosen().is_some_and(|name| !request.subprotocols.contains(name)) {
            return Err(AnswerError::UnofferedSubprotocol);
        }
        out.extend_from_slice(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n");
        out.extend_from_slice(b"Connection: Upgrade\r\nSec-WebSocket-Accept: ");
        out.extend_from_slice(&request.accept);
        out.extend_from_slice(b"\r\n");
        let agreed = self.encode_choices(request, out);
        out.extend_from_slice(self.headers.as_bytes());
        out.extend_from_slice(b"\r\n");
        Ok(agreed)
    }

    fn encode_choices(
        &self,
        request: &CheckedRequest,
        out: &mut Vec<u8>,
    ) -> Option<DeflateParameters> {
        let mut lines = HeaderLines::EMPTY;
        if let Some(name) = self.chosen() {
            lines.push("Sec-WebSocket-Protocol", name);
        }
        let deflate = request.deflate.filter(|_| !self.without_extensions);
        if let Some(response) = deflate {
            lines.push(EXTENSIONS, &response.to_string());
        }
        out.extend_from_slice(lines.as_bytes());
        deflate.as_ref().map(DeflateParameters::of_response)
    }
}

/// The answer that refuses a request: a status from 300 to 599, headers, and a body.
///
/// The crate adds `Content-Length` and `Connection: close`, and `Upgrade: websocket` if the status
/// is 426. The transport is closed after this response.
///
/// ```
/// # use websocket_proto::handshake::{AnswerError, Rejection};
/// let answer = Rejection::new(401)?.header("WWW-Authenticate", "Basic")?.text("who are you?");
/// # Ok::<(), AnswerError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rejection {
    status: u16,
    headers: HeaderLines,
    body: Vec<u8>,
    is_text: bool,
}

impl Rejection {
    /// A rejection without additional headers and without a body.
    ///
    /// # Errors
    ///
    /// [`AnswerError::BadStatus`] unless the status is from 300 to 599: no other status refuses a
    /// request.
    pub const fn new(status: u16) -> Result<Self, AnswerError> {
        match status {
            300..=599 => {
                Ok(Self { status, headers: HeaderLines::EMPTY, body: Vec::new(), is_text: false })
            }
            _ => Err(AnswerError::BadStatus),
        }
    }

    /// Adds a header to the response.
    ///
    /// # Errors
    ///
    /// [`AnswerError::BadHeaderName`], [`AnswerError::BadHeaderValue`] or
    /// [`AnswerError::ReservedHeader`].
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, AnswerError> {
        check_header(name, value)?;
        self.headers.push(name, value);
        Ok(self)
    }

    /// Sets the body. Add a `Content-Type` header yourself. A 304 is sent without the body
    /// (RFC 9110 §15.4.5).
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.is_text = false;
        self
    }

    /// Sets a body of plain text. The crate adds `Content-Type: text/plain; charset=utf-8` unless
    /// you add a `Content-Type` yourself.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.body = text.into();
        self.is_text = true;
        self
    }

    /// The HTTP status code, from 300 to 599.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Writes the response, head and body.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let needs_type = self.is_text && !self.headers.contains("Content-Type");
        let content_type = if needs_type { PLAIN_TEXT } else { "" };
        let headers = [self.headers.as_bytes(), content_type.as_bytes()];
        write_response(self.status, headers, &self.body, out);
    }
}

/// Why an answer cannot be sent: a mistake in the call, found before anything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AnswerError {
    /// The status of a [`Rejection`] is not from 300 to 599.
    BadStatus,
    /// The name of a header is not a token (RFC 9110 §5.6.2).
    BadHeaderName,
    /// The value of a header contains a control character, such as a line end.
    BadHeaderValue,
    /// The header is reserved for the crate, which writes it itself: `Upgrade`, `Connection`,
    /// `Content-Length`, `Transfer-Encoding`, `Trailer`, or a `Sec-WebSocket-…` of the handshake.
    ReservedHeader,
    /// The name of the subprotocol is not a token (RFC 9110 §5.6.2).
    BadSubprotocol,
    /// The client did not offer the chosen subprotocol (§4.2.2).
    UnofferedSubprotocol,
    /// No request is waiting for an answer: none has arrived, or it was answered already, or the
    /// handshake has ended.
    NotAsked,
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadStatus => "a rejection needs a status from 300 to 599",
            Self::BadHeaderName => "header names are letters, digits and hyphens",
            Self::BadHeaderValue => "remove control characters from the header value",
            Self::ReservedHeader => "leave out this header, it is written for you",
            Self::BadSubprotocol => "subprotocols are tokens: letters, digits and hyphens",
            Self::UnofferedSubprotocol => "choose one of the offered subprotocols, or none",
            Self::NotAsked => "answer only while a request waits for it",
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
