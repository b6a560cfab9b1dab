//! The servers that are connected to without a proxy.

use core::net::IpAddr;

use super::super::grammar::{parse_number, split_authority};
use super::super::uri::Uri;

/// The value of `no_proxy`.
pub(super) struct NoProxy<'a>(pub(super) &'a str);

impl NoProxy<'_> {
    /// Whether the list has the server of the URI. If it has not, and an entry cannot be read, the
    /// error is the number of that entry, from 1.
    pub(super) fn matches(&self, uri: &Uri) -> Result<bool, usize> {
        let entries = self.0.split(|char: char| char == ',' || char.is_whitespace());
        let mut unreadable = None;
        for (at, text) in entries.filter(|entry| !entry.is_empty()).enumerate() {
            match Entry::parse(text) {
                Some(entry) if entry.matches(uri) => return Ok(true),
                Some(_) => {}
                None => unreadable = unreadable.or(Some(at + 1)),
            }
        }
        unreadable.map_or(Ok(false), Err)
    }
}

/// An entry of the list.
enum Entry<'a> {
    All,
    /// An address is a network of one.
    Network {
        ip: IpAddr,
        bits: u8,
        port: Option<u16>,
    },
    /// A name, without a dot at its beginning and end.
    Name {
        name: &'a str,
        port: Option<u16>,
    },
}

impl<'a> Entry<'a> {
    /// `None` if the text cannot be read.
    fn parse(text: &'a str) -> Option<Self> {
        if text == "*" {
            return Some(Self::All);
        }
        if let Some((ip, bits)) = text.split_once('/') {
            let ip = parse_ip(ip)?;
            let bits = parse_number(bits.as_bytes()).filter(|bits| *bits <= max_bits(ip))?;
            return Some(Self::Network { ip, bits, port: None });
        }
        if let Some(ip) = parse_ip(text) {
            return Some(Self::Network { ip, bits: max_bits(ip), port: None });
        }
        let text = text.strip_prefix("*.").unwrap_or(text).trim_start_matches('.');
        let (host, port) = split_authority(text)?;
        match parse_ip(without_dot(host)) {
            Some(ip) => Some(Self::Network { ip, bits: max_bits(ip), port }),
            None => is_name(host).then_some(Self::Name { name: without_dot(host), port }),
        }
    }

    fn matches(&self, uri: &Uri) -> bool {
        let host = without_dot(uri.host());
        let (is_host, port) = match self {
            Self::All => return true,
            Self::Network { ip, bits, port } => {
                let other = host.parse().ok();
                (other.is_some_and(|other| is_in_network(other, *ip, *bits)), port)
            }
            Self::Name { name, port } => (is_below(host, name), port),
        };
        is_host && port.is_none_or(|port| port == uri.port())
    }
}

/// An IP address, perhaps in the brackets that IPv6 has in URIs.
fn parse_ip(text: &str) -> Option<IpAddr> {
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.unwrap_or(text).parse().ok()
}

const fn max_bits(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

/// Whether the first bits of both addresses are the same.
fn is_in_network(ip: IpAddr, network: IpAddr, bits: u8) -> bool {
    let different = match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => (ip.to_bits() ^ network.to_bits()).leading_zeros(),
        (IpAddr::V6(ip), IpAddr::V6(network)) => (ip.to_bits() ^ network.to_bits()).leading_zeros(),
        _ => return false,
    };
    different >= u32::from(bits)
}

/// Whether the text is a name of letters, digits, `-`, `_` and dots between them.
fn is_name(text: &str) -> bool {
    let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(is_name_byte);
    without_dot(text).split('.').all(is_label)
}

/// The name without the dot at its end, which means the same in the names of hosts.
fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// Whether the host has this name, or one that ends with it after a dot.
fn is_below(host: &str, name: &str) -> bool {
    let Some(at) = host.len().checked_sub(name.len()) else { return false };
    let (before, end) = host.split_at_checked(at).unwrap_or(("", ""));
    end.eq_ignore_ascii_case(name)
        && (before.is_empty() || before.ends_with('.'))
        && host.parse::<IpAddr>().is_err()
}
