//! The payload of a Close frame (§5.5.1).

use crate::{CloseCode, ProtocolError};

/// The longest reason of a Close frame in bytes: the 125 of a control frame without the two of the
/// code (§5.5.1).
pub const MAX_REASON: usize = 123;

/// The longest beginning of a reason that fits into a Close frame and ends with a whole character.
///
/// ```
/// use websocket_proto::frame::truncate_reason;
///
/// assert_eq!(truncate_reason("going away"), "going away");
/// assert_eq!(truncate_reason(&"ü".repeat(100)).len(), 122);
/// ```
pub fn truncate_reason(reason: &str) -> &str {
    let mut end = reason.len().min(MAX_REASON);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    &reason[..end]
}

/// Splits the payload of a Close frame into the code and the reason. An empty one has neither.
pub(crate) fn parse_close(payload: &[u8]) -> Result<(Option<CloseCode>, &str), ProtocolError> {
    match payload {
        [] => Ok((None, "")),
        [_] => Err(ProtocolError::CloseTooShort),
        [high, low, reason @ ..] => {
            let reason = str::from_utf8(reason).map_err(|_| ProtocolError::InvalidUtf8)?;
            Ok((Some(CloseCode::new(u16::from_be_bytes([*high, *low]))), reason))
        }
    }
}
