//! What was found and is told later: when the peer has what it is owed, as whoever is told may let go
//! of the socket.

use super::Error;
use crate::{CloseFrame, Ending, Incoming, ProtocolError};

/// What was found, in the order in which it is told.
#[derive(Debug, Default)]
pub(super) struct Untold {
    violation: Option<ProtocolError>,
    close: Option<Box<CloseFrame>>,
    ending: Option<Box<Ending>>,
}

impl Untold {
    pub(super) const fn is_empty(&self) -> bool {
        self.violation.is_none() && self.close.is_none() && self.ending.is_none()
    }

    /// Whether the peer's Close frame is what is to be told.
    pub(super) const fn is_close(&self) -> bool {
        self.violation.is_none() && self.close.is_some()
    }

    /// How the connection has ended, if it has.
    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(super) fn ending(&self) -> Option<&Ending> {
        self.ending.as_deref()
    }

    pub(super) fn note_violation(&mut self, error: ProtocolError) {
        self.violation = Some(error);
    }

    /// Takes the event that stands in `incoming`, if it is one that is told later.
    pub(super) fn note_event(&mut self, incoming: &mut Incoming) {
        if let Some(frame) = incoming.take_close() {
            self.close = Some(frame);
        } else if let Some(ending) = incoming.take_ending() {
            self.ending = Some(ending);
        }
    }

    /// Whether the next thing to tell stands in `incoming` now.
    pub(super) fn tell(&mut self, incoming: &mut Incoming) -> Result<bool, Error> {
        if let Some(violation) = self.violation.take() {
            return Err(violation.into());
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
