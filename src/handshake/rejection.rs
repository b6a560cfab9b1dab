//! The answer of a server application that refuses a request.

use alloc::vec::Vec;

use super::answer_error::AnswerError;
use super::custom_headers::{HeaderLines, check_header};
use super::error_response::{PLAIN_TEXT, write_response};
use super::headers::Headers;

/// The answer that opens no WebSocket: a status from 300 to 599 or [200](Self::ok), headers, and a
/// body.
///
/// The crate adds `Content-Length` and `Connection: close`, and `Upgrade: websocket` if the status
/// is 426. The transport is closed after this response.
///
/// ```
/// use websocket_proto::handshake::{Acceptance, Rejection, Request};
///
/// fn decide(request: &Request<'_>) -> Result<Acceptance, Rejection> {
///     if request.path() != "/room" {
///         return Err(Rejection::not_found().text("there is only /room\n"));
///     }
///     if request.bearer_token().is_none() {
///         return Err(Rejection::unauthorized("Bearer")?.text("who are you?\n"));
///     }
///     // The error of a malformed answer converts into a rejection, so `?` works here.
///     Ok(Acceptance::new().header("X-Id", "7")?)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Rejection {
    status: u16,
    headers: HeaderLines,
    body: Vec<u8>,
    is_text: bool,
    error: Option<AnswerError>,
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
            300..=599 => Ok(Self::with_status(status)),
            _ => Err(AnswerError::BadStatus),
        }
    }

    /// 200: the request is not for a WebSocket, and the body is what it is for, such as a page for a
    /// browser that follows a link ([`Config::other_requests`](crate::Config::other_requests)).
    pub const fn ok() -> Self {
        Self::with_status(200)
    }

    /// 400: the request makes no sense to the application (RFC 9110 §15.5.1).
    pub const fn bad_request() -> Self {
        Self::with_status(400)
    }

    /// 401: the client has to say who it is, in the way that the challenge tells (RFC 9110
    /// §15.5.2). The challenge is the value of `WWW-Authenticate`, such as `Bearer` or
    /// `Basic realm="chat"`.
    ///
    /// # Errors
    ///
    /// [`AnswerError::BadHeaderValue`] if the challenge contains a control character.
    pub fn unauthorized(challenge: &str) -> Result<Self, AnswerError> {
        Self::with_status(401).header("WWW-Authenticate", challenge)
    }

    /// 403: this client, or the page that it comes from, may not connect (RFC 9110 §15.5.4).
    pub const fn forbidden() -> Self {
        Self::with_status(403)
    }

    /// 404: there is no such path (RFC 9110 §15.5.5).
    pub const fn not_found() -> Self {
        Self::with_status(404)
    }

    /// 429: the client connects too often (RFC 6585 §4). A `Retry-After` header with a number of
    /// seconds tells it when to try again.
    pub const fn too_many_requests() -> Self {
        Self::with_status(429)
    }

    /// 503: the server has no room now, or is about to end (RFC 9110 §15.6.4). A `Retry-After`
    /// header with a number of seconds tells the client when to try again.
    pub const fn service_unavailable() -> Self {
        Self::with_status(503)
    }

    const fn with_status(status: u16) -> Self {
        Self { status, headers: HeaderLines::EMPTY, body: Vec::new(), is_text: false, error: None }
    }

    /// Adds a header to the response.
    ///
    /// # Errors
    ///
    /// [`AnswerError::BadHeaderName`], [`AnswerError::BadHeaderValue`] or
    /// [`AnswerError::ReservedHeader`].
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, AnswerError> {
        self.add_header(name, value)?;
        Ok(self)
    }

    /// Adds a header, as [`header`](Self::header) does, in place. After an error the rejection is as it
    /// was before.
    ///
    /// # Errors
    ///
    /// Those of [`header`](Self::header).
    pub fn add_header(&mut self, name: &str, value: &str) -> Result<(), AnswerError> {
        check_header(name, value)?;
        self.headers.push(name, value);
        Ok(())
    }

    /// Sets a body of any kind. Add a `Content-Type` header yourself. A 304 is sent without the
    /// body (RFC 9110 §15.4.5).
    #[must_use]
    pub fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
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

    /// The HTTP status code, 200 or one from 300 to 599.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The headers that were added, in order.
    pub fn headers(&self) -> Headers<'_> {
        Headers::of_lines(self.headers.as_bytes())
    }

    /// The body; empty if none was set.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The mistake of the application that this rejection stands for, if `?` or `into` made it of
    /// an [`AnswerError`]. The client does not learn of it; adapters return it as
    /// `io::Error::Answer`.
    pub const fn error(&self) -> Option<AnswerError> {
        self.error
    }

    /// Writes the response, head and body.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let needs_type = self.is_text && !self.headers.contains("Content-Type");
        let content_type = if needs_type { PLAIN_TEXT } else { "" };
        let headers = [self.headers.as_bytes(), content_type.as_bytes()];
        write_response(self.status, headers, Some(&self.body), out);
    }
}

/// 500 without a body, as the mistake is the application's.
impl From<AnswerError> for Rejection {
    fn from(error: AnswerError) -> Self {
        Self { error: Some(error), ..Self::with_status(500) }
    }
}
