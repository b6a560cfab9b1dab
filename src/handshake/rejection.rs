//! The answer of a server application that refuses a request.

use alloc::vec::Vec;

use super::answer_error::AnswerError;
use super::custom_headers::{HeaderLines, check_header};
use super::error_response::{PLAIN_TEXT, write_response};

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
