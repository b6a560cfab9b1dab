//! Header lines that the caller adds to a head of ours.

use alloc::vec::Vec;
use core::fmt;

use super::grammar::{is_token, is_value_byte};
use super::headers::Headers;

/// Lines in the form in which they go out, each with its line end.
#[derive(Clone, Default)]
pub(super) struct HeaderLines(Vec<u8>);

impl HeaderLines {
    pub(super) const EMPTY: Self = Self(Vec::new());

    /// Adds a line whose name and value are known to be good.
    pub(super) fn push(&mut self, name: &str, value: &str) {
        for part in [name, ": ", value, "\r\n"] {
            self.0.extend_from_slice(part.as_bytes());
        }
    }

    /// The lines whose names are wanted.
    pub(super) fn only(&self, is_wanted: impl Fn(&str) -> bool) -> Self {
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

    pub(super) fn has(&self, name: &str) -> bool {
        Headers::of_lines(&self.0).get(name).is_some()
    }
}

impl fmt::Debug for HeaderLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Headers::of_lines(&self.0).fmt(f)
    }
}

/// Why a header of the caller's is refused.
pub(super) enum HeaderFault {
    Name,
    Value,
    Reserved,
}

/// The headers that make the handshake or frame its body.
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

/// Checks a header of the caller's: a line end in it would begin a header of somebody else's.
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
