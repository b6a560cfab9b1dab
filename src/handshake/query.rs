//! The query of a request target, and the parameters in it.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// The path, and the query without its `?` (RFC 3986 §3.4). A path that is missing, as in
/// `http://host?query`, is `/` (RFC 9110 §4.2.3).
pub(super) fn split_query(resource: &str) -> (&str, Option<&str>) {
    match resource.split_once('?') {
        Some(("", query)) => ("/", Some(query)),
        Some((path, query)) => (path, Some(query)),
        None => (resource, None),
    }
}

/// The value of the first parameter of this name, decoded.
pub(super) fn find_parameter<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.find(|(key, _)| decode(key) == name).map(|(_, value)| decode(value))
}

/// Decodes as HTML forms are encoded: `+` is a space, and after a `%` that is not followed by two
/// hexadecimal digits, nothing is decoded.
fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return text.into();
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let (byte, after) = match (first, after) {
            (b'+', _) => (b' ', after),
            (b'%', [high, low, after @ ..]) => match (hex_digit(*high), hex_digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, after),
                _ => (b'%', &rest[1..]),
            },
            _ => (*first, after),
        };
        decoded.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&decoded).into_owned().into()
}

fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}
