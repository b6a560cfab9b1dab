//! The answer of a server application that opens the WebSocket.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::answer_error::AnswerError;
use super::check_request::CheckedRequest;
use super::custom_headers::{HeaderLines, check_header};
use super::extensions::{DeflateParameters, DeflateResponse, NAME as EXTENSIONS};
use super::grammar::is_subprotocol;
use super::request::Request;
use super::subprotocols::Subprotocols;

/// The answer that opens the WebSocket: 101 Switching Protocols (§4.2.2). A server returns it from
/// the function that it gives to `accept_with`.
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
    /// [`AnswerError::BadSubprotocol`] if no client can offer such a name. Whether the client offered the
    /// subprotocol is checked later, when the request is accepted.
    pub fn subprotocol(mut self, name: &str) -> Result<Self, AnswerError> {
        self.set_subprotocol(name)?;
        Ok(self)
    }

    /// Chooses a subprotocol, as [`subprotocol`](Self::subprotocol) does, in place. After an error the
    /// choice is as it was before.
    ///
    /// # Errors
    ///
    /// Those of [`subprotocol`](Self::subprotocol).
    pub fn set_subprotocol(&mut self, name: &str) -> Result<(), AnswerError> {
        if !is_subprotocol(name.as_bytes()) {
            return Err(AnswerError::BadSubprotocol);
        }
        self.subprotocol = Some(name.into());
        Ok(())
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
        self.add_header(name, value)?;
        Ok(self)
    }

    /// Adds a header, as [`header`](Self::header) does, in place. After an error the acceptance is as it
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
        let lines = self.lines(&request.subprotocols, request.deflate)?;
        out.extend_from_slice(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n");
        out.extend_from_slice(b"Connection: Upgrade\r\nSec-WebSocket-Accept: ");
        out.extend_from_slice(&request.accept);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(lines.as_bytes());
        out.extend_from_slice(b"\r\n");
        Ok(self.agreed(request.deflate))
    }

    /// The headers that answer what the client offers, and those of the application.
    pub(super) fn lines(
        &self,
        offered: &Subprotocols,
        deflate: Option<DeflateResponse>,
    ) -> Result<HeaderLines, AnswerError> {
        let mut lines = HeaderLines::EMPTY;
        if let Some(name) = self.chosen() {
            // §4.2.2: the chosen subprotocol must be one that the client offered.
            if !offered.contains(name) {
                return Err(AnswerError::UnofferedSubprotocol);
            }
            lines.push("Sec-WebSocket-Protocol", name);
        }
        if let Some(response) = deflate.filter(|_| !self.without_extensions) {
            lines.push(EXTENSIONS, &response.to_string());
        }
        lines.push_all(&self.headers);
        Ok(lines)
    }

    /// The parameters of permessage-deflate in the response, if it agrees to any.
    pub(super) fn agreed(&self, deflate: Option<DeflateResponse>) -> Option<DeflateParameters> {
        let deflate = deflate.filter(|_| !self.without_extensions);
        deflate.as_ref().map(DeflateParameters::of_response)
    }
}
