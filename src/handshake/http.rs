//! The handshake in the types of the `http` crate, for connections that an HTTP library owns:
//! hyper, axum and others built on them.
//!
//! The library reads the request and writes the response. [`accept`] checks the request and makes
//! the response, by the same rules as the rest of this crate. All errors and a [`Rejection`] convert
//! into a response with their text or body, so handlers can use `?`; the type of the body has to
//! convert from `Vec<u8>`, as those of axum, `http_body_util::Full` and `Vec<u8>` itself do. For
//! another type, `map` the body of a `Response<Vec<u8>>`. After the response, make a WebSocket of the upgraded stream with
//! [`Connection::established`](crate::Connection::established) or an adapter's
//! `WebSocket::established`. If the library has read bytes beyond the request, pass them on as
//! well. To use compression, call [`Upgrade::negotiate`].
//!
//! ```
//! use websocket_proto::handshake::{OriginPolicy, Rejection, http::accept};
//!
//! type Response = http::Response<Vec<u8>>;
//!
//! fn answer<B>(request: &http::Request<B>) -> Result<Response, Response> {
//!     let upgrade = accept(request)?;
//!     if !upgrade.request().is_origin_allowed(&OriginPolicy::SameHost) {
//!         return Err(Rejection::forbidden().text("not from this page").into());
//!     }
//!     // After this response, the stream carries WebSocket frames.
//!     Ok(upgrade.response())
//! }
//! ```

use std::fmt;
use std::io::Write;

use ::http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Version};

use super::acceptance::Acceptance;
use super::answer_error::AnswerError;
use super::check_request::{CheckedRequest, check_request};
use super::client::ClientRequest;
use super::error_response::encode_error_response;
use super::extended_connect::{ExtendedConnect, ExtendedConnectError};
use super::extensions::{self, DeflateParameters, DeflatePolicy, answer_offers};
use super::head::{HeadReader, MAX_HEADERS};
use super::head_rules::HeadRules;
use super::rejection::Rejection;
use super::request_error::RequestError;
use super::response as view;
use crate::{Leniency, ProtocolError};

/// Checks a request to open a WebSocket that an HTTP library has read (§4.2.1).
///
/// The limits on the length of the head are those of the library. The request may have at most 128
/// headers.
///
/// # Errors
///
/// The [`ProtocolError`] that says what is wrong. It converts into the `http::Response` to answer
/// with.
pub fn accept<B>(request: &Request<B>) -> Result<Upgrade, ProtocolError> {
    let head = read_head(&write_head(request)?)?;
    let checked = check_request(&head, None, Leniency::default(), &mut Leniency::default())?;
    Ok(Upgrade { head, checked })
}

/// Checks an Extended CONNECT that an HTTP/2 or HTTP/3 library has read (RFC 8441, RFC 9220).
///
/// `protocol` is the pseudo-header `:protocol`, for which the `http` crate has no field: hyper puts
/// it into the extensions of the request, as a `hyper::ext::Protocol`.
///
/// # Errors
///
/// An [`ExtendedConnectError`], which has the [status](ExtendedConnectError::status) to answer
/// with.
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

/// A request to open a WebSocket that passed all checks and waits for an answer.
#[derive(Clone)]
pub struct Upgrade {
    head: Vec<u8>,
    checked: CheckedRequest,
}

impl Upgrade {
    /// The request, with its subprotocols, origin, cookies and credentials.
    pub fn request(&self) -> super::Request<'_> {
        super::Request::new(&self.head)
    }

    /// Agrees to permessage-deflate if the policy accepts one of the client's offers
    /// (RFC 7692 §5.1). Without this call, there is no compression.
    #[must_use]
    pub fn negotiate(mut self, policy: &DeflatePolicy) -> Self {
        let values = self.request().headers().get_all(extensions::NAME);
        // The grammar was checked with the rest of the request.
        self.checked.deflate = answer_offers(values, Some(policy)).unwrap_or_default();
        self
    }

    /// The parameters of permessage-deflate that the response agrees to, for the connection that
    /// follows it; `None` if there is no compression. Do not use them if the response is made with
    /// [`Acceptance::without_extensions`], which turns compression off.
    pub fn deflate(&self) -> Option<DeflateParameters> {
        self.checked.deflate.as_ref().map(DeflateParameters::of_response)
    }

    /// The response that opens the WebSocket: 101, without a subprotocol.
    pub fn response<B: Default>(&self) -> Response<B> {
        // A plain acceptance chooses nothing, so there is no error.
        self.response_with(&Acceptance::new()).unwrap_or_default()
    }

    /// The response that opens the WebSocket: 101, with the subprotocol and the headers of
    /// `acceptance`.
    ///
    /// # Errors
    ///
    /// [`AnswerError::UnofferedSubprotocol`] if the client did not offer the subprotocol.
    pub fn response_with<B: Default>(
        &self,
        acceptance: &Acceptance,
    ) -> Result<Response<B>, AnswerError> {
        let mut head = Vec::new();
        acceptance.encode(&self.checked, &mut head)?;
        Ok(parse(&head))
    }
}

/// Shows the request, whose secrets are hidden.
impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Upgrade").field(&self.request()).finish()
    }
}

/// The response to a request that breaks a rule, with a line of text that says which; 500 if the
/// error is not about a request.
impl<B: From<Vec<u8>>> From<ProtocolError> for Response<B> {
    fn from(error: ProtocolError) -> Self {
        let mut written = Vec::new();
        encode_error_response(error, &mut written);
        parse_with_body(&written)
    }
}

/// The rejection with its headers and its body.
impl<B: From<Vec<u8>>> From<Rejection> for Response<B> {
    fn from(rejection: Rejection) -> Self {
        let mut written = Vec::new();
        rejection.encode(&mut written);
        parse_with_body(&written)
    }
}

/// 500, because the mistake is in the application and not in the request.
impl<B: Default> From<AnswerError> for Response<B> {
    fn from(_: AnswerError) -> Self {
        let mut response = Self::default();
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    }
}

/// A request to the server of a `ws` or `wss` URI; see [`ClientRequest::new`].
impl TryFrom<&::http::Uri> for ClientRequest {
    type Error = RequestError;

    fn try_from(uri: &::http::Uri) -> Result<Self, RequestError> {
        Self::new(&uri.to_string())
    }
}

impl ClientRequest {
    /// Adds all of these headers, as [`header`](Self::header) does.
    ///
    /// # Errors
    ///
    /// The errors of [`header`](Self::header); [`RequestError::BadHeaderValue`] also for a value
    /// that is not UTF-8.
    pub fn headers(self, headers: &HeaderMap) -> Result<Self, RequestError> {
        headers.iter().try_fold(self, |request, (name, value)| {
            let value = str::from_utf8(value.as_bytes());
            request.header(name.as_str(), value.map_err(|_| RequestError::BadHeaderValue)?)
        })
    }
}

/// Writes the head of the request as HTTP/1.1, so that it can be checked like one that was
/// received.
fn write_head<B>(request: &Request<B>) -> Result<Vec<u8>, ProtocolError> {
    if request.version() != Version::HTTP_11 {
        return Err(ProtocolError::UnsupportedHttpVersion);
    }
    let mut head = Vec::new();
    // Writing to a vector cannot fail.
    let _ = write!(head, "{} {} HTTP/1.1\r\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
    head.extend_from_slice(b"\r\n");
    Ok(head)
}

/// Reads a head that was written by [`write_head`].
fn read_head(bytes: &[u8]) -> Result<Vec<u8>, ProtocolError> {
    let leniency = Leniency::default();
    let (max_len, max_headers) = (u32::MAX, MAX_HEADERS);
    let rules = HeadRules { max_len, max_headers, health_check: None, leniency };
    let mut head = Vec::with_capacity(bytes.len());
    let mut reader = HeadReader::request();
    let progress = reader.read(bytes, &mut head, rules, &mut Leniency::default())?;
    // A target with a line end in it, for example, would end the head early.
    let whole = progress.complete && progress.consumed == bytes.len();
    if whole { Ok(head) } else { Err(ProtocolError::BadHeader) }
}

/// Parses a response head that this crate wrote.
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

/// Parses a response with a body that this crate wrote. The HTTP library writes the length itself.
fn parse_with_body<B: From<Vec<u8>>>(written: &[u8]) -> Response<B> {
    let head_len = written.windows(4).position(|end| end == b"\r\n\r\n").map_or(0, |at| at + 4);
    let (head, body) = written.split_at(head_len);
    let mut response = parse::<()>(head);
    response.headers_mut().remove(::http::header::CONTENT_LENGTH);
    response.map(|()| body.to_vec().into())
}
