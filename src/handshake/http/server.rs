//! The server's half: a request is checked, and the response made.

use std::fmt;

use ::http::{HeaderValue, Request, Response, StatusCode, header};

use super::super::acceptance::Acceptance;
use super::super::answer_error::AnswerError;
use super::super::check_request::{CheckedRequest, check_request};
use super::super::error_response::encode_error_response;
use super::super::extended_connect::{ExtendedConnect, ExtendedConnectError};
use super::super::extensions::{self, DeflateParameters, DeflatePolicy, answer_offers};
use super::super::head::HeadReader;
use super::super::headers::Headers;
use super::super::rejection::Rejection;
use super::super::{request, response};
use super::heads::{RequestHead, parse_headers, read_head, write_request};
use crate::{Leniency, ProtocolError};

/// Checks a request to open a WebSocket that an HTTP library has read (§4.2.1).
///
/// The limits on the length of the head and on the number of headers are those of the library, which
/// holds them in memory already.
///
/// # Errors
///
/// The [`ProtocolError`] that says what is wrong. It converts into the `http::Response` to answer
/// with.
pub fn accept<B>(request: &Request<B>) -> Result<Upgrade, ProtocolError> {
    accept_with(request, Leniency::default())
}

/// Checks a request as [`accept`] does, and tolerates these violations in it.
///
/// # Errors
///
/// As for [`accept`].
pub fn accept_with<B>(request: &Request<B>, leniency: Leniency) -> Result<Upgrade, ProtocolError> {
    accept_head(RequestHead::of(request), leniency)
}

/// Checks a request as [`accept_with`] does.
pub(crate) fn accept_head(
    request: RequestHead<'_>,
    leniency: Leniency,
) -> Result<Upgrade, ProtocolError> {
    let head = read_head(HeadReader::request(), &write_request(request)?)?;
    let checked = check_request(&head, None, leniency, &mut Leniency::default())?;
    Ok(Upgrade(Kind::Connection { head, checked }))
}

/// Checks an Extended CONNECT that an HTTP/2 or HTTP/3 library has read (RFC 8441, RFC 9220). The
/// response that accepts it has the status 200, which is followed by frames in the same stream.
///
/// `protocol` is the pseudo-header `:protocol`, for which the `http` crate has no field: hyper puts
/// it into the extensions of the request, as a `hyper::ext::Protocol`.
///
/// # Errors
///
/// An [`ExtendedConnectError`], which has the [status](ExtendedConnectError::status) to answer
/// with; it converts into that `http::Response`.
pub fn accept_extended<B>(
    request: &Request<B>,
    protocol: &str,
) -> Result<Upgrade, ExtendedConnectError> {
    accept_extended_head(RequestHead::of(request), Some(protocol))
}

/// Checks an Extended CONNECT as [`accept_extended`] does; `protocol` is missing in what is none.
pub(crate) fn accept_extended_head(
    request: RequestHead<'_>,
    protocol: Option<&str>,
) -> Result<Upgrade, ExtendedConnectError> {
    let uri = request.uri;
    let pseudo = [
        (":method", Some(request.method.as_str())),
        (":protocol", protocol),
        (":scheme", uri.scheme_str()),
        (":path", uri.path_and_query().map(|path| path.as_str())),
        (":authority", uri.authority().map(|authority| authority.as_str())),
    ];
    let pseudo = pseudo
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name.as_bytes(), value.as_bytes())));
    let regular = request.headers.iter().map(|(name, value)| (name.as_ref(), value.as_bytes()));
    ExtendedConnect::from_headers(pseudo.chain(regular))
        .map(|connect| Upgrade(Kind::Stream(connect)))
}

/// A request to open a WebSocket that passed all checks and waits for an answer.
#[derive(Clone)]
pub struct Upgrade(Kind);

#[derive(Clone)]
enum Kind {
    /// In HTTP/1.1, the connection becomes the WebSocket.
    Connection { head: Vec<u8>, checked: CheckedRequest },
    /// In later versions, a stream does.
    Stream(ExtendedConnect),
}

impl Upgrade {
    /// The request, with its subprotocols, origin, cookies and credentials. An Extended CONNECT is
    /// shown as if it had been made in HTTP/1.1.
    pub fn request(&self) -> request::Request<'_> {
        match &self.0 {
            Kind::Connection { head, .. } => request::Request::new(head),
            Kind::Stream(connect) => connect.request(),
        }
    }

    /// Agrees to permessage-deflate if the policy accepts one of the client's offers
    /// (RFC 7692 §5.1). Without this call, there is no compression.
    #[must_use]
    pub fn negotiate(self, policy: &DeflatePolicy) -> Self {
        Self(match self.0 {
            Kind::Connection { head, mut checked } => {
                let values = Headers::of_head(&head).get_all(extensions::NAME);
                // The grammar was checked with the rest of the request.
                checked.deflate = answer_offers(values, Some(policy)).unwrap_or_default();
                Kind::Connection { head, checked }
            }
            Kind::Stream(connect) => Kind::Stream(connect.negotiate(policy)),
        })
    }

    /// The parameters of permessage-deflate that the response agrees to, for the connection that
    /// follows it; `None` if there is no compression. Do not use them if the response is made with
    /// [`Acceptance::without_extensions`], which turns compression off.
    pub fn deflate(&self) -> Option<DeflateParameters> {
        match &self.0 {
            Kind::Connection { checked, .. } => {
                checked.deflate.as_ref().map(DeflateParameters::of_response)
            }
            Kind::Stream(connect) => connect.deflate(),
        }
    }

    /// The response that opens the WebSocket: 101, or 200 to an Extended CONNECT, without a
    /// subprotocol.
    pub fn response<B: Default>(&self) -> Response<B> {
        // A plain acceptance chooses nothing, so there is no error.
        self.response_with(&Acceptance::new()).unwrap_or_default()
    }

    /// The response that opens the WebSocket: 101, or 200 to an Extended CONNECT, with the
    /// subprotocol and the headers of `acceptance`.
    ///
    /// # Errors
    ///
    /// [`AnswerError::UnofferedSubprotocol`] if the client did not offer the subprotocol.
    pub fn response_with<B: Default>(
        &self,
        acceptance: &Acceptance,
    ) -> Result<Response<B>, AnswerError> {
        self.answer(acceptance).map(|(response, _)| response)
    }

    /// The response, and the parameters of permessage-deflate that it agrees to.
    pub(crate) fn answer<B: Default>(
        &self,
        acceptance: &Acceptance,
    ) -> Result<(Response<B>, Option<DeflateParameters>), AnswerError> {
        match &self.0 {
            Kind::Connection { checked, .. } => {
                let mut head = Vec::new();
                let agreed = acceptance.encode(checked, &mut head)?;
                Ok((parse(&head), agreed))
            }
            Kind::Stream(connect) => {
                let lines = connect.response_lines(acceptance)?;
                // Its status is 200.
                let mut response = Response::<B>::default();
                *response.headers_mut() = parse_headers(Headers::of_lines(lines.as_bytes()));
                Ok((response, connect.agreed(acceptance)))
            }
        }
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
        encode_error_response(error, false, &mut written);
        parse_with_body(&written)
    }
}

/// The response to an Extended CONNECT that breaks a rule, with a line of text that says which.
impl<B: From<Vec<u8>>> From<ExtendedConnectError> for Response<B> {
    fn from(error: ExtendedConnectError) -> Self {
        let mut response = Self::new(format!("{error}\n").into_bytes().into());
        *response.status_mut() = StatusCode::from_u16(error.status()).unwrap_or_default();
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, text);
        if error == ExtendedConnectError::MethodNotConnect {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("CONNECT"));
        } else if error == ExtendedConnectError::UnsupportedVersion {
            let version = HeaderValue::from_static("13");
            response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, version);
        }
        response
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

/// Parses a response head that this crate wrote.
fn parse<B: Default>(head: &[u8]) -> Response<B> {
    let written = response::Response::of_head(head);
    let mut response = Response::<B>::default();
    *response.status_mut() =
        StatusCode::from_u16(written.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = parse_headers(written.headers());
    response
}

/// Parses a response with a body that this crate wrote. The HTTP library writes the length itself.
fn parse_with_body<B: From<Vec<u8>>>(written: &[u8]) -> Response<B> {
    let head_len = written.windows(4).position(|end| end == b"\r\n\r\n").map_or(0, |at| at + 4);
    let (head, body) = written.split_at(head_len);
    let mut response = parse::<()>(head);
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.map(|()| body.to_vec().into())
}
