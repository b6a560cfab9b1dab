//! WebSockets over HTTP/2 and HTTP/3: Extended CONNECT (RFC 8441, RFC 9220).

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::acceptance::Acceptance;
use super::answer_error::AnswerError;
use super::custom_headers::HeaderLines;
use super::extensions::{self, DeflateParameters, DeflatePolicy, DeflateResponse};
use super::fields::{is_about_connection, is_field_name, is_field_value};
use super::grammar::{is_resource, is_token, split_authority_with_zone};
use super::headers::Headers;
use super::request::Request;
use super::subprotocols::Subprotocols;

/// A request to open a WebSocket in a stream of HTTP/2 or HTTP/3, checked (RFC 8441 §5).
///
/// The application brings the HTTP stack, which supplies the header list of the request and sends
/// the header list that [`accept`](Self::accept) returns. This handshake has no key and no accept
/// value; a key in the request is ignored.
#[derive(Clone)]
pub struct ExtendedConnect {
    /// The request as HTTP/1.1 has it.
    head: Vec<u8>,
    subprotocols: Subprotocols,
    /// The offer of permessage-deflate as the response accepts it.
    deflate: Option<DeflateResponse>,
}

impl ExtendedConnect {
    /// Checks the header list of a request, pseudo-headers included, in the order received. No
    /// [`Leniency`](crate::Leniency) applies to it.
    ///
    /// ```
    /// use websocket_proto::handshake::ExtendedConnect;
    ///
    /// let headers: [(&[u8], &[u8]); 7] = [
    ///     (b":method", b"CONNECT"),
    ///     (b":protocol", b"websocket"),
    ///     (b":scheme", b"https"),
    ///     (b":path", b"/chat?room=7"),
    ///     (b":authority", b"example.com"),
    ///     (b"sec-websocket-version", b"13"),
    ///     (b"cookie", b"session=8"),
    /// ];
    /// let connect = ExtendedConnect::from_headers(headers)?;
    /// let request = connect.request();
    /// assert_eq!((request.path(), request.query()), ("/chat", Some("room=7")));
    /// assert_eq!(request.cookie("session"), Some("8"));
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

    /// The request, as if it had been made in HTTP/1.1: `:path` is its target, and `:authority` is
    /// its `Host`.
    pub fn request(&self) -> Request<'_> {
        Request::new(&self.head)
    }

    /// Agrees to permessage-deflate if the policy accepts one of the client's offers
    /// (RFC 7692 §5.1). Without this call, there is no compression.
    #[must_use]
    pub fn negotiate(mut self, policy: &DeflatePolicy) -> Self {
        let values = self.request().headers().get_all(extensions::NAME);
        // The grammar was checked with the rest of the request.
        self.deflate = extensions::answer_offers(values, Some(policy)).unwrap_or_default();
        self
    }

    /// The parameters of permessage-deflate that the response agrees to, for the connection in the
    /// stream; `None` if there is no compression. Do not use them if the response is made with
    /// [`Acceptance::without_extensions`], which turns compression off.
    pub fn deflate(&self) -> Option<DeflateParameters> {
        self.deflate.as_ref().map(DeflateParameters::of_response)
    }

    /// The header list of the response that opens the WebSocket: `:status` 200, the chosen
    /// subprotocol, if any, the extension, if one was agreed to, and the headers of `acceptance`,
    /// whose names become lower case. Those about a connection are left out (RFC 9113 §8.2.2). After
    /// the response, the stream carries frames.
    ///
    /// # Errors
    ///
    /// [`AnswerError::UnofferedSubprotocol`] if the client did not offer the subprotocol.
    pub fn accept(&self, acceptance: &Acceptance) -> Result<Vec<(String, String)>, AnswerError> {
        let lines = self.response_lines(acceptance)?;
        let status = (":status".to_owned(), "200".to_owned());
        let headers = Headers::of_lines(lines.as_bytes()).iter().map(|header| {
            (header.name().to_ascii_lowercase(), header.value_str().unwrap_or_default().to_owned())
        });
        Ok([status].into_iter().chain(headers).collect())
    }

    /// The headers of the response that opens the WebSocket, as they are written in HTTP/1.1.
    pub(super) fn response_lines(
        &self,
        acceptance: &Acceptance,
    ) -> Result<HeaderLines, AnswerError> {
        let lines = acceptance.lines(&self.subprotocols, self.deflate)?;
        Ok(lines.filtered(|name| !is_about_connection(name.as_bytes())))
    }

    /// The parameters of permessage-deflate in the response that `acceptance` makes.
    #[cfg(feature = "http")]
    pub(super) fn agreed(&self, acceptance: &Acceptance) -> Option<DeflateParameters> {
        acceptance.agreed(self.deflate)
    }
}

/// Shows the request, whose secrets are hidden.
impl fmt::Debug for ExtendedConnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ExtendedConnect").field(&self.request()).finish()
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
    /// This is another request than a CONNECT: a page or a program asks for the path of a WebSocket.
    MethodNotConnect,
    /// `sec-websocket-version` is not 13. Answer with a `sec-websocket-version: 13` header (§4.4).
    UnsupportedVersion,
    /// `sec-websocket-protocol` is not a list of distinct tokens.
    BadSubprotocols,
    /// `sec-websocket-extensions` breaks the grammar of extension lists (§9.1), or lists none.
    BadExtensions,
}

names_of_values! { ExtendedConnectError:
    Malformed = 501, "malformed";
    UnsupportedProtocol = 502, "unsupported-protocol";
    MethodNotConnect = 503, "method-not-connect";
    UnsupportedVersion = 504, "unsupported-version";
    BadSubprotocols = 505, "bad-subprotocols";
    BadExtensions = 506, "bad-extensions";
}

impl ExtendedConnectError {
    /// The HTTP status to answer with: 501 for another protocol (RFC 9220 §3), 405 for another
    /// method, or else 400.
    pub const fn status(self) -> u16 {
        match self {
            Self::UnsupportedProtocol => 501,
            Self::MethodNotConnect => 405,
            Self::Malformed
            | Self::UnsupportedVersion
            | Self::BadSubprotocols
            | Self::BadExtensions => 400,
        }
    }

    /// The section whose rule was broken: one of RFC 6455 unless another document is named.
    pub const fn rfc_section(self) -> &'static str {
        match self {
            Self::Malformed | Self::MethodNotConnect => "RFC 8441 §4",
            Self::UnsupportedProtocol => "RFC 9220 §3",
            Self::UnsupportedVersion => "§4.4",
            Self::BadSubprotocols => "§4.1",
            Self::BadExtensions => "§9.1",
        }
    }

    /// What is wrong.
    const fn description(self) -> &'static str {
        match self {
            Self::Malformed => "malformed extended connect",
            Self::MethodNotConnect => "a WebSocket is opened by an extended connect",
            Self::UnsupportedProtocol => ":protocol is not websocket",
            Self::UnsupportedVersion => "a version of the protocol other than 13",
            Self::BadSubprotocols => "malformed sec-websocket-protocol",
            Self::BadExtensions => "malformed sec-websocket-extensions",
        }
    }
}

impl fmt::Display for ExtendedConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.description(), self.rfc_section())
    }
}

impl core::error::Error for ExtendedConnectError {}

/// The header fields of a request: those that the handshake needs, and all regular ones as lines.
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
    lines: Vec<u8>,
}

impl<'h> Fields<'h> {
    /// Adds a field. `None` if the field makes the list malformed.
    fn add(&mut self, name: &'h [u8], value: &'h [u8]) -> Option<()> {
        if !is_field_value(value) {
            return None;
        }
        if name.starts_with(b":") {
            self.add_pseudo(name, value)
        } else {
            self.add_regular(name, value)
        }
    }

    fn add_pseudo(&mut self, name: &[u8], value: &'h [u8]) -> Option<()> {
        let field = match name {
            b":method" => &mut self.method,
            b":protocol" => &mut self.protocol,
            b":scheme" => &mut self.scheme,
            b":path" => &mut self.path,
            b":authority" => &mut self.authority,
            _ => return None,
        };
        // RFC 9113 §8.3: pseudo-headers come first.
        if self.regular_seen { None } else { set_once(field, value) }
    }

    fn add_regular(&mut self, name: &'h [u8], value: &'h [u8]) -> Option<()> {
        if !is_field_name(name) {
            return None;
        }
        self.regular_seen = true;
        match name {
            b"host" => return set_once(&mut self.host, value),
            b"origin" => set_once(&mut self.origin, value)?,
            b"sec-websocket-version" => set_once(&mut self.version, value)?,
            b"sec-websocket-protocol" => self.subprotocols.push(value),
            b"sec-websocket-extensions" => self.extensions.push(value),
            _ => {}
        }
        for part in [name, b": ", value, b"\r\n"] {
            self.lines.extend_from_slice(part);
        }
        Some(())
    }

    fn check(self) -> Result<ExtendedConnect, ExtendedConnectError> {
        self.check_method()?;
        let (target, authority) = self.check_target().ok_or(ExtendedConnectError::Malformed)?;
        match self.version {
            Some("13") => {}
            Some(_) => return Err(ExtendedConnectError::UnsupportedVersion),
            None => return Err(ExtendedConnectError::Malformed),
        }
        let subprotocols = Subprotocols::from_values(self.subprotocols.iter().copied(), is_token)
            .ok_or(ExtendedConnectError::BadSubprotocols)?;
        extensions::answer_offers(self.extensions.iter().copied(), None)
            .map_err(|_| ExtendedConnectError::BadExtensions)?;
        let first = format!("GET {target} HTTP/1.1\r\nHost: {authority}\r\n");
        let head = [first.as_bytes(), &self.lines, b"\r\n"].concat();
        Ok(ExtendedConnect { head, subprotocols, deflate: None })
    }

    fn check_method(&self) -> Result<(), ExtendedConnectError> {
        match (self.method, self.protocol) {
            (Some("CONNECT"), Some("websocket")) => Ok(()),
            (Some("CONNECT"), _) => Err(ExtendedConnectError::UnsupportedProtocol),
            (Some(_), None) => Err(ExtendedConnectError::MethodNotConnect),
            // RFC 8441 §4: `:protocol` belongs to a CONNECT.
            _ => Err(ExtendedConnectError::Malformed),
        }
    }

    /// The target and the authority. RFC 8441 §4: unlike a plain CONNECT, an extended one has
    /// `:scheme` and `:path`.
    fn check_target(&self) -> Option<(&'h str, &'h str)> {
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
