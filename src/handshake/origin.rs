//! Which pages may connect (§10.2).

use super::grammar::split_authority;

/// Which values of `Origin` a server takes.
///
/// A request without `Origin` is not a browser's and passes every policy. Two `Origin` headers,
/// a list of origins and `null` pass [`Any`](Self::Any) alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OriginPolicy<'a> {
    /// An `http` or `https` origin of the host and port that the request is for. A port left
    /// out is the default of the origin's scheme. The default.
    #[default]
    SameHost,
    /// Every origin: for servers that do not know their clients by cookies, client certificates
    /// or their place in the network.
    Any,
    /// The origins listed, as browsers write them: `https://example.com`, with a port if it is
    /// not the scheme's default.
    List(&'a [&'a str]),
}

impl OriginPolicy<'_> {
    /// Whether these values of `Origin` are welcome in a request for `authority`.
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

fn is_same_host(origin: &str, authority: &str) -> bool {
    let Some(origin) = WebOrigin::parse(origin) else { return false };
    split_authority(authority).is_some_and(|(host, port)| {
        origin.host.eq_ignore_ascii_case(host) && origin.port == port.unwrap_or(origin.default_port)
    })
}

/// Origins of schemes other than `http` and `https` have to be equal to the letter.
fn is_same_origin(origin: &str, listed: &str) -> bool {
    match (WebOrigin::parse(origin), WebOrigin::parse(listed)) {
        (Some(origin), Some(listed)) => origin == listed,
        _ => origin != "null" && origin == listed,
    }
}

/// An origin of a page on the web in parts.
#[derive(PartialEq, Eq)]
struct WebOrigin<'a> {
    default_port: u16,
    host: &'a str,
    port: u16,
}

impl<'a> WebOrigin<'a> {
    /// `None` for upper case too, which browsers never write (RFC 6454 §6.2).
    fn parse(origin: &'a str) -> Option<Self> {
        let (scheme, authority) = origin.split_once("://")?;
        let default_port = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let (host, port) = split_authority(authority)?;
        let lower_case = !host.bytes().any(|byte| byte.is_ascii_uppercase());
        lower_case.then(|| Self { default_port, host, port: port.unwrap_or(default_port) })
    }
}
