//! Which proxy to use, and with what credentials.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use super::super::grammar::split_authority;
use super::super::uri::percent_decode;

/// Which proxy to use, and with what credentials.
///
/// | scheme | how the proxy is spoken to | default port |
/// |---|---|---|
/// | `http` | HTTP `CONNECT` (RFC 9110 §9.3.6) | 80 |
/// | `https` | the same over TLS | 443 |
/// | `socks5`, `socks5h`, `socks` | SOCKS5 (RFC 1928) | 1080 |
///
/// The proxy looks up the name of the server with all of them, also with `socks5`: the name may be
/// known only there, and nobody on this side learns where the client connects to. A text without a
/// scheme is the host of an `http` proxy. User information is percent-decoded; it becomes Basic
/// credentials (RFC 7617), or the user name and password of SOCKS5 (RFC 1929).
///
/// Neither [`Debug`] nor [`Display`](fmt::Display) shows the credentials.
///
/// ```
/// use websocket_proto::handshake::proxy::Proxy;
///
/// let proxy = Proxy::new("socks5h://user:p%40ss@proxy.example")?;
/// assert_eq!((proxy.scheme(), proxy.host(), proxy.port()), ("socks5h", "proxy.example", 1080));
/// assert_eq!(proxy.to_string(), "socks5h://proxy.example:1080");
/// # Ok::<(), websocket_proto::handshake::proxy::ProxyUrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    scheme: Scheme,
    /// In lower case, without the brackets of an IPv6 address.
    host: Box<str>,
    port: u16,
    pub(super) credentials: Option<Credentials>,
}

/// A user name and a password, as they were written by a person.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) user: String,
    pub(super) password: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
    Socks5,
    Socks5h,
}

impl Proxy {
    /// The proxy of a URL.
    ///
    /// # Errors
    ///
    /// [`ProxyUrlError`] if the URL is not that of a proxy.
    pub fn new(url: &str) -> Result<Self, ProxyUrlError> {
        let (scheme, rest) = Scheme::split(url)?;
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if !matches!(path, "" | "/") {
            return Err(ProxyUrlError::HasPath);
        }
        let (user_info, authority) = match authority.rsplit_once('@') {
            Some((user_info, authority)) => (Some(user_info), authority),
            None => (None, authority),
        };
        let (host, port) = parse_authority(authority)?;
        let port = port.unwrap_or(scheme.default_port());
        let proxy = Self { scheme, host, port, credentials: None };
        let Some(user_info) = user_info else { return Ok(proxy) };
        let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
        proxy.credentials(&decode(user)?, &decode(password)?)
    }

    /// Sets the user name and the password, instead of those in the URL.
    ///
    /// # Errors
    ///
    /// For an HTTP proxy, [`ProxyUrlError::BadCredentials`] if the user name contains a colon, or
    /// either contains a control character (RFC 7617 §2); for a SOCKS5 proxy,
    /// [`ProxyUrlError::CredentialsTooLong`] if either is longer than 255 bytes (RFC 1929 §2).
    pub fn credentials(mut self, user: &str, password: &str) -> Result<Self, ProxyUrlError> {
        self.set_credentials(user, password)?;
        Ok(self)
    }

    /// Sets the user name and the password, as [`credentials`](Self::credentials) does, in place.
    /// After an error they are as they were before.
    ///
    /// # Errors
    ///
    /// Those of [`credentials`](Self::credentials).
    pub fn set_credentials(&mut self, user: &str, password: &str) -> Result<(), ProxyUrlError> {
        let has_control = user.chars().chain(password.chars()).any(char::is_control);
        if self.is_socks() {
            if user.len().max(password.len()) > 255 {
                return Err(ProxyUrlError::CredentialsTooLong);
            }
        } else if user.contains(':') || has_control {
            return Err(ProxyUrlError::BadCredentials);
        }
        self.credentials = Some(Credentials { user: user.into(), password: password.into() });
        Ok(())
    }

    /// The scheme: `http`, `https`, `socks5` or `socks5h`, which stands for `socks` too.
    pub const fn scheme(&self) -> &'static str {
        match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::Socks5 => "socks5",
            Scheme::Socks5h => "socks5h",
        }
    }

    /// The host of the proxy, in lower case. An IPv6 address has no brackets here.
    pub const fn host(&self) -> &str {
        &self.host
    }

    /// The port of the proxy.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether the connection to the proxy must use TLS, which means that the scheme is `https`.
    pub const fn is_secure(&self) -> bool {
        matches!(self.scheme, Scheme::Https)
    }

    /// Whether the proxy is spoken to in SOCKS5.
    pub(super) const fn is_socks(&self) -> bool {
        matches!(self.scheme, Scheme::Socks5 | Scheme::Socks5h)
    }
}

impl FromStr for Proxy {
    type Err = ProxyUrlError;

    /// # Errors
    ///
    /// As for [`Proxy::new`].
    fn from_str(url: &str) -> Result<Self, ProxyUrlError> {
        Self::new(url)
    }
}

/// The URL without credentials, always with the port.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.scheme())?;
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

impl Scheme {
    /// The scheme of a URL, and the URL after `://`.
    fn split(url: &str) -> Result<(Self, &str), ProxyUrlError> {
        let Some((scheme, rest)) = url.split_once("://") else { return Ok((Self::Http, url)) };
        let known = [
            ("http", Self::Http),
            ("https", Self::Https),
            ("socks5", Self::Socks5),
            ("socks5h", Self::Socks5h),
            // What desktops write into `all_proxy`.
            ("socks", Self::Socks5h),
        ];
        let found = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(scheme));
        found.map(|(_, scheme)| (*scheme, rest)).ok_or(ProxyUrlError::BadScheme)
    }

    const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
            Self::Socks5 | Self::Socks5h => 1080,
        }
    }
}

/// The host in lower case and without brackets, and the port if there is one.
fn parse_authority(text: &str) -> Result<(Box<str>, Option<u16>), ProxyUrlError> {
    let (host, port) = split_authority(text).ok_or_else(|| authority_error(text))?;
    if port == Some(0) {
        return Err(ProxyUrlError::BadPort);
    }
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok((host.to_ascii_lowercase().into(), port))
}

/// The error for a malformed authority: a valid host with a bad port, or a bad host.
fn authority_error(text: &str) -> ProxyUrlError {
    let host = text.rsplit_once(':').map_or(text, |(host, _)| host);
    match split_authority(host) {
        Some((_, None)) => ProxyUrlError::BadPort,
        Some((_, Some(_))) | None => ProxyUrlError::BadHost,
    }
}

fn decode(text: &str) -> Result<String, ProxyUrlError> {
    percent_decode(text).map_err(|_| ProxyUrlError::BadCredentials)
}

/// Why a text is not the URL of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProxyUrlError {
    /// The scheme is none of `http`, `https`, `socks5` and `socks5h`.
    BadScheme,
    /// The host is missing or malformed, or not ASCII, as punycode is.
    BadHost,
    /// The port is not from 1 to 65535.
    BadPort,
    /// A path, a query or a fragment follows the host and the port; or in the credentials, `/`, `?`
    /// or `#` is not percent-encoded.
    HasPath,
    /// The user information is wrongly percent-encoded or not UTF-8; or for an HTTP proxy, it has a
    /// control character, or the user name has a colon (RFC 7617 §2).
    BadCredentials,
    /// The user name or the password is longer than the 255 bytes that SOCKS5 has room for
    /// (RFC 1929 §2).
    CredentialsTooLong,
}

names_of_values! { ProxyUrlError:
    BadScheme = 701, "bad-scheme";
    BadHost = 702, "bad-host";
    BadPort = 703, "bad-port";
    HasPath = 704, "has-path";
    BadCredentials = 705, "bad-credentials";
    CredentialsTooLong = 706, "credentials-too-long";
}

impl ProxyUrlError {
    /// The section that asks for what is missing here, with its document; `None` if this
    /// crate asks for it.
    pub const fn rfc_section(self) -> Option<&'static str> {
        match self {
            Self::BadHost => Some("RFC 3986 §3.2.2"),
            Self::BadPort => Some("RFC 3986 §3.2.3"),
            Self::BadCredentials => Some("RFC 7617 §2"),
            Self::CredentialsTooLong => Some("RFC 1929 §2"),
            Self::BadScheme | Self::HasPath => None,
        }
    }
}

impl fmt::Display for ProxyUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadScheme => "the proxy's scheme is not http, https, socks5 or socks5h",
            Self::BadHost => "the proxy's URL has no host name or address, or a malformed one",
            Self::BadPort => "the proxy's port is not a number from 1 to 65535",
            Self::HasPath => "the proxy's URL has a path, or credentials with a /, ? or # that is not percent-encoded",
            Self::BadCredentials => {
                "the proxy's credentials have a control character, a bad %, or a colon in the user name"
            }
            Self::CredentialsTooLong => {
                "the proxy's user name or password is longer than 255 bytes, which SOCKS5 cannot carry"
            }
        })
    }
}

impl core::error::Error for ProxyUrlError {}
