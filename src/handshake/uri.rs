//! `ws` and `wss` URIs (§3).

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use super::escaping::escape_resource;
use super::grammar::{split_authority, split_zone};
use super::query::split_query;
use super::request_error::RequestError;

/// A `ws` or `wss` URI, in parts (§3): the server and the resource that a client connects to.
///
/// Make a `Uri` from text with [`str::parse`]. `http` stands for `ws` and `https` for `wss`. A
/// missing path becomes `/`, and a port that is the default of the scheme is dropped. The host must
/// be written in punycode. A `Uri` has no user information;
/// [`ClientRequest::new`](super::ClientRequest::new) turns that into credentials.
///
/// The path and the query are escaped as browsers do it: spaces, `"<>` and characters outside ASCII,
/// `^{}` and the backtick in a path, `'` in a query. A `%` stays as it is, and so do dot segments.
/// Spaces and line ends around the URI are dropped. A fragment is refused (§3), and so is a backslash
/// before the query, which some take for a slash.
///
/// ```
/// use websocket_proto::handshake::Uri;
///
/// let uri: Uri = "wss://example.com/chat?room=7".parse()?;
/// assert_eq!((uri.host(), uri.port(), uri.is_secure()), ("example.com", 443, true));
/// assert_eq!((uri.path(), uri.query()), ("/chat", Some("room=7")));
/// let uri: Uri = "ws://example.com/caf\u{e9}?100%".parse()?;
/// assert_eq!((uri.path(), uri.query()), ("/caf%C3%A9", Some("100%")));
/// # Ok::<(), websocket_proto::handshake::RequestError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Uri {
    secure: bool,
    /// The host in lower case and without a zone, and the port unless it is the default.
    authority: Box<str>,
    /// The IPv6 address with its zone, as in `fe80::1%eth0`.
    host_with_zone: Option<Box<str>>,
    port: u16,
    resource: Box<str>,
}

impl Uri {
    /// Whether the connection must use TLS, which means that the scheme is `wss`.
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host to connect to, in lower case. An IPv6 address has no brackets here, and no
    /// [zone](Self::zone).
    pub fn host(&self) -> &str {
        let host = split_authority(&self.authority).map_or("", |(host, _)| host);
        host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The zone of a link-local IPv6 address: the name or number of the network interface through
    /// which the host is reached, such as `eth0` in `ws://[fe80::1%25eth0]/` (RFC 6874). A `%` alone
    /// in place of the `%25` is accepted as well. Servers never see the zone.
    pub fn zone(&self) -> Option<&str> {
        Some(self.host_with_zone.as_ref()?.split_once('%')?.1)
    }

    /// The host and, after a `%`, its zone: what the operating system looks up.
    #[cfg(feature = "std")]
    pub(crate) fn host_with_zone(&self) -> &str {
        self.host_with_zone.as_deref().unwrap_or_else(|| self.host())
    }

    /// The port to connect to. If the URI has none, it is 80 for `ws` and 443 for `wss`.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The value of the `Host` header: the host, in brackets if it is an IPv6 address, and the port
    /// unless it is the default of the scheme. It has no zone (RFC 6874 §4).
    pub const fn authority(&self) -> &str {
        &self.authority
    }

    /// The resource name, which is the request target: the path and the query (§3).
    pub const fn resource(&self) -> &str {
        &self.resource
    }

    /// The path, without the query; `/` if the URI has none.
    pub fn path(&self) -> &str {
        split_query(&self.resource).0
    }

    /// The query, without its `?`; `None` if there is none.
    pub fn query(&self) -> Option<&str> {
        split_query(&self.resource).1
    }

    /// The host and the port as in the URI.
    pub(super) fn authority_with_zone(&self) -> Cow<'_, str> {
        match self.zone() {
            Some(zone) => self.authority.replacen(']', &format!("%25{zone}]"), 1).into(),
            None => (&*self.authority).into(),
        }
    }

    /// The scheme: `ws` or `wss`.
    pub(super) const fn scheme(&self) -> &'static str {
        if self.secure { "wss" } else { "ws" }
    }

    /// Adds the zone of the base if the address is the same: the server does not know of it.
    pub(super) fn inherit_zone(&mut self, base: &Self) {
        if self.host_with_zone.is_none() && self.host() == base.host() {
            self.host_with_zone = base.host_with_zone.clone();
        }
    }

    /// Whether the scheme, the host and the port are the same.
    pub(super) fn is_same_origin(&self, other: &Self) -> bool {
        self.secure == other.secure
            && self.authority == other.authority
            && self.host_with_zone == other.host_with_zone
    }

    /// Parses a URI. Returns its user information separately, percent-decoded, as `user:password`.
    pub(super) fn parse(text: &str) -> Result<(Self, Option<String>), RequestError> {
        let text = text.trim_matches(|character: char| character <= ' ');
        let (secure, rest) = split_scheme(text)?;
        let (authority, resource) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        // Browsers would end the host there, and RFC 3986 the user information.
        if authority.contains('\\') {
            return Err(RequestError::Backslash);
        }
        let (user_info, authority) = match authority.rsplit_once('@') {
            Some((user_info, authority)) => (Some(decode_user_info(user_info)?), authority),
            None => (None, authority),
        };
        let (authority, host_with_zone) = take_zone(authority);
        let (authority, port) = parse_authority(&authority, if secure { 443 } else { 80 })?;
        // §3: a fragment must not be used, and `#` in a path must be escaped.
        if resource.contains('#') {
            return Err(RequestError::Fragment);
        }
        let resource = escape_resource(resource)?;
        Ok((Self { secure, authority, host_with_zone, port, resource }, user_info))
    }
}

impl FromStr for Uri {
    type Err = RequestError;

    /// # Errors
    ///
    /// The variants of [`RequestError`] that are about URIs.
    fn from_str(text: &str) -> Result<Self, RequestError> {
        Self::parse(text).map(|(uri, _)| uri)
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme(), self.authority_with_zone(), self.resource)
    }
}

impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uri({self})")
    }
}

/// Whether the scheme is `wss`, and the URI after `://`.
fn split_scheme(text: &str) -> Result<(bool, &str), RequestError> {
    let (scheme, rest) = text.split_once(':').ok_or(RequestError::BadScheme)?;
    let scheme = scheme.to_ascii_lowercase();
    let is_secure = match scheme.as_str() {
        "ws" | "http" => false,
        "wss" | "https" => true,
        "unix" | "ws+unix" | "wss+unix" | "http+unix" => return Err(RequestError::UnixSocket),
        _ => return Err(RequestError::BadScheme),
    };
    Ok((is_secure, rest.strip_prefix("//").ok_or(RequestError::BadScheme)?))
}

/// The authority without a zone, and the address with it.
fn take_zone(authority: &str) -> (Cow<'_, str>, Option<Box<str>>) {
    let end = authority.find(']').map_or(0, |at| at + 1);
    let (host, port) = authority.split_at(end);
    let Some((address, zone)) = split_zone(host) else { return (authority.into(), None) };
    let address = address.to_ascii_lowercase();
    (format!("[{address}]{port}").into(), Some(format!("{address}%{zone}").into()))
}

/// The authority in lower case and without a default port, and the port.
fn parse_authority(text: &str, default_port: u16) -> Result<(Box<str>, u16), RequestError> {
    if !text.is_ascii() {
        return Err(RequestError::HostNotAscii);
    }
    let Some((host, port)) = split_authority(text) else {
        return Err(authority_error(text));
    };
    let host = host.to_ascii_lowercase();
    match port.unwrap_or(default_port) {
        0 => Err(RequestError::BadPort),
        port if port == default_port => Ok((host.into(), port)),
        port => Ok((format!("{host}:{port}").into(), port)),
    }
}

/// The error for a malformed authority: a valid host with a bad port, or a bad host.
fn authority_error(text: &str) -> RequestError {
    let host = text.rsplit_once(':').map_or(text, |(host, _)| host);
    match split_authority(host) {
        Some((_, None)) => RequestError::BadPort,
        Some((_, Some(_))) | None => RequestError::BadHost,
    }
}

/// Decodes user information to `user:password`, with the colon even if there is no password.
fn decode_user_info(text: &str) -> Result<String, RequestError> {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    join_credentials(&percent_decode(user)?, &percent_decode(password)?)
}

/// Joins a user name and a password (RFC 7617 §2). The first colon ends the user name, so the name
/// cannot contain one.
pub(super) fn join_credentials(user: &str, password: &str) -> Result<String, RequestError> {
    if user.contains(':') || user.chars().chain(password.chars()).any(char::is_control) {
        return Err(RequestError::BadCredentials);
    }
    Ok(format!("{user}:{password}"))
}

pub(super) fn percent_decode(text: &str) -> Result<String, RequestError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    bytes.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).ok_or(RequestError::BadCredentials)?;
        bytes.push(parse_hex(digits).ok_or(RequestError::BadCredentials)?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).map_err(|_| RequestError::BadCredentials)
}

fn parse_hex(digits: &str) -> Option<u8> {
    let are_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    are_hex.then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}
