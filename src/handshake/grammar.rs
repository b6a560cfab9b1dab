//! The grammar that all heads share: byte classes, lists and authorities (RFC 9110 §5.6, RFC 3986).

use core::net::Ipv6Addr;

/// Whether a byte may be part of a token (RFC 9110 §5.6.2).
pub(super) const fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-')
        || matches!(byte, b'.' | b'^' | b'_' | b'`' | b'|' | b'~')
}

/// Whether the text is a token: one or more token characters (RFC 9110 §5.6.2).
pub(super) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().copied().all(is_tchar)
}

/// Whether the text can be told from its neighbours in a list of subprotocols: visible ASCII without
/// commas. Every token can.
pub(super) fn is_subprotocol(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_graphic() && *byte != b',')
}

/// Whether a byte may be part of a header value. Tab is the only control character allowed
/// (RFC 9110 §5.5).
pub(super) const fn is_value_byte(byte: u8) -> bool {
    // Without branches, so that many bytes can be looked at at once.
    (byte == b'\t') | ((byte >= b' ') & (byte != 0x7f))
}

/// How many bytes the text begins with for which this holds. Whole blocks are looked at first, each at
/// once, which the compiler does with vectors.
pub(super) fn count_while(text: &[u8], holds: impl Fn(u8) -> bool) -> usize {
    let holds_for_all = |block: &&[u8; 16]| block.iter().fold(true, |all, byte| all & holds(*byte));
    let (blocks, _) = text.as_chunks();
    let whole = blocks.iter().take_while(holds_for_all).count() * 16;
    let rest = text.get(whole..).unwrap_or_default();
    whole + rest.iter().take_while(|byte| holds(**byte)).count()
}

/// The text without the spaces and tabs around it.
pub(super) const fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// The elements of a comma-separated list, without the empty ones (RFC 9110 §5.6.1).
pub(super) fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(trim).filter(|element| !element.is_empty())
}

/// Whether one of the lists has this element, compared without case.
pub(super) fn lists<'b>(mut values: impl Iterator<Item = &'b [u8]>, element: &str) -> bool {
    values.any(|value| elements(value).any(|other| other.eq_ignore_ascii_case(element.as_bytes())))
}

/// The host and the port, if there is one, of `host [":" port]`. `None` if the text is malformed,
/// has user information, or lists several hosts.
pub(super) fn split_authority(text: &str) -> Option<(&str, Option<u16>)> {
    parse_port(text).filter(|(host, _)| is_host(host))
}

/// As [`split_authority`], but an IPv6 address may have a zone. A client should not send it to the
/// server (RFC 6874 §4), but some do, and it does no harm.
pub(super) fn split_authority_with_zone(text: &str) -> Option<(&str, Option<u16>)> {
    parse_port(text).filter(|(host, _)| is_host(host) || split_zone(host).is_some())
}

/// Splits the text before the port, if there is one. `None` if the port is none.
fn parse_port(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, digits) = split_port(text);
    // RFC 3986 §3.2.3: a port may be empty, which is the same as none.
    let port = match digits {
        "" => None,
        _ => Some(parse_number(digits.as_bytes())?),
    };
    Some((host, port))
}

/// Splits at the colon before the port. The port is empty if there is no such colon; those in the
/// brackets of an IPv6 address do not count.
fn split_port(text: &str) -> (&str, &str) {
    match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        Some(_) | None => (text, ""),
    }
}

/// Parses a decimal number, which has no sign.
pub(super) fn parse_number<N: core::str::FromStr>(text: &[u8]) -> Option<N> {
    let digits = text.iter().all(u8::is_ascii_digit).then_some(text)?;
    str::from_utf8(digits).ok()?.parse().ok()
}

/// Whether the text is a registered name, an IPv4 address, or an IPv6 address in brackets.
fn is_host(host: &str) -> bool {
    match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok()),
        None => !host.is_empty() && host.bytes().all(is_name_byte),
    }
}

/// The address and the zone of an IPv6 address in brackets: the zone is the network interface through
/// which a link-local address is reached. Before it is `%25` in a URI (RFC 6874 §2), and `%` where
/// people write it. `None` if there is no zone, or the address is none.
pub(super) fn split_zone(host: &str) -> Option<(&str, &str)> {
    let (address, zone) = host.strip_prefix('[')?.strip_suffix(']')?.split_once('%')?;
    let zone = zone.strip_prefix("25").filter(|zone| !zone.is_empty()).unwrap_or(zone);
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let is_zone = !zone.is_empty() && zone.bytes().all(is_unreserved);
    (is_zone && address.parse::<Ipv6Addr>().is_ok()).then_some((address, zone))
}

/// Whether a byte may be part of a registered name (RFC 3986 §3.2.2). The comma may not, so that a
/// list of hosts is not taken for a host.
const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%' | b'!' | b'$' | b'&' | b'\'')
        || matches!(byte, b'(' | b')' | b'*' | b'+' | b';' | b'=')
}

/// Whether the text is a path and query that may be in a request line: visible ASCII without a
/// fragment. What RFC 3986 wants escaped besides, such as `|` or a `%` without two digits after it,
/// is accepted, because browsers send it as it is.
pub(super) fn is_resource(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')
}
