//! The response of a server that breaks a rule of the opening handshake.

use std::fmt;

use crate::ProtocolError;
use crate::handshake::{Headers, Response};

/// How many bytes of a first line or of the value of a header, or characters of a reason, the text of
/// an error shows.
const SHOWN: usize = 64;

/// A response with which the opening handshake failed: the rule that it breaks, and what was
/// received of it.
///
/// The text says both, and shows headers of the handshake itself alone, for example `missing or wrong
/// Sec-WebSocket-Accept (§4.1): the server answered 101 Switching Protocols with
/// Sec-WebSocket-Accept: "AAAA"`.
#[derive(Clone)]
pub struct BadResponse {
    error: ProtocolError,
    received: Box<[u8]>,
}

impl BadResponse {
    pub(super) fn new(error: ProtocolError, received: Box<[u8]>) -> Self {
        Self { error, received }
    }

    /// The rule that the response breaks, or the limit that it exceeds.
    pub const fn error(&self) -> ProtocolError {
        self.error
    }

    /// The response, if its head was received to the end. Headers after a malformed line are not in
    /// it.
    pub fn response(&self) -> Option<Response<'_>> {
        Response::of_whole_head(&self.received)
    }

    /// What was received of the head, and up to 256 bytes after the one that broke a rule. This may
    /// show which other protocol the server speaks.
    pub const fn received(&self) -> &[u8] {
        &self.received
    }

    /// The headers that the error is about.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are about no header")]
    const fn headers_at_fault(&self) -> &'static [&'static str] {
        match self.error {
            ProtocolError::WrongAccept => &["Sec-WebSocket-Accept"],
            ProtocolError::UpgradeNotConfirmed => &["Upgrade", "Connection"],
            ProtocolError::UnofferedSubprotocol => &["Sec-WebSocket-Protocol"],
            ProtocolError::UnofferedExtension
            | ProtocolError::BadDeflateResponse
            | ProtocolError::BadExtensions => &["Sec-WebSocket-Extensions"],
            _ => &[],
        }
    }

    /// The beginning of the first line, without a query: a server that sends back what it receives
    /// shows our request.
    fn beginning(&self) -> &[u8] {
        let end = self.received.iter().position(|byte| matches!(byte, b'\r' | b'\n' | b'?'));
        &self.received[..end.unwrap_or(self.received.len())]
    }
}

impl fmt::Display for BadResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: the server ", self.error)?;
        let Some(response) = self.response() else {
            return write!(f, "sent {}", Shown(self.beginning()));
        };
        write!(f, "answered {} {}", response.status(), beginning_of_reason(response.reason()))?;
        let mut separator = " with";
        for name in self.headers_at_fault() {
            show_header(f, response.headers(), name, separator)?;
            separator = ",";
        }
        Ok(())
    }
}

/// The beginning of the reason, without a query as above.
fn beginning_of_reason(reason: &str) -> impl fmt::Display {
    let end = reason.find('?').unwrap_or(reason.len());
    let shown: String = reason[..end].chars().take(SHOWN).collect();
    shown.escape_debug().to_string()
}

fn show_header(
    f: &mut fmt::Formatter<'_>,
    headers: Headers<'_>,
    name: &str,
    mut separator: &str,
) -> fmt::Result {
    if headers.get(name).is_none() {
        return write!(f, "{separator} no {name}");
    }
    for value in headers.get_all(name) {
        write!(f, "{separator} {name}: {}", Shown(value))?;
        separator = ",";
    }
    Ok(())
}

/// Bytes in quotes and escaped, as many as are worth showing.
struct Shown<'a>(&'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, rest) = self.0.split_at(self.0.len().min(SHOWN));
        write!(f, "\"{}\"{}", shown.escape_ascii(), if rest.is_empty() { "" } else { "…" })
    }
}

/// Shows what the text says, as headers may hold secrets.
impl fmt::Debug for BadResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BadResponse").field(&self.to_string()).finish()
    }
}

impl std::error::Error for BadResponse {}
