//! The client's half: a request is made, and the response checked.

use std::fmt;

use ::http::uri::{Parts, PathAndQuery, Scheme};
use ::http::{HeaderMap, Request, Response, StatusCode, Uri, Version, header};

use super::super::agreed::Agreed;
use super::super::check_response::{ResponseKind, check_response};
use super::super::client::{ClientRequest, Expected};
#[cfg(feature = "h2")]
use super::super::extended_opening::ExtendedOpening;
use super::super::extensions::DeflateOffer;
use super::super::head::HeadReader;
use super::super::headers::Headers;
use super::super::request_error::RequestError;
use super::super::response;
use super::heads::{parse_headers, read_head, write_response};
use crate::{Entropy, Leniency, ProtocolError};

/// A handshake that a client begins: the request, and what the response has to be.
///
/// It is for one connection, as every connection needs a fresh key.
#[derive(Clone)]
pub struct Opening {
    /// In absolute form.
    uri: Uri,
    headers: HeaderMap,
    expected: Expected,
    leniency: Leniency,
}

impl Opening {
    /// Begins a handshake with a key from `entropy`. `offers` are those of compression
    /// (RFC 7692 §5.1), the preferred one first; without any, there is no compression. Offer none
    /// without the feature `deflate`.
    ///
    /// # Errors
    ///
    /// [`RequestError::Entropy`] if `entropy` has no bytes for the key, and
    /// [`RequestError::BadHost`] or [`RequestError::BadPath`] if [`http::Uri`](::http::Uri) cannot
    /// hold the host or the path, which may have at most 65,534 bytes.
    pub fn new(
        request: &ClientRequest,
        offers: &[DeflateOffer],
        entropy: &dyn Entropy,
    ) -> Result<Self, RequestError> {
        let uri = request.absolute_form()?;
        let mut nonce = [0; 16];
        entropy.fill(&mut nonce).map_err(|_| RequestError::Entropy)?;
        let mut head = Vec::new();
        let expected = request.encode(nonce, offers, &mut head);
        let headers = parse_headers(Headers::of_head(&head));
        Ok(Self { uri, headers, expected, leniency: Leniency::default() })
    }

    /// Tolerates these violations in the response. Default: none.
    #[must_use]
    pub const fn leniency(mut self, leniency: Leniency) -> Self {
        self.leniency = leniency;
        self
    }

    /// The request for a client that connects by itself, such as those of reqwest and `hyper-util`:
    /// with the URI, whose scheme is `http` or `https`, and without `Host`, which such a client takes
    /// from the URI. A [zone](super::super::Uri::zone) is not in it, as [`http::Uri`](::http::Uri)
    /// holds none.
    pub fn request<B: Default>(&self) -> Request<B> {
        let mut request = self.request_in_origin_form();
        request.headers_mut().remove(header::HOST);
        *request.uri_mut() = self.uri.clone();
        request
    }

    /// The request for a connection that is there already, such as those of
    /// `hyper::client::conn::http1`: with the path and query alone (RFC 9112 §3.2.1), and with
    /// `Host`.
    pub fn request_in_origin_form<B: Default>(&self) -> Request<B> {
        let mut request = Request::<B>::default();
        *request.headers_mut() = self.headers.clone();
        if let Some(path) = self.uri.path_and_query() {
            *request.uri_mut() = path.clone().into();
        }
        request
    }

    /// Checks the response (§4.1). If all is well, the upgraded stream carries WebSocket frames.
    ///
    /// # Errors
    ///
    /// [`ResponseError::Refused`] if the status is not 101, and [`ResponseError::Protocol`] if a 101
    /// breaks a rule; then drop the stream.
    pub fn check<B>(&self, response: &Response<B>) -> Result<Agreed, ResponseError> {
        self.check_parts(response.version(), response.status(), response.headers())
    }

    /// Checks the parts of a response as [`check`](Self::check) does, for clients with a type of
    /// their own for responses.
    ///
    /// # Errors
    ///
    /// As for [`check`](Self::check).
    pub fn check_parts(
        &self,
        version: Version,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<Agreed, ResponseError> {
        if status != StatusCode::SWITCHING_PROTOCOLS {
            return Err(ResponseError::Refused(status));
        }
        let head = read_head(HeadReader::response(), &write_response(version, status, headers)?)?;
        let used = &mut Leniency::default();
        let checked = check_response(&head, &self.expected, self.leniency, used)?;
        let ResponseKind::Accepted(deflate) = checked else {
            return Err(ResponseError::Refused(status));
        };
        let subprotocol = response::Response::of_head(&head).subprotocol().map(str::to_owned);
        Ok(Agreed { subprotocol, deflate })
    }
}

/// Shows the URI without its query, and the headers without those that are sensitive.
impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening")
            .field("authority", &self.uri.authority())
            .field("path", &self.uri.path())
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "h2")]
impl ExtendedOpening {
    /// The fields of the request that are no pseudo-headers.
    pub(crate) fn header_map(&self) -> HeaderMap {
        parse_headers(self.regular())
    }
}

/// Why a response does not open a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseError {
    /// The server answered with this status instead of 101. The response may say why: in its body,
    /// in `Location`, `WWW-Authenticate` or `Retry-After`.
    Refused(StatusCode),
    /// The response says 101 and breaks a rule.
    Protocol(ProtocolError),
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(status) => write!(f, "the server answered {status}"),
            Self::Protocol(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ResponseError {}

impl From<ProtocolError> for ResponseError {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}

/// A request to the server of a `ws` or `wss` URI; see [`ClientRequest::new`].
impl TryFrom<&Uri> for ClientRequest {
    type Error = RequestError;

    fn try_from(uri: &Uri) -> Result<Self, RequestError> {
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
    pub fn headers(mut self, headers: &HeaderMap) -> Result<Self, RequestError> {
        for (name, value) in headers {
            let value = str::from_utf8(value.as_bytes());
            let value = value.map_err(|_| RequestError::BadHeaderValue)?;
            self.add_header(name.as_str(), value)?;
        }
        Ok(self)
    }

    /// Adds all of these headers, as [`headers`](Self::headers) does, in place. After an error the
    /// request is as it was before, without any of them.
    ///
    /// # Errors
    ///
    /// Those of [`headers`](Self::headers).
    pub fn add_headers(&mut self, headers: &HeaderMap) -> Result<(), RequestError> {
        *self = self.clone().headers(headers)?;
        Ok(())
    }

    /// The URI of the request, with the scheme that HTTP has for it.
    pub(crate) fn absolute_form(&self) -> Result<Uri, RequestError> {
        let uri = self.uri();
        let authority = uri.authority().parse().map_err(|_| RequestError::BadHost)?;
        let path: PathAndQuery = uri.resource().parse().map_err(|_| RequestError::BadPath)?;
        let mut parts = Parts::default();
        parts.scheme = Some(if uri.is_secure() { Scheme::HTTPS } else { Scheme::HTTP });
        parts.authority = Some(authority);
        parts.path_and_query = Some(path);
        Uri::from_parts(parts).map_err(|_| RequestError::BadPath)
    }
}
