//! The fields of a header list in HTTP/2 and HTTP/3, which differ from the header lines of HTTP/1.1
//! in what they may be (RFC 9113 §8.2, RFC 9114 §4.2).

use super::grammar::{is_token, is_value_byte, trim};

/// Whether this can be a field of a header list, other than a pseudo-header: RFC 9113 §8.2.1 forbids
/// names in upper case, and values with spaces around them. A line end would begin another field if
/// the value is forwarded as HTTP/1.1.
pub(super) fn is_field(name: &[u8], value: &[u8]) -> bool {
    let is_lower_case = !name.iter().any(u8::is_ascii_uppercase);
    is_token(name) && is_lower_case && !is_about_connection(name) && is_field_value(value)
}

fn is_field_value(value: &[u8]) -> bool {
    value.len() == trim(value).len() && value.iter().copied().all(is_value_byte)
}

/// RFC 9113 §8.2.2: a field about the connection makes the list malformed.
fn is_about_connection(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 5] =
        [b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"];
    NAMES.contains(&name)
}
