//! The request that a client sends.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::custom_headers::HeaderLines;
use super::extensions::{DeflateOffer, NAME as EXTENSIONS};
use super::key::encode_key;
use super::request_error::RequestError;
use super::subprotocols::Subprotocols;
use super::uri::Uri;

/// Servers and their firewalls may turn away clients that do not say what they are (RFC 9110
/// §10.1.5).
pub(super) const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// A request to open a WebSocket (§4.1), for `connect_with` and `Reconnecting` of every adapter.
///
/// The crate writes the headers of the handshake itself: `Host`, `Upgrade`, `Connection` and
/// `Sec-WebSocket-…`, and a `User-Agent` that the application can replace. All others are added by
/// the application and sent in that order. There is no method for the key, since every connection
/// gets a fresh one.
///
/// Each method that can fail has another beside it that changes the request in place, and leaves it as
/// it was if it fails: `add_header` for `header`, `set_origin` for `origin`, and so on.
///
/// ```
/// # use websocket_proto::handshake::{ClientRequest, RequestError};
/// let request = ClientRequest::new("wss://example.com/chat")?
///     .subprotocol("chat.v2")?
///     .subprotocol("chat.v1")?
///     .bearer("mF_9.B5f-4.1JqM")?
///     .header("X-Id", "7")?;
/// # Ok::<(), RequestError>(())
/// ```
#[derive(Clone)]
pub struct ClientRequest {
    pub(super) uri: Uri,
    /// Empty if none is sent; `None` for the crate's own.
    pub(super) user_agent: Option<Box<str>>,
    pub(super) subprotocols: Subprotocols,
    pub(super) origin: Option<Box<str>>,
    pub(super) authorization: Option<Box<str>>,
    pub(super) cookies: String,
    pub(super) headers: HeaderLines,
    /// The names of the headers that are sent to other origins as well.
    pub(super) kept_headers: Vec<Box<str>>,
    pub(super) redirects: u8,
}

impl ClientRequest {
    /// A request to the server of a `ws` or `wss` [`Uri`], or of an `http` or `https` one, which is
    /// the same. User information in the URI becomes Basic credentials.
    ///
    /// # Errors
    ///
    /// The variants of [`RequestError`] that are about URIs, and
    /// [`RequestError::BadCredentials`] for user information.
    pub fn new(url: &str) -> Result<Self, RequestError> {
        let (uri, user_info) = Uri::parse(url)?;
        Ok(Self {
            uri,
            user_agent: None,
            subprotocols: Subprotocols::default(),
            origin: None,
            authorization: user_info.map(|user_info| basic(&user_info)),
            cookies: String::new(),
            headers: HeaderLines::EMPTY,
            kept_headers: Vec::new(),
            redirects: 0,
        })
    }

    /// Adds a header. `Authorization` and `Origin` replace what [`bearer`](Self::bearer),
    /// [`basic`](Self::basic) or [`origin`](Self::origin) set; `Cookie` adds to what
    /// [`cookie`](Self::cookie) added. `User-Agent` replaces the crate's own, which is like
    /// `websocket-proto/0.1.0`; with an empty value, none is sent.
    ///
    /// The header is left out if a [redirect](Self::redirected) leads to another origin, unless
    /// [`keep_header`](Self::keep_header) names it.
    ///
    /// # Errors
    ///
    /// [`RequestError::BadHeaderName`], [`RequestError::BadHeaderValue`] or
    /// [`RequestError::ReservedHeader`].
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, RequestError> {
        self.add_header(name, value)?;
        Ok(self)
    }

    /// Sends headers of this name, compared without case, to other origins as well if a
    /// [redirect](Self::redirected) leads there. Do not use it for what only this server should
    /// know.
    #[must_use]
    pub fn keep_header(mut self, name: &str) -> Self {
        self.kept_headers.push(name.into());
        self
    }

    /// Offers a subprotocol (§1.9). Offer the preferred one first.
    ///
    /// # Errors
    ///
    /// [`RequestError::BadSubprotocol`] if the name is not a token or was offered before, or if 128
    /// subprotocols have been offered already.
    pub fn subprotocol(mut self, name: &str) -> Result<Self, RequestError> {
        self.add_subprotocol(name)?;
        Ok(self)
    }

    /// Offers a subprotocol whose name may be no token, such as `name.v1:compact`, which §4.1 forbids
    /// and some servers want. Others refuse the request.
    ///
    /// # Errors
    ///
    /// [`RequestError::BadSubprotocol`] if the name is empty, has a comma or a character that is not
    /// visible ASCII, or was offered before, or if 128 subprotocols have been offered already.
    pub fn any_subprotocol(mut self, name: &str) -> Result<Self, RequestError> {
        self.add_any_subprotocol(name)?;
        Ok(self)
    }

    /// Sets `Origin` (RFC 6454 §7), which some servers require even of clients that are not
    /// browsers. It is sent in the way that browsers write it: in lower case, without a slash at
    /// the end, and without the port that is the default of `http` or `https`.
    ///
    /// # Errors
    ///
    /// [`RequestError::BadOrigin`] unless this is `null` or what
    /// [`OriginPolicy::list`](super::OriginPolicy::list) accepts, such as `https://example.com`.
    pub fn origin(mut self, origin: &str) -> Result<Self, RequestError> {
        self.set_origin(origin)?;
        Ok(self)
    }

    /// Sets `Authorization` to Basic credentials (RFC 7617).
    ///
    /// # Errors
    ///
    /// [`RequestError::BadCredentials`] if the user name contains a colon, or if the user name or
    /// the password contains a control character.
    pub fn basic(mut self, user: &str, password: &str) -> Result<Self, RequestError> {
        self.set_basic(user, password)?;
        Ok(self)
    }

    /// Sets `Authorization` to a bearer token (RFC 6750 §2.1).
    ///
    /// # Errors
    ///
    /// [`RequestError::BadBearerToken`] if the token is empty or not visible ASCII.
    pub fn bearer(mut self, token: &str) -> Result<Self, RequestError> {
        self.set_bearer(token)?;
        Ok(self)
    }

    /// Adds a cookie. All cookies are sent in one `Cookie` header (RFC 6265 §5.4).
    ///
    /// # Errors
    ///
    /// [`RequestError::BadCookie`] if the name is not a token or the value contains a semicolon
    /// or a control character.
    pub fn cookie(mut self, name: &str, value: &str) -> Result<Self, RequestError> {
        self.add_cookie(name, value)?;
        Ok(self)
    }

    /// The URI that the request is for.
    pub const fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The subprotocols that the request offers, the preferred one first.
    pub fn subprotocols(&self) -> impl Iterator<Item = &str> {
        self.subprotocols.iter()
    }

    /// Writes the request head with a key made of `nonce`, 16 fresh random bytes, and with these
    /// offers of compression, the preferred one first.
    pub(crate) fn encode(
        &self,
        nonce: [u8; 16],
        deflate_offers: &[DeflateOffer],
        out: &mut Vec<u8>,
    ) -> Expected {
        let (key, accept) = encode_key(nonce);
        for part in ["GET ", self.uri.resource(), " HTTP/1.1\r\nHost: ", self.uri.authority()] {
            out.extend_from_slice(part.as_bytes());
        }
        out.extend_from_slice(b"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
        out.extend_from_slice(b"Sec-WebSocket-Key: ");
        out.extend_from_slice(&key);
        out.extend_from_slice(b"\r\n");
        self.encode_fields(deflate_offers, out);
        out.extend_from_slice(b"\r\n");
        Expected {
            accept,
            subprotocols: self.subprotocols.clone(),
            deflate_offers: deflate_offers.into(),
        }
    }

    /// Writes the header lines that are the same in every version of HTTP.
    pub(super) fn encode_fields(&self, deflate_offers: &[DeflateOffer], out: &mut Vec<u8>) {
        out.extend_from_slice(b"Sec-WebSocket-Version: 13\r\n");
        self.encode_choices(deflate_offers, out);
        out.extend_from_slice(self.headers.as_bytes());
    }

    fn encode_choices(&self, deflate_offers: &[DeflateOffer], out: &mut Vec<u8>) {
        let extensions =
            deflate_offers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let subprotocols = self.subprotocols.iter().collect::<Vec<_>>().join(", ");
        let choices = [
            ("User-Agent", self.user_agent.as_deref().unwrap_or(USER_AGENT)),
            ("Origin", self.origin.as_deref().unwrap_or_default()),
            ("Sec-WebSocket-Protocol", &subprotocols),
            (EXTENSIONS, &extensions),
            ("Authorization", self.authorization.as_deref().unwrap_or_default()),
            ("Cookie", &self.cookies),
        ];
        let mut lines = HeaderLines::EMPTY;
        for (name, value) in choices.iter().filter(|(_, value)| !value.is_empty()) {
            lines.push(name, value);
        }
        out.extend_from_slice(lines.as_bytes());
    }
}

/// Credentials and cookies are hidden, and so are headers that usually carry them.
impl fmt::Debug for ClientRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientRequest")
            .field("uri", &self.uri)
            .field("user_agent", &self.user_agent)
            .field("subprotocols", &self.subprotocols)
            .field("origin", &self.origin)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

/// What a client keeps of its request to check the response against.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    /// The value that `Sec-WebSocket-Accept` must have.
    pub(super) accept: [u8; 28],
    pub(super) subprotocols: Subprotocols,
    pub(super) deflate_offers: Box<[DeflateOffer]>,
}

/// The value of `Authorization` for `user:password` (RFC 7617 §2).
pub(super) fn basic(credentials: &str) -> Box<str> {
    ["Basic ", &STANDARD.encode(credentials)].concat().into()
}
