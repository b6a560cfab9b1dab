//! Escapes of characters that may not be in a request line, as browsers make them.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt::Write;

use super::request_error::RequestError;

/// The path and query as they are sent, with a path of `/` if there is none. What the URL Standard
/// of the WHATWG has percent-encoded (§1.3) is encoded as UTF-8. A `%` stays as it is, with or
/// without two digits after it.
///
/// Unlike there, control characters are refused and not dropped, and so is a backslash in the path:
/// browsers take it for a slash, and RFC 3986 does not know it.
pub(super) fn escape_resource(text: &str) -> Result<Box<str>, RequestError> {
    if text.contains(|character: char| character.is_ascii_control()) {
        return Err(RequestError::BadPath);
    }
    let (path, query) = text.split_at(text.find('?').unwrap_or(text.len()));
    if path.contains('\\') {
        return Err(RequestError::Backslash);
    }
    let mut escaped = String::with_capacity(text.len() + 1);
    if !path.starts_with('/') {
        escaped.push('/');
    }
    push_escaped(path, b" \"<>^`{}", &mut escaped);
    push_escaped(query, b" \"<>'", &mut escaped);
    Ok(escaped.into())
}

/// Adds the text with these characters, and all that are not ASCII, percent-encoded.
fn push_escaped(text: &str, special: &[u8], escaped: &mut String) {
    for byte in text.bytes() {
        if !byte.is_ascii() || special.contains(&byte) {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        } else {
            escaped.push(char::from(byte));
        }
    }
}
