//! The handshake in the types of the `http` crate, for connections that somebody else's HTTP
//! library owns: hyper, axum and what is built on them.
//!
//! The library reads the request and writes the response; [`accept`] checks the one and makes the
//! other, by the same rules as everywhere in this crate. A response has whatever empty body the
//! library wants, and all errors convert into one, so handlers can use `?`. Behind the response, the upgraded stream
//! is a WebSocket: [`Connection::established`](crate::Connection::established), or an adapter's
//! `WebSocket::established`. Give it the bytes that the library read too far, if it tells them.
//! [`Upgrade::negotiate`] is for compression.
//!
//! ```
//! use websocket_proto::handshake::{OriginPolicy, Rejection, http::accept};
//!
//! type Response = http::Response<String>;
//!
//! fn answer<B>(request: &http::Request<B>) -> Result<Response, Response> {
//!     let upgrade = accept(request)?;
//!     if !upgrade.request().is_origin_allowed(&OriginPolicy::SameHost) {
//!         return Err(Rejection::new(403)?.into());
//!     }
//!     // From here on, the stream behind the response speaks WebSocket.
//!     Ok(upgrade.response())
//! }
//! ```

use std::fmt;
use std::io::Write;

use ::http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Version};

use super::answer::{Acceptance, AnswerError, Rejection};
use super::client::{ClientRequest, RequestError};
use super::extended_connect::{ExtendedConnect, ExtendedConnectError};
use super::extensions::{self, DeflateParameters, DeflatePolicy, answer_offers};
use super::head::{HeadReader, MAX_HEADERS};
use super::head_rules::HeadRules;
use super::refusal::encode_refusal;
use super::upgrade::check_request;
use super::{response as view, upgrade};
use crate::{Leniency, ProtocolError};

/// Checks a request to open a WebSocket that an HTTP library has read (§4.2.1).
///
/// The bounds on its head are the library's, but for the most headers that can be had, 128.
///
/// # Errors
///
/// The [`ProtocolError`] that says what is wrong; it converts into the `http::Response` to answer.
pub fn accept<B>(request: &Request<B>) -> Result<Upgrade, ProtocolError> {
    let head = read_head(&write_head(request)?)?;
    let upgrade = check_request(&head, None)?;
    Ok(Upgrade { head, upgrade })
}

/// Checks an Extended CONNECT that an HTTP/2 or HTTP/3 library has read (RFC 8441, RFC 9220).
///
/// `protocol` is the pseudo-header `:protocol`, which the `http` crate has no place for: hyper has
/// it among the request's extensions as `hyper::ext::Protocol`.
///
/// # Errors
///
/// An [`ExtendedConnectError`], which knows the status to answer.
pub fn accept_extended<B>(
    request: &Request<B>,
    protocol: &str,
) -> Result<ExtendedConnect, ExtendedConnectError> {
    let uri = request.uri();
    let pseudo = [
        (":method", Some(request.method().as_str())),
        (":protocol", Some(protocol)),
        (":scheme", uri.scheme_str()),
        (":path", uri.path_and_query().map(|path| path.as_str())),
        (":authority", uri.authority().map(|authority| authority.as_str())),
    ];
    let pseudo = pseudo
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name.as_bytes(), value.as_bytes())));
    let regular = request.headers().iter().map(|(name, value)| (name.as_ref(), value.as_bytes()));
    ExtendedConnect::from_headers(pseudo.chain(regular))
}

/// A good request that waits for its answer.
#[derive(Clone)]
pub struct Upgrade {
    head: Vec<u8>,
    upgrade: upgrade::Upgrade,
}

impl Upgrade {
    /// The request, to look at subprotocols, origin, cookies and credentials.
    pub fn request(&self) -> super::Request<'_> {
        super::Request::new(&self.head)
    }

    /// Agrees to permessage-deflate if the client offers it in a way that suits the policy
    /// (RFC 7692 §5.1). Without this call, there is no compression.
    #[must_use]
    pub fn negotiate(mut self, policy: &DeflatePolicy) -> Self {
        let values = self.request().headers().get_all(extensions::NAME);
        // The grammar was checked with the rest of the request.
        self.upgrade.deflate = answer_offers(values, Some(policy)).unwrap_or_default();
        self
    }

    /// What the response agrees to use permessage-deflate with, for the connection behind it;
    /// `None` if it does not. An [`Acceptance::without_extensions`] agrees to nothing.
    pub fn deflate(&self) -> Option<DeflateParameters> {
        self.upgrade.deflate.as_ref().map(DeflateParameters::of)
    }

    /// The response that opens the WebSocket: 101, without a subprotocol.
    pub fn response<B: Default>(&self) -> Response<B> {
        // A plain acceptance chooses nothing that could be wrong.
        self.response_with(&Acceptance::new()).unwrap_or_default()
    }

    /// The same with a subprotocol and headers of one's own.
    ///
    /// # Errors
    ///
    /// [`AnswerError::UnofferedSubprotocol`] if the client did not offer it.
    pub fn response_with<B: Default>(
        &self,
        acceptance: &Acceptance,
    ) -> Result<Response<B>, AnswerError> {
        let mut head = Vec::new();
        acceptance.encode(&self.upgrade, &mut head)?;
        Ok(parse(&head))
    }
}

/// As the request's, which hides secrets.
impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Upgrade").field(&self.request()).finish()
    }
}

/// The answer to a request that breaks a rule. 500 for errors that are about no request.
impl<B: Default> From<ProtocolError> for Response<B> {
    fn from(error: ProtocolError) -> Self {
        let mut head = Vec::new();
        encode_refusal(error, &mut head);
        without_body(parse(&head))
    }
}

/// Without the body, and what says how long it is and what is in it.
impl<B: Default> From<Rejection> for Response<B> {
    fn from(rejection: Rejection) -> Self {
        let mut head = Vec::new();
        rejection.encode(&mut head);
        without_body(parse(&head))
    }
}

/// 500: the answer is the application's to make.
impl<B: Default> From<AnswerError> for Response<B> {
    fn from(_: AnswerError) -> Self {
        let mut response = Self::default();
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    }
}

/// Of a `ws` or `wss` URI.
impl TryFrom<&::http::Uri> for ClientRequest {
    type Error = RequestError;

    fn try_from(uri: &::http::Uri) -> Result<Self, RequestError> {
        Self::new(&uri.to_string())
    }
}

impl ClientRequest {
    /// Adds all of these headers; see [`header`](Self::header).
    ///
    /// # Errors
    ///
    /// As for [`header`](Self::header); [`RequestError::BadHeaderValue`] also for one that is not
    /// UTF-8.
    pub fn headers(self, headers: &HeaderMap) -> Result<Self, RequestError> {
        headers.iter().try_fold(self, |request, (name, value)| {
            let value = str::from_utf8(value.as_bytes());
            request.header(name.as_str(), value.map_err(|_| RequestError::BadHeaderValue)?)
        })
    }
}

/// The request as HTTP/1.1 has it on the wire, for the checks that are made there.
fn write_head<B>(request: &Request<B>) -> Result<Vec<u8>, ProtocolError> {
    if request.version() != Version::HTTP_11 {
        return Err(ProtocolError::UnsupportedHttpVersion);
    }
    let mut head = Vec::new();
    // Writing to a vector does not fail.
    let _ = write!(head, "{} {} HTTP/1.1\r\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
    head.extend_from_slice(b"\r\n");
    Ok(head)
}

fn read_head(bytes: &[u8]) -> Result<Vec<u8>, ProtocolError> {
    let leniency = Leniency::default();
    let rules = HeadRules { max_len: u32::MAX, max_headers: MAX_HEADERS, leniency };
    let mut head = Vec::with_capacity(bytes.len());
    let mut reader = HeadReader::request();
    let progress = reader.read(bytes, &mut head, rules, &mut Leniency::default())?;
    // A target with a line end in it, say, would end the head early.
    let whole = progress.complete && progress.consumed == bytes.len();
    if whole { Ok(head) } else { Err(ProtocolError::BadHeader) }
}

/// A response head that this crate wrote.
fn parse<B: Default>(head: &[u8]) -> Response<B> {
    let written = view::Response::of_head(head);
    let mut response = Response::<B>::default();
    *response.status_mut() =
        StatusCode::from_u16(written.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for header in written.headers() {
        let name = HeaderName::from_bytes(header.name().as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(header.value())) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// Bodies are the HTTP library's to frame.
fn without_body<B>(mut response: Response<B>) -> Response<B> {
    for name in [::http::header::CONTENT_LENGTH, ::http::header::CONTENT_TYPE] {
        response.headers_mut().remove(name);
    }
    response
}
