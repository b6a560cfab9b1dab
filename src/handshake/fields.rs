//! The fields of a header list in HTTP/2 and HTTP/3, which differ from the header lines of HTTP/1.1
//! in what they may be (RFC 9113 §8.2, RFC 9114 §4.2).

use super::grammar::{is_token, is_value_byte, trim};

/// Whether this can be the name of a field other than a pseudo-header. RFC 9113 §8.2.1, §8.2.2: names
/// in upper case and fields about the connection are forbidden.
pub(super) fn is_field_name(name: &[u8]) -> bool {
    is_token(name) && !name.iter().any(u8::is_ascii_uppercase) && !is_about_connection(name)
}

/// RFC 9113 §8.2.1: a value has no spaces around it, and no line end, which would begin another
/// field if the value is forwarded as HTTP/1.1.
pub(super) fn is_field_value(value: &[u8]) -> bool {
    value.len() == trim(value).len() && value.iter().copied().all(is_value_byte)
}

/// Whether the field is about a connection of HTTP/1.1 (RFC 9113 §8.2.2).
pub(super) fn is_about_connection(name: &[u8]) -> bool {
    const CONNECTION: [&str; 5] =
        ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];
    CONNECTION.iter().any(|field| name.eq_ignore_ascii_case(field.as_bytes()))
}
