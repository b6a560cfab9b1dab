//! Which web pages may connect to a server (§10.2).

use alloc::boxed::Box;
use alloc::format;
use core::net::Ipv6Addr;

use super::answer_error::AnswerError;
use super::grammar::split_authority;

/// Which values of the `Origin` header a server allows.
///
/// A request without `Origin` does not come from a browser, and every policy allows it. Only
/// [`Any`](Self::Any) allows two `Origin` headers, a list of origins, or `null`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OriginPolicy<'a> {
    /// Allows `http` and `https` origins with the host and port that the request is for. A port
    /// that is missing is the default port of the origin's scheme. This is the default.
    #[default]
    SameHost,
    /// Allows every origin. This is for servers that do not identify their clients by cookies,
    /// client certificates or their place in the network.
    Any,
    /// Allows the origins listed; [`OriginPolicy::list`] makes it.
    List(OriginList<'a>),
}

/// Origins that were checked by [`OriginPolicy::list`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OriginList<'a>(&'a [&'a str]);

impl<'a> OriginPolicy<'a> {
    /// Allows these origins, such as `https://example.com` or `http://localhost:8080`.
    ///
    /// Case, a slash at the end and a port that is the default of `http` or `https` make no
    /// difference. Other schemes, such as `app://localhost`, are compared to the letter but for a
    /// slash at the end. A page without an origin of its own sends `null`, and no list allows that.
    ///
    /// An entry that no browser would ever send is an error, as it would otherwise keep pages out
    /// without a word. The check takes little time, so a policy can be made for each request:
    ///
    /// ```
    /// use websocket_proto::handshake::{Acceptance, OriginPolicy, Rejection, Request};
    ///
    /// fn decide(request: &Request<'_>) -> Result<Acceptance, Rejection> {
    ///     let pages = OriginPolicy::list(&["https://example.com", "https://example.org"])?;
    ///     match request.is_origin_allowed(&pages) {
    ///         true => Ok(Acceptance::new()),
    ///         false => Err(Rejection::forbidden()),
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`AnswerError::BadOrigin`] for an entry that has no scheme, the scheme `ws` or `wss`, a path
    /// or a wildcard, or whose host is not written in punycode; and for `null`.
    pub fn list(origins: &'a [&'a str]) -> Result<Self, AnswerError> {
        let are_good = origins.iter().all(|origin| Origin::parse(origin).is_some());
        if are_good { Ok(Self::List(OriginList(origins))) } else { Err(AnswerError::BadOrigin) }
    }

    /// Whether a request for `authority` may have these values of `Origin`.
    pub(super) fn allows<'b>(
        &self,
        mut origins: impl Iterator<Item = &'b [u8]>,
        authority: &str,
    ) -> bool {
        match (self, origins.next(), origins.next()) {
            (Self::Any, _, _) | (_, None, _) => true,
            (_, _, Some(_)) => false,
            (_, Some(origin), None) => {
                Origin::of_browser(origin).is_some_and(|origin| match self {
                    Self::Any => true,
                    Self::SameHost => origin.is_at(authority),
                    Self::List(OriginList(list)) => {
                        list.iter().any(|listed| Origin::parse(listed).as_ref() == Some(&origin))
                    }
                })
            }
        }
    }
}

/// An origin in the way that browsers write it, for the header of a client. `None` if it is none.
pub(super) fn serialize_origin(origin: &str) -> Option<Box<str>> {
    if origin == "null" {
        return Some(origin.into());
    }
    let Origin { scheme, host } = Origin::parse(origin)?;
    let scheme = scheme.to_ascii_lowercase();
    let text = match host {
        Host::Opaque(host) => format!("{scheme}://{host}"),
        Host::Web { name, port: None } => format!("{scheme}://{}", name.to_ascii_lowercase()),
        Host::Web { name, port: Some(port) } => {
            format!("{scheme}://{}:{port}", name.to_ascii_lowercase())
        }
    };
    Some(text.into())
}

/// An origin, in parts.
struct Origin<'a> {
    scheme: &'a str,
    host: Host<'a>,
}

enum Host<'a> {
    /// That of an `http` or `https` origin, with its port unless it is the default.
    Web { name: &'a str, port: Option<u16> },
    /// What follows another scheme, in which case counts.
    Opaque(&'a str),
}

impl<'a> Origin<'a> {
    /// Parses an origin that a person wrote: a slash may follow it, and case does not matter.
    fn parse(origin: &'a str) -> Option<Self> {
        let (scheme, rest) = origin.split_once("://")?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        // A host name may have these by its grammar, but no page has one with a wildcard.
        if rest.contains(['*', '%']) {
            return None;
        }
        let host = match default_port(scheme) {
            Some(default) => Host::parse_web(rest, default)?,
            None => Host::parse_opaque(scheme, rest)?,
        };
        Some(Self { scheme, host })
    }

    /// Parses the value of a header. Browsers write web origins in lower case and without a slash
    /// (RFC 6454 §6.2), and nothing else is taken for one.
    fn of_browser(value: &'a [u8]) -> Option<Self> {
        let text = str::from_utf8(value).ok()?;
        let origin = Self::parse(text)?;
        let is_web = matches!(origin.host, Host::Web { .. });
        let is_unusual = text.ends_with('/') || text.bytes().any(|byte| byte.is_ascii_uppercase());
        (!is_web || !is_unusual).then_some(origin)
    }

    /// Whether the origin is a web page of the host and port in `authority`.
    fn is_at(&self, authority: &str) -> bool {
        let Some(default) = default_port(self.scheme) else { return false };
        Host::parse_web(authority, default).is_some_and(|host| self.host == host)
    }
}

impl<'a> Host<'a> {
    fn parse_web(authority: &'a str, default_port: u16) -> Option<Self> {
        let (name, port) = split_authority(authority)?;
        Some(Self::Web { name, port: port.filter(|port| *port != default_port) })
    }

    /// The rest of an origin such as `app://localhost`. Pages have no origin with the scheme of a
    /// WebSocket.
    fn parse_opaque(scheme: &str, rest: &'a str) -> Option<Self> {
        let is_websocket = ["ws", "wss"].iter().any(|known| known.eq_ignore_ascii_case(scheme));
        let is_good = is_scheme(scheme) && rest.bytes().all(|byte| byte.is_ascii_graphic());
        let is_plain = !rest.contains(['/', '?', '#', '@']);
        (!is_websocket && is_good && is_plain).then_some(Self::Opaque(rest))
    }
}

impl PartialEq for Origin<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.scheme.eq_ignore_ascii_case(other.scheme) && self.host == other.host
    }
}

impl PartialEq for Host<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Web { name: a, port: x }, Self::Web { name: b, port: y }) => {
                x == y && is_same_name(a, b)
            }
            (Self::Opaque(a), Self::Opaque(b)) => a == b,
            (Self::Web { .. }, Self::Opaque(_)) | (Self::Opaque(_), Self::Web { .. }) => false,
        }
    }
}

fn is_same_name(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || ipv6(a).is_some_and(|address| ipv6(b) == Some(address))
}

/// An IPv6 address can be written in several ways.
fn ipv6(host: &str) -> Option<Ipv6Addr> {
    host.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// The port of a scheme that web pages are loaded with.
fn default_port(scheme: &str) -> Option<u16> {
    let known = [("http", 80), ("https", 443)];
    let found = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(scheme));
    found.map(|(_, port)| *port)
}

/// RFC 3986 §3.1.
fn is_scheme(text: &str) -> bool {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(is_good)
}
