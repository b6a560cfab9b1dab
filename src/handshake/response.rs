//! What a client application sees of the server's response.

use core::fmt;

use super::grammar::{elements, parse_number};
use super::headers::Headers;
use super::start_line::StatusLine;

/// A server's response: the 101 that opened the WebSocket, or a refusal.
///
/// A view over the response head and, of a refusal, the body as far as it is kept
/// ([`Limits::refusal_body`](crate::Limits::refusal_body)).
#[derive(Clone, Copy)]
pub struct Response<'b> {
    /// The head and, behind it, the body.
    bytes: &'b [u8],
    head_len: u32,
    body_truncated: bool,
}

impl<'b> Response<'b> {
    /// The view over a head that [`check_response`](super::check_response) passed.
    pub(crate) const fn of_head(head: &'b [u8]) -> Self {
        Self { bytes: head, head_len: head.len() as u32, body_truncated: false }
    }

    /// The view over such a head and what is kept of the body behind it.
    pub(crate) const fn of_refusal(bytes: &'b [u8], head_len: u32, body_truncated: bool) -> Self {
        Self { bytes, head_len, body_truncated }
    }

    /// The status code, from 100 to 999.
    pub fn status(&self) -> u16 {
        StatusLine::of_head(self.head()).status
    }

    /// The reason phrase; empty if there is none or it is not UTF-8.
    pub fn reason(&self) -> &'b str {
        StatusLine::of_head(self.head()).reason().unwrap_or_default()
    }

    /// All headers in order.
    pub fn headers(&self) -> Headers<'b> {
        Headers::of_head(self.head())
    }

    /// The value of the first header of this name, in any case, if it is UTF-8.
    pub fn header(&self, name: &str) -> Option<&'b str> {
        self.headers().text(name)
    }

    /// The subprotocol that the server chose, one of those offered; `None` if it chose none.
    pub fn subprotocol(&self) -> Option<&'b str> {
        self.headers().text("Sec-WebSocket-Protocol")
    }

    /// The body of a refusal. Always empty for a 101.
    pub fn body(&self) -> &'b [u8] {
        &self.bytes[self.head_len as usize..]
    }

    /// Whether the body was longer than what is kept, or was cut: by the end of the stream, its
    /// failure or the deadline.
    pub const fn is_body_truncated(&self) -> bool {
        self.body_truncated
    }

    /// Where a redirect leads: an absolute or relative URI, for
    /// [`ClientRequest::redirected`](super::ClientRequest::redirected).
    pub fn location(&self) -> Option<&'b str> {
        self.headers().text("Location")
    }

    /// `Retry-After` in seconds; `None` if it is missing or a date (RFC 9110 §10.2.3).
    pub fn retry_after(&self) -> Option<u32> {
        parse_number(self.headers().get("Retry-After")?)
    }

    /// The versions of the protocol that a server speaks, told with a 426 (§4.4).
    pub fn supported_versions(&self) -> impl Iterator<Item = u8> + use<'b> {
        self.headers().get_all("Sec-WebSocket-Version").flat_map(elements).filter_map(parse_number)
    }

    /// The challenges of a 401 (`WWW-Authenticate`) or a 407 (`Proxy-Authenticate`), one item for
    /// each header (RFC 9110 §11.6.1).
    pub fn challenges(&self) -> impl Iterator<Item = &'b str> + use<'b> {
        let proxy = self.status() == 407;
        let name = if proxy { "Proxy-Authenticate" } else { "WWW-Authenticate" };
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
