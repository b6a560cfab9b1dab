//! Which web pages may connect to a server (§10.2).

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
    /// Allows the origins listed, written as browsers write them: `https://example.com`, with the
    /// port if it is not the default of the scheme.
    List(&'a [&'a str]),
}

impl OriginPolicy<'_> {
    /// Whether a request for `authority` may have these values of `Origin`.
    pub(super) fn allows<'b>(
        &self,
        mut origins: impl Iterator<Item = &'b [u8]>,
        authority: &str,
    ) -> bool {
        match (self, origins.next(), origins.next()) {
            (Self::Any, _, _) | (_, None, _) => true,
            (_, _, Some(_)) => false,
            (_, Some(origin), None) => str::from_utf8(origin).is_ok_and(|origin| match self {
                Self::Any => true,
                Self::SameHost => is_same_host(origin, authority),
                Self::List(list) => list.iter().any(|listed| is_same_origin(origin, listed)),
            }),
        }
    }
}

/// Whether the origin is a web page of the host and port in `authority`.
fn is_same_host(origin: &str, authority: &str) -> bool {
    let Some(origin) = WebOrigin::parse(origin) else { return false };
    split_authority(authority).is_some_and(|(host, port)| {
        origin.host.eq_ignore_ascii_case(host) && origin.port == port.unwrap_or(origin.default_port)
    })
}

/// Whether two origins are the same. Those of schemes other than `http` and `https` must be equal
/// to the letter.
fn is_same_origin(origin: &str, listed: &str) -> bool {
    match (WebOrigin::parse(origin), WebOrigin::parse(listed)) {
        (Some(origin), Some(listed)) => origin == listed,
        _ => origin != "null" && origin == listed,
    }
}

/// The origin of a web page, in parts.
#[derive(PartialEq, Eq)]
struct WebOrigin<'a> {
    default_port: u16,
    host: &'a str,
    port: u16,
}

impl<'a> WebOrigin<'a> {
    /// Parses an `http` or `https` origin. `None` for other schemes, and for upper case, which
    /// browsers never write (RFC 6454 §6.2).
    fn parse(origin: &'a str) -> Option<Self> {
        let (scheme, authority) = origin.split_once("://")?;
        let default_port = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let (host, port) = split_authority(authority)?;
        let is_lower_case = !host.bytes().any(|byte| byte.is_ascii_uppercase());
        is_lower_case.then(|| Self { default_port, host, port: port.unwrap_or(default_port) })
    }
}
