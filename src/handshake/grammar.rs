//! Byte classes, lists and authorities (RFC 9110 §5.6, RFC 3986): what all heads are made of.

use core::net::Ipv6Addr;

/// A character of a token (RFC 9110 §5.6.2).
pub(super) const fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-')
        || matches!(byte, b'.' | b'^' | b'_' | b'`' | b'|' | b'~')
}

/// One character of a token or more.
pub(super) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().copied().all(is_tchar)
}

/// A byte of a header value: anything but control characters, HTAB excepted (RFC 9110 §5.5).
pub(super) const fn is_value_byte(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

/// The text without spaces and tabs around it.
pub(super) const fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// The elements of a comma-separated list, empty ones left out (RFC 9110 §5.6.1).
pub(super) fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(trim).filter(|element| !element.is_empty())
}

/// Whether one of the lists has this element, in any case.
pub(super) fn lists<'b>(mut values: impl Iterator<Item = &'b [u8]>, element: &str) -> bool {
    values.any(|value| elements(value).any(|e| e.eq_ignore_ascii_case(element.as_bytes())))
}

/// Host and port of `host [":" port]`; `None` if it is malformed, has user information, or lists
/// several hosts.
pub(super) fn split_authority(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, parse_port(port)?),
        Some(_) | None => (text, None),
    };
    is_host(host).then_some((host, port))
}

/// The number; the grammar allows an empty port (RFC 3986 §3.2.3). `None` if it is neither.
fn parse_port(text: &str) -> Option<Option<u16>> {
    if text.is_empty() { Some(None) } else { parse_number(text.as_bytes()).map(Some) }
}

/// A decimal number without a sign.
pub(super) fn parse_number<N: core::str::FromStr>(text: &[u8]) -> Option<N> {
    let digits = text.iter().all(u8::is_ascii_digit).then_some(text)?;
    str::from_utf8(digits).ok()?.parse().ok()
}

fn is_host(host: &str) -> bool {
    match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok()),
        None => !host.is_empty() && host.bytes().all(is_name_byte),
    }
}

/// A character of a registered name (RFC 3986 §3.2.2), the comma left out: a list of hosts is
/// no host.
const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%' | b'!' | b'$' | b'&' | b'\'')
        || matches!(byte, b'(' | b')' | b'*' | b'+' | b';' | b'=')
}

/// A path and query that can be in a request line: visible ASCII, no fragment, every `%` before
/// two hexadecimal digits. Other characters that RFC 3986 wants escaped are taken as browsers
/// send them.
pub(super) fn is_resource(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')
        && text.split('%').skip(1).all(begins_with_hex)
}

fn begins_with_hex(text: &str) -> bool {
    text.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}
