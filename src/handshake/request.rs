//! The client's request, as a server application sees it.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::check_request::asks_for_websocket;
use super::grammar::elements;
use super::headers::Headers;
use super::known_headers::KnownHeaders;
use super::origin::OriginPolicy;
use super::query::{find_parameter, split_query};
use super::start_line::Target;

/// A request to open a WebSocket that keeps all rules of §4.2.1 and waits for an answer; or with
/// [`Config::other_requests`](crate::Config::other_requests), one for something else.
///
/// This is a view into the request head: cheap to copy, and valid until the next call that reads
/// input.
#[derive(Clone, Copy)]
pub struct Request<'b> {
    head: &'b [u8],
}

impl<'b> Request<'b> {
    /// The view into a head that [`check_request`](super::check_request()) has accepted.
    pub(crate) const fn new(head: &'b [u8]) -> Self {
        Self { head }
    }

    /// The request target as it was sent: a path and query, or an absolute URI (RFC 9112 §3.2).
    pub fn target(&self) -> &'b str {
        Target::of_head(self.head).text
    }

    /// The path, without the query. `/` if the target is an absolute URI without a path.
    pub fn path(&self) -> &'b str {
        split_query(self.resource()).0
    }

    /// The query, without its `?`; `None` if there is none (RFC 3986 §3.4).
    pub fn query(&self) -> Option<&'b str> {
        split_query(self.resource()).1
    }

    /// The value of the first parameter of this name in a query like `token=a%20b&room=7`. It is
    /// decoded as HTML forms are encoded: `%20` and `+` are spaces, and bytes that are not UTF-8
    /// become U+FFFD. A parameter without `=` has an empty value.
    ///
    /// ```
    /// use websocket_proto::handshake::Request;
    ///
    /// fn room(request: Request<'_>) -> Option<u32> {
    ///     request.query_parameter("room")?.parse().ok()
    /// }
    /// ```
    pub fn query_parameter(&self, name: &str) -> Option<Cow<'b, str>> {
        find_parameter(self.query()?, name)
    }

    /// The path and the query.
    fn resource(&self) -> &'b str {
        Target::of_head(self.head).resource
    }

    /// The host and port that the request is for: those of an absolute target, or else the value of
    /// `Host` (RFC 9112 §3.2.2).
    pub fn authority(&self) -> &'b str {
        Target::of_head(self.head).authority.or_else(|| self.header("Host")).unwrap_or_default()
    }

    /// Whether the client asks for a WebSocket. Always true unless
    /// [`Config::other_requests`](crate::Config::other_requests) is set.
    pub fn asks_for_websocket(&self) -> bool {
        asks_for_websocket(&KnownHeaders::of(self.headers()))
    }

    /// All headers, in order.
    pub fn headers(&self) -> Headers<'b> {
        Headers::of_head(self.head)
    }

    /// The value of the first header of this name, compared without case, if the value is UTF-8.
    pub fn header(&self, name: &str) -> Option<&'b str> {
        self.headers().text(name)
    }

    /// The subprotocols that the client offers, its preferred one first (§4.1). They are at most
    /// 128 distinct names: tokens, unless [`Leniency::any_subprotocol`](crate::Leniency::any_subprotocol)
    /// lets them be others.
    pub fn subprotocols(&self) -> impl Iterator<Item = &'b str> + use<'b> {
        let values = self.headers().get_all("Sec-WebSocket-Protocol");
        values.flat_map(elements).filter_map(|name| str::from_utf8(name).ok())
    }

    /// The origin of the script that connects, as stated by the browser (§10.2). Use
    /// [`is_origin_allowed`](Self::is_origin_allowed) to check it.
    pub fn origin(&self) -> Option<&'b str> {
        self.headers().text("Origin")
    }

    /// Whether the policy allows the origin of this request. Browsers send cookies along with the
    /// requests of any page, so a server that trusts cookies must check the origin (§10.2):
    ///
    /// ```
    /// use websocket_proto::handshake::{OriginPolicy, Request};
    ///
    /// fn is_welcome(request: Request<'_>) -> bool {
    ///     request.is_origin_allowed(&OriginPolicy::SameHost)
    /// }
    /// ```
    pub fn is_origin_allowed(&self, policy: &OriginPolicy<'_>) -> bool {
        policy.allows(self.headers().get_all("Origin"), self.authority())
    }

    /// The value of the first cookie of this name, as it was sent (RFC 6265 §4.2).
    pub fn cookie(&self, name: &str) -> Option<&'b str> {
        let headers =
            self.headers().get_all("Cookie").filter_map(|value| str::from_utf8(value).ok());
        let mut cookies = headers.flat_map(|value| value.split(';'));
        cookies.find_map(|cookie| cookie.trim().strip_prefix(name)?.strip_prefix('='))
    }

    /// The user name and the password of `Authorization: Basic` (RFC 7617); `None` if the header is
    /// missing or malformed. Compare the password in constant time.
    pub fn basic_credentials(&self) -> Option<(String, String)> {
        let decoded = STANDARD.decode(self.authorization("Basic")?).ok()?;
        let (user, password) = str::from_utf8(&decoded).ok()?.split_once(':')?;
        Some((user.into(), password.into()))
    }

    /// The token of `Authorization: Bearer` (RFC 6750 §2.1); `None` if the header is missing or
    /// malformed. Compare the token in constant time.
    pub fn bearer_token(&self) -> Option<&'b str> {
        self.authorization("Bearer")
    }

    /// The credentials of the only `Authorization` header, if they are of this scheme.
    fn authorization(&self, scheme: &str) -> Option<&'b str> {
        let value = str::from_utf8(self.headers().only("Authorization")?).ok()?;
        let (found, credentials) = value.split_once(' ')?;
        found.eq_ignore_ascii_case(scheme).then(|| credentials.trim())
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("target", &self.target())
            .field("headers", &self.headers())
            .finish()
    }
}
