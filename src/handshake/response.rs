//! The server's response, as a client application sees it.

use core::fmt;

use super::grammar::{elements, parse_number};
use super::headers::Headers;
use super::start_line::{StatusLine, split_first_line};
use super::subprotocols;

/// A server's response: the 101 that opened the WebSocket, or over HTTP/2 a status from 200 to 299;
/// or a refusal.
///
/// This is a view into the response head and, for a refusal, into the part of the body that is kept
/// ([`Limits::refusal_body`](crate::Limits::refusal_body)).
#[derive(Clone, Copy)]
pub struct Response<'b> {
    /// The head, followed by the body.
    bytes: &'b [u8],
    head_len: u32,
    body_truncated: bool,
}

impl<'b> Response<'b> {
    /// The view into a head that [`check_response`](super::check_response()) has accepted.
    pub(crate) const fn of_head(head: &'b [u8]) -> Self {
        Self { bytes: head, head_len: head.len() as u32, body_truncated: false }
    }

    /// The view into the head at the start of `bytes`, if it is there to its end. Its headers were
    /// not checked.
    pub(crate) fn of_whole_head(bytes: &'b [u8]) -> Option<Self> {
        let (status_line, mut rest) = split_first_line(bytes);
        StatusLine::parse(status_line)?;
        // A line without its end has not arrived whole.
        while rest.contains(&b'\n') {
            let (line, after) = split_first_line(rest);
            rest = after;
            if line.is_empty() {
                return Some(Self::of_head(&bytes[..bytes.len() - rest.len()]));
            }
        }
        None
    }

    /// The view into such a head and the part of the body that is kept, which follows it.
    pub(crate) const fn of_refusal(bytes: &'b [u8], head_len: u32, body_truncated: bool) -> Self {
        Self { bytes, head_len, body_truncated }
    }

    /// The status code, from 100 to 999.
    pub fn status(&self) -> u16 {
        StatusLine::of_head(self.head()).status
    }

    /// The reason phrase; empty if it is missing or not UTF-8.
    pub fn reason(&self) -> &'b str {
        StatusLine::of_head(self.head()).reason().unwrap_or_default()
    }

    /// All headers, in order.
    pub fn headers(&self) -> Headers<'b> {
        Headers::of_head(self.head())
    }

    /// The value of the first header of this name, compared without case, if the value is UTF-8.
    pub fn header(&self, name: &str) -> Option<&'b str> {
        self.headers().text(name)
    }

    /// The subprotocol that the server chose, one of those offered; `None` if it chose none.
    pub fn subprotocol(&self) -> Option<&'b str> {
        let name = self.headers().text(subprotocols::NAME)?;
        elements(name.as_bytes()).next().is_some().then_some(name)
    }

    /// The body of a refusal, or the part of it that is kept. Always empty for a 101.
    pub fn body(&self) -> &'b [u8] {
        &self.bytes[self.head_len as usize..]
    }

    /// Whether a part of the body is missing, or may be: because it exceeds the length that is kept,
    /// or because before its end the stream ended or failed, nothing came for a second, or the
    /// deadline of the handshake passed.
    pub const fn is_body_truncated(&self) -> bool {
        self.body_truncated
    }

    /// The URI that a redirect leads to, absolute or relative. Pass it to
    /// [`ClientRequest::redirected`](super::ClientRequest::redirected).
    pub fn location(&self) -> Option<&'b str> {
        self.headers().text("Location")
    }

    /// The value of `Retry-After` in seconds; `None` if it is missing or a date
    /// (RFC 9110 §10.2.3).
    pub fn retry_after(&self) -> Option<u32> {
        parse_number(self.headers().get("Retry-After")?)
    }

    /// The versions of the WebSocket protocol that the server supports, which it lists in a 426
    /// (§4.4).
    pub fn supported_versions(&self) -> impl Iterator<Item = u8> + use<'b> {
        self.headers().get_all("Sec-WebSocket-Version").flat_map(elements).filter_map(parse_number)
    }

    /// The challenges of a 401 (`WWW-Authenticate`) or a 407 (`Proxy-Authenticate`), with one item
    /// per header (RFC 9110 §11.6.1).
    pub fn challenges(&self) -> impl Iterator<Item = &'b str> + use<'b> {
        let is_from_proxy = self.status() == 407;
        let name = if is_from_proxy { "Proxy-Authenticate" } else { "WWW-Authenticate" };
        self.headers().get_all(name).filter_map(|value| str::from_utf8(value).ok())
    }

    fn head(&self) -> &'b [u8] {
        &self.bytes[..self.head_len as usize]
    }
}

impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status())
            .field("reason", &self.reason())
            .field("headers", &self.headers())
            .field("body_len", &self.body().len())
            .finish_non_exhaustive()
    }
}
