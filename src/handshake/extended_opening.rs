//! The client's half of a handshake over HTTP/2 and HTTP/3: Extended CONNECT (RFC 8441, RFC 9220).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::agreed::Agreed;
use super::check_response::check_subprotocol;
use super::client::ClientRequest;
use super::custom_headers::HeaderLines;
use super::extensions::{self, DeflateOffer};
use super::fields::{is_field_name, is_field_value};
use super::headers::Headers;
use super::known_headers::{Known, KnownHeaders};
use super::request_error::RequestError;
use super::response::Response;
use super::start_line::StatusLine;
use super::subprotocols::Subprotocols;
use crate::{Leniency, ProtocolError};

/// A handshake that a client begins in a stream of HTTP/2 or HTTP/3 (RFC 8441 §5, RFC 9220 §3): the
/// header list of the request, and what that of the response has to be.
///
/// The application brings the HTTP stack. It may send the request once the server's
/// `SETTINGS_ENABLE_CONNECT_PROTOCOL` is 1 (RFC 8441 §3): a server that has not said so takes it for
/// an error. There is no key and no accept value in this handshake, so nothing of it is random. The
/// frames after it are those of HTTP/1.1, and a client still masks them.
///
/// ```
/// use websocket_proto::handshake::{ClientRequest, ExtendedOpening};
///
/// let request = ClientRequest::new("wss://example.com/chat?room=7")?.subprotocol("chat")?;
/// let opening = ExtendedOpening::new(&request, &[])?;
/// let sent: Vec<(&str, &str)> = opening.headers().collect();
/// assert_eq!(
///     sent[..5],
///     [
///         (":method", "CONNECT"),
///         (":protocol", "websocket"),
///         (":scheme", "https"),
///         (":authority", "example.com"),
///         (":path", "/chat?room=7"),
///     ]
/// );
/// let received: [(&[u8], &[u8]); 2] =
///     [(b":status", b"200"), (b"sec-websocket-protocol", b"chat")];
/// assert_eq!(opening.check(received)?.subprotocol.as_deref(), Some("chat"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ExtendedOpening {
    scheme: &'static str,
    authority: Box<str>,
    path: Box<str>,
    /// All other fields, with their names in lower case.
    lines: HeaderLines,
    subprotocols: Subprotocols,
    deflate_offers: Box<[DeflateOffer]>,
    leniency: Leniency,
}

impl ExtendedOpening {
    /// Begins a handshake. `offers` are those of compression (RFC 7692 §5.1), the preferred one
    /// first; without any, there is no compression. Offer none without the feature `deflate`.
    ///
    /// # Errors
    ///
    /// [`RequestError::ReservedHeader`] if the request has a header that HTTP/2 forbids: one about
    /// the connection, such as `Keep-Alive`, or a `TE` other than `trailers` (RFC 9113 §8.2.2).
    pub fn new(request: &ClientRequest, offers: &[DeflateOffer]) -> Result<Self, RequestError> {
        let uri = &request.uri;
        Ok(Self {
            scheme: if uri.is_secure() { "https" } else { "http" },
            authority: uri.authority().into(),
            path: uri.resource().into(),
            lines: lower_case_lines(request, offers)?,
            subprotocols: request.subprotocols.clone(),
            deflate_offers: offers.into(),
            leniency: Leniency::default(),
        })
    }

    /// Tolerates these violations in the response: [`Leniency::empty_lists`] and
    /// [`Leniency::unconfirmed_deflate`]. Default: none.
    #[must_use]
    pub const fn leniency(mut self, leniency: Leniency) -> Self {
        self.leniency = leniency;
        self
    }

    /// The header list of the request, the pseudo-headers first.
    ///
    /// `authorization` and `cookie` are secrets: have the stack never index them if it has a way to
    /// say so (RFC 7541 §7.1.3, RFC 9204 §7.1.3).
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let pseudo = [
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", self.scheme),
            (":authority", &*self.authority),
            (":path", &*self.path),
        ];
        let others = self.regular().into_iter();
        let others = others.map(|header| (header.name(), header.value_str().unwrap_or_default()));
        pseudo.into_iter().chain(others)
    }

    /// Checks the header list of the response, `:status` included, in the order received. If all is
    /// well, the stream carries WebSocket frames in both directions. Interim responses (1xx) come
    /// before the one to check. A `content-length` is ignored, as what follows is no content (RFC 9110
    /// §9.3.6): see to it that the stack ignores it, too.
    ///
    /// # Errors
    ///
    /// [`ExtendedResponseError::Refused`] if the status is not a 2xx; the body may say why. The
    /// others if a 2xx breaks a rule; reset the stream then.
    pub fn check<'h>(
        &self,
        headers: impl IntoIterator<Item = (&'h [u8], &'h [u8])>,
    ) -> Result<Agreed, ExtendedResponseError> {
        let head = response_head(headers).ok_or(ExtendedResponseError::Malformed)?;
        self.check_head(Response::of_head(&head))
    }

    /// The same for a response whose header list is a head by now.
    pub(crate) fn check_head(
        &self,
        response: Response<'_>,
    ) -> Result<Agreed, ExtendedResponseError> {
        let (status, headers) = (response.status(), response.headers());
        if !(200..=299).contains(&status) {
            return Err(ExtendedResponseError::Refused(status));
        }
        let (leniency, used) = (self.leniency, &mut Leniency::default());
        let headers = KnownHeaders::of(headers);
        let lists = headers.list(Known::Extensions, leniency, used);
        let deflate = extensions::check_answer(lists, &self.deflate_offers, leniency, used)?;
        let chosen = headers.list(Known::Subprotocols, leniency, used);
        check_subprotocol(chosen, &self.subprotocols)?;
        Ok(Agreed { subprotocol: response.subprotocol().map(Into::into), deflate })
    }

    /// The fields that are no pseudo-headers.
    pub(crate) fn regular(&self) -> Headers<'_> {
        Headers::of_lines(self.lines.as_bytes())
    }
}

/// Shows the path without its query, and no secrets.
impl fmt::Debug for ExtendedOpening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExtendedOpening")
            .field("authority", &self.authority)
            .field("path", &super::query::split_query(&self.path).0)
            .field("headers", &self.regular())
            .finish_non_exhaustive()
    }
}

/// Why a response to an Extended CONNECT does not open a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExtendedResponseError {
    /// The server answered with this status instead of a 2xx. The response may say why: in its body,
    /// in `location`, `www-authenticate` or `retry-after`.
    Refused(u16),
    /// The header list breaks a rule of HTTP/2 (RFC 9113 §8.2, §8.3.2).
    Malformed,
    /// A 2xx agrees to a subprotocol or an extension that was not offered, or breaks the grammar of
    /// their lists.
    Protocol(ProtocolError),
}

names_of_kinds! { ExtendedResponseError:
    Refused = 551, "refused";
    Malformed = 552, "malformed";
    Protocol = 553, "protocol";
}

impl fmt::Display for ExtendedResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(status) => write!(f, "the server answered {status}"),
            Self::Malformed => f.write_str("malformed header list of a response (RFC 9113 §8)"),
            Self::Protocol(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ExtendedResponseError {}

impl From<ProtocolError> for ExtendedResponseError {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}

/// The fields of the request that are no pseudo-headers.
fn lower_case_lines(
    request: &ClientRequest,
    offers: &[DeflateOffer],
) -> Result<HeaderLines, RequestError> {
    let mut written = Vec::new();
    request.encode_fields(offers, &mut written);
    let mut lines = HeaderLines::EMPTY;
    for header in Headers::of_lines(&written) {
        let name = header.name().to_ascii_lowercase();
        // RFC 9113 §8.2.2: `te` is allowed with one value.
        let is_bad_te = name == "te" && !header.value().eq_ignore_ascii_case(b"trailers");
        if is_bad_te || !is_field_name(name.as_bytes()) {
            return Err(RequestError::ReservedHeader);
        }
        lines.push(&name, header.value_str().unwrap_or_default());
    }
    Ok(lines)
}

/// Writes the header list of a response as the head of one in HTTP/1.1, so that it is looked at and
/// checked as those are. `None` if the list is malformed.
pub(crate) fn response_head<'h>(
    headers: impl IntoIterator<Item = (&'h [u8], &'h [u8])>,
) -> Option<Vec<u8>> {
    let mut headers = headers.into_iter();
    // RFC 9113 §8.3, §8.3.2: there is one pseudo-header, and it comes first.
    let (_, status) = headers.next().filter(|(name, _)| *name == b":status")?;
    let mut head = [b"HTTP/1.1 ", status, b" \r\n"].concat();
    StatusLine::parse(&head).filter(|line| status.len() == 3 && line.status >= 100)?;
    for (name, value) in headers {
        if !is_field_name(name) || !is_field_value(value) {
            return None;
        }
        for part in [name, b": ", value, b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
    head.extend_from_slice(b"\r\n");
    Some(head)
}
