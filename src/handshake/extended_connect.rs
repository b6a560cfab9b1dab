//! WebSockets over HTTP/2 and HTTP/3: Extended CONNECT (RFC 8441, RFC 9220).

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use super::answer_error::AnswerError;
use super::extensions::{self, DeflateParameters, DeflatePolicy};
use super::grammar::{is_resource, is_token, is_value_byte, split_authority_with_zone};
use super::origin::OriginPolicy;
use super::query::{find_parameter, split_query};
use super::subprotocols::Subprotocols;

/// A request to open a WebSocket in a stream of HTTP/2 or HTTP/3, checked (RFC 8441 §5).
///
/// The application brings the HTTP stack, which supplies the header list of the request and sends
/// the header list that [`accept`](Self::accept) returns. This handshake has no key and no accept
/// value; a key in the request is ignored.
#[derive(Clone, Debug)]
pub struct ExtendedConnect {
    /// The path and query.
    target: Box<str>,
    authority: Box<str>,
    origin: Option<Box<str>>,
    subprotocols: Subprotocols,
    /// The `sec-websocket-extensions` of the request, joined to one list.
    extensions: Option<Box<[u8]>>,
    /// The parameters of permessage-deflate that were agreed to, and the value of the header that
    /// says so.
    deflate: Option<(DeflateParameters, Box<str>)>,
}

impl ExtendedConnect {
    /// Checks the header list of a request, pseudo-headers included, in the order received. No
    /// [`Leniency`](crate::Leniency) applies to it.
    ///
    /// ```
    /// use websocket_proto::handshake::ExtendedConnect;
    ///
    /// let request: [(&[u8], &[u8]); 6] = [
    ///     (b":method", b"CONNECT"),
    ///     (b":protocol", b"websocket"),
    ///     (b":scheme", b"https"),
    ///     (b":path", b"/chat?room=7"),
    ///     (b":authority", b"example.com"),
    ///     (b"sec-websocket-version", b"13"),
    /// ];
    /// let request = ExtendedConnect::from_headers(request)?;
    /// assert_eq!((request.path(), request.query()), ("/chat", Some("room=7")));
    /// # Ok::<(), websocket_proto::handshake::ExtendedConnectError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An [`ExtendedConnectError`], which has the [status](ExtendedConnectError::status) to answer
    /// with.
    pub fn from_headers<'h>(
        headers: impl IntoIterator<Item = (&'h [u8], &'h [u8])>,
    ) -> Result<Self, ExtendedConnectError> {
        let mut fields = Fields::default();
        for (name, value) in headers {
            fields.add(name, value).ok_or(ExtendedConnectError::Malformed)?;
        }
        fields.check()
    }

    /// The path and the query, as `:path` has them.
    pub const fn target(&self) -> &str {
        &self.target
    }

    /// The path, without the query.
    pub fn path(&self) -> &str {
        split_query(&self.target).0
    }

    /// The query, without its `?`; `None` if there is none (RFC 3986 §3.4).
    pub fn query(&self) -> Option<&str> {
        split_query(&self.target).1
    }

    /// The value of the first parameter of this name in the query, decoded; see
    /// [`Request::query_parameter`](super::Request::query_parameter).
    pub fn query_parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        find_parameter(self.query()?, name)
    }

    /// The host and port that the request is for.
    pub const fn authority(&self) -> &str {
        &self.authority
    }

    /// The subprotocols that the client offers, its preferred one first.
    pub fn subprotocols(&self) -> impl Iterator<Item = &str> {
        self.subprotocols.iter()
    }

    /// The origin of the script that connects, as stated by the browser (§10.2).
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Whether the policy allows the origin of this request; see
    /// [`Request::is_origin_allowed`](super::Request::is_origin_allowed).
    pub fn is_origin_allowed(&self, policy: &OriginPolicy<'_>) -> bool {
        policy.allows(self.origin().map(str::as_bytes).into_iter(), &self.authority)
    }

    /// Agrees to permessage-deflate if the policy accepts one of the client's offers
    /// (RFC 7692 §5.1). Without this call, there is no compression.
    #[must_use]
    pub fn negotiate(mut self, policy: &DeflatePolicy) -> Self {
        let values = self.extensions.as_deref().into_iter();
        // The grammar was checked with the rest of the request.
        let response = extensions::answer_offers(values, Some(policy)).unwrap_or_default();
        self.deflate = response.map(|response| {
            (DeflateParameters::of_response(&response), response.to_string().into())
        });
        self
    }

    /// The parameters of permessage-deflate that the response agrees to, for the connection in the
    /// stream; `None` if there is no compression.
    pub fn deflate(&self) -> Option<DeflateParameters> {
        self.deflate.as_ref().map(|(parameters, _)| *parameters)
    }

    /// The header list of the response that opens the WebSocket: `:status` 200, the chosen
    /// subprotocol, if any, and the extension, if one was agreed to. After the response, the stream
    /// carries frames.
    ///
    /// # Errors
    ///
    /// [`AnswerError::UnofferedSubprotocol`] if the client did not offer the subprotocol.
    pub fn accept<'a>(
        &'a self,
        subprotocol: Option<&'a str>,
    ) -> Result<impl Iterator<Item = (&'static str, &'a str)> + use<'a>, AnswerError> {
        if subprotocol.is_some_and(|name| !self.subprotocols.contains(name)) {
            return Err(AnswerError::UnofferedSubprotocol);
        }
        let chosen = subprotocol.map(|name| ("sec-websocket-protocol", name));
        let agreed = self.deflate.as_ref();
        let agreed = agreed.map(|(_, response)| ("sec-websocket-extensions", &**response));
        Ok([(":status", "200")].into_iter().chain(chosen).chain(agreed))
    }
}

/// Why an Extended CONNECT is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExtendedConnectError {
    /// The header list breaks a rule of HTTP/2 (RFC 9113 §8) or of Extended CONNECT
    /// (RFC 8441 §4).
    Malformed,
    /// `:protocol` is missing or not `websocket`.
    UnsupportedProtocol,
    /// `sec-websocket-version` is not 13. Answer with a `sec-websocket-version: 13` header (§4.4).
    UnsupportedVersion,
    /// `sec-websocket-protocol` is not a list of distinct tokens.
    BadSubprotocols,
    /// `sec-websocket-extensions` breaks the grammar of extension lists (§9.1), or lists none.
    BadExtensions,
}

impl ExtendedConnectError {
    /// The HTTP status to answer with: 501 for another protocol (RFC 9220 §3), or else 400.
    pub const fn status(self) -> u16 {
        match self {
            Self::UnsupportedProtocol => 501,
            Self::Malformed
            | Self::UnsupportedVersion
            | Self::BadSubprotocols
            | Self::BadExtensions => 400,
        }
    }
}

impl fmt::Display for ExtendedConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "malformed extended connect (RFC 8441 §4)",
            Self::UnsupportedProtocol => ":protocol is not websocket (RFC 9220 §3)",
            Self::UnsupportedVersion => "a version of the protocol other than 13 (§4.4)",
            Self::BadSubprotocols => "malformed sec-websocket-protocol (§4.1)",
            Self::BadExtensions => "malformed sec-websocket-extensions (§9.1)",
        })
    }
}

impl core::error::Error for ExtendedConnectError {}

/// The header fields that the handshake needs, collected in order.
#[derive(Default)]
struct Fields<'h> {
    regular_seen: bool,
    method: Option<&'h str>,
    protocol: Option<&'h str>,
    scheme: Option<&'h str>,
    path: Option<&'h str>,
    authority: Option<&'h str>,
    host: Option<&'h str>,
    version: Option<&'h str>,
    origin: Option<&'h str>,
    subprotocols: Vec<&'h [u8]>,
    extensions: Vec<&'h [u8]>,
}

impl<'h> Fields<'h> {
    /// Adds a field. `None` if the field makes the list malformed.
    fn add(&mut self, name: &'h [u8], value: &'h [u8]) -> Option<()> {
        let is_pseudo = name.starts_with(b":");
        if !is_value(value) || !(is_pseudo || is_token(name)) {
            return None;
        }
        // RFC 9113 §8.3: pseudo-headers come first.
        if is_pseudo && self.regular_seen {
            return None;
        }
        self.regular_seen |= !is_pseudo;
        match name {
            b":method" => set_once(&mut self.method, value),
            b":protocol" => set_once(&mut self.protocol, value),
            b":scheme" => set_once(&mut self.scheme, value),
            b":path" => set_once(&mut self.path, value),
            b":authority" => set_once(&mut self.authority, value),
            b"host" => set_once(&mut self.host, value),
            b"origin" => set_once(&mut self.origin, value),
            b"sec-websocket-version" => set_once(&mut self.version, value),
            b"sec-websocket-protocol" => {
                self.subprotocols.push(value);
                Some(())
            }
            b"sec-websocket-extensions" => {
                self.extensions.push(value);
                Some(())
            }
            _ => (!is_pseudo && !is_forbidden(name)).then_some(()),
        }
    }

    fn check(self) -> Result<ExtendedConnect, ExtendedConnectError> {
        if self.protocol != Some("websocket") && self.method == Some("CONNECT") {
            return Err(ExtendedConnectError::UnsupportedProtocol);
        }
        let (target, authority) = self.check_target().ok_or(ExtendedConnectError::Malformed)?;
        match self.version {
            Some("13") => {}
            Some(_) => return Err(ExtendedConnectError::UnsupportedVersion),
            None => return Err(ExtendedConnectError::Malformed),
        }
        let subprotocols = Subprotocols::from_values(self.subprotocols.iter().copied(), is_token)
            .ok_or(ExtendedConnectError::BadSubprotocols)?;
        let extensions = self.check_extensions()?;
        Ok(ExtendedConnect {
            target: target.into(),
            authority: authority.into(),
            origin: self.origin.map(Into::into),
            subprotocols,
            extensions,
            deflate: None,
        })
    }

    /// Checks the grammar of the extension lists and joins them to one (§11.3.2).
    fn check_extensions(&self) -> Result<Option<Box<[u8]>>, ExtendedConnectError> {
        extensions::answer_offers(self.extensions.iter().copied(), None)
            .map_err(|_| ExtendedConnectError::BadExtensions)?;
        let list = (!self.extensions.is_empty()).then(|| self.extensions.join(&b","[..]));
        Ok(list.map(Into::into))
    }

    /// The target and the authority. RFC 8441 §4: unlike a plain CONNECT, an extended one has
    /// `:scheme` and `:path`.
    fn check_target(&self) -> Option<(&'h str, &'h str)> {
        self.method.filter(|method| *method == "CONNECT")?;
        self.scheme.filter(|scheme| matches!(*scheme, "http" | "https"))?;
        let path = self.path.filter(|path| path.starts_with('/') && is_resource(path))?;
        let authority = self.authority.or(self.host)?;
        split_authority_with_zone(authority)?;
        // RFC 9113 §8.3.1: `host` must not differ from `:authority`.
        let same = self.host.is_none_or(|host| host.eq_ignore_ascii_case(authority));
        same.then_some((path, authority))
    }
}

/// Sets a field that may occur once. `None` if it is set already or not UTF-8.
fn set_once<'h>(field: &mut Option<&'h str>, value: &'h [u8]) -> Option<()> {
    let value = str::from_utf8(value).ok()?;
    field.replace(value).is_none().then_some(())
}

/// RFC 9113 §8.2.1: a value has no spaces around it, and no line end, which would begin another
/// field if the value is forwarded as HTTP/1.1.
fn is_value(value: &[u8]) -> bool {
    let is_space = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    let is_padded = is_space(value.first()) || is_space(value.last());
    !is_padded && value.iter().copied().all(is_value_byte)
}

/// RFC 9113 §8.2.1, §8.2.2: names in upper case and fields about the connection are forbidden.
fn is_forbidden(name: &[u8]) -> bool {
    const CONNECTION: [&[u8]; 5] =
        [b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"];
    name.iter().any(u8::is_ascii_uppercase) || CONNECTION.contains(&name)
}
