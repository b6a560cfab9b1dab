//! Header lines that the application adds to a request or a response.

use alloc::vec::Vec;
use core::fmt;

use super::grammar::{is_token, is_value_byte};
use super::headers::Headers;

/// Header lines as they are sent, each with its line end.
#[derive(Clone, Default)]
pub(super) struct HeaderLines(Vec<u8>);

impl HeaderLines {
    pub(super) const EMPTY: Self = Self(Vec::new());

    /// Adds a line. The name and the value must have been checked.
    pub(super) fn push(&mut self, name: &str, value: &str) {
        for part in [name, ": ", value, "\r\n"] {
            self.0.extend_from_slice(part.as_bytes());
        }
    }

    /// Adds all lines of `other`.
    pub(super) fn push_all(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    /// The lines whose names are wanted, in the same order.
    pub(super) fn filtered(&self, is_wanted: impl Fn(&str) -> bool) -> Self {
        let mut lines = Self::EMPTY;
        let wanted = Headers::of_lines(&self.0).iter().filter(|header| is_wanted(header.name()));
        for header in wanted {
            lines.push(header.name(), header.value_str().unwrap_or_default());
        }
        lines
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether there is a header of this name, compared without case.
    pub(super) fn contains(&self, name: &str) -> bool {
        Headers::of_lines(&self.0).get(name).is_some()
    }
}

impl fmt::Debug for HeaderLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Headers::of_lines(&self.0).fmt(f)
    }
}

/// Why a header of the application is refused.
pub(super) enum HeaderFault {
    /// The name is not a token (RFC 9110 §5.6.2).
    Name,
    /// The value contains a control character.
    Value,
    /// The crate writes this header itself.
    Reserved,
}

/// The headers of the handshake itself and those that frame a body.
const RESERVED: [&str; 10] = [
    "Upgrade",
    "Connection",
    "Content-Length",
    "Transfer-Encoding",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Version",
    "Trailer",
];

/// Checks a header of the application. A line end in it would let whoever supplied the text add
/// headers of their own.
pub(super) fn check_header(name: &str, value: &str) -> Result<(), HeaderFault> {
    if !is_token(name.as_bytes()) {
        Err(HeaderFault::Name)
    } else if RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name)) {
        Err(HeaderFault::Reserved)
    } else if !value.bytes().all(is_value_byte) {
        Err(HeaderFault::Value)
    } else {
        Ok(())
    }
}
