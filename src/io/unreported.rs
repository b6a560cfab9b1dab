//! What ends a connection, from when it is found until it is reported.
//!
//! It is reported when the peer has received what it is owed, because the application may drop the
//! socket as soon as it knows of the end.

use super::{BadResponse, Error};
use crate::{CloseFrame, EndCause, Ending, Incoming, ProtocolError};

/// What was found and not reported yet. The fields are in the order in which they are reported; each
/// is in a box, as every connection has room for them.
#[derive(Debug, Default)]
pub(super) struct Unreported {
    violation: Option<Box<Violation>>,
    close: Option<Box<CloseFrame>>,
    ending: Option<Box<Ending>>,
}

/// How the peer broke the protocol.
#[derive(Debug)]
struct Violation {
    error: ProtocolError,
    /// What was received of a response that breaks a rule; otherwise empty.
    response: Box<[u8]>,
}

impl Unreported {
    pub(super) const fn is_empty(&self) -> bool {
        self.violation.is_none() && self.close.is_none() && self.ending.is_none()
    }

    /// Whether the peer's Close frame is reported next.
    pub(super) const fn is_close(&self) -> bool {
        self.violation.is_none() && self.close.is_some()
    }

    /// Whether the connection has ended.
    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(super) const fn is_ended(&self) -> bool {
        self.ending.is_some()
    }

    /// How the connection has ended, if it has. `cause` is why it did, now that the last output has
    /// left or was dropped.
    pub(super) fn settle_ending(&mut self, cause: EndCause) -> Option<&Ending> {
        let ending = self.ending.as_mut()?;
        ending.cause = cause;
        Some(ending)
    }

    pub(super) fn note_violation(&mut self, error: ProtocolError, incoming: &mut Incoming) {
        let is_in_handshake = error.close_code().is_none();
        let response = if is_in_handshake { incoming.take_bad_response() } else { Box::default() };
        self.violation = Some(Box::new(Violation { error, response }));
    }

    /// Takes the current event out of `incoming`, if it is one that is reported later.
    pub(super) fn note_event(&mut self, incoming: &mut Incoming) {
        if let Some(frame) = incoming.take_close() {
            self.close = Some(frame);
        } else if let Some(ending) = incoming.take_ending() {
            self.ending = Some(ending);
        }
    }

    /// Reports what comes next: a violation as the error, anything else as the current event of
    /// `incoming`. Returns `false` if there is nothing to report.
    pub(super) fn report_next(&mut self, incoming: &mut Incoming) -> Result<bool, Error> {
        if let Some(violation) = self.violation.take() {
            let Violation { error, response } = *violation;
            return Err(if response.is_empty() {
                error.into()
            } else {
                Error::BadResponse(Box::new(BadResponse::new(error, response)))
            });
        }
        if let Some(frame) = self.close.take() {
            incoming.deliver_close(&frame);
        } else if let Some(ending) = self.ending.take() {
            incoming.deliver_ending(ending);
        } else {
            return Ok(false);
        }
        Ok(true)
    }
}
