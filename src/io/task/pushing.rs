//! What the methods that send put into the output.

use super::{Wire, Writer};
use crate::{CloseCode, Message, Prepared, SendError};

impl<W: Wire> Writer<W> {
    pub(super) fn push(&mut self, message: &Message) -> Result<(), SendError> {
        let now = self.wire.now();
        self.connection.send_message(now, message, &mut self.outgoing)
    }

    #[inline]
    pub(super) fn push_text(&mut self, text: &str) -> Result<(), SendError> {
        self.connection.send_text(text, &mut self.outgoing)
    }

    #[inline]
    pub(super) fn push_binary(&mut self, data: &[u8]) -> Result<(), SendError> {
        self.connection.send_binary(data, &mut self.outgoing)
    }

    pub(super) fn push_prepared(&mut self, message: &Prepared) -> Result<(), SendError> {
        self.connection.send_prepared(message, &mut self.outgoing)
    }

    pub(super) fn push_ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.connection.send_ping(payload, &mut self.outgoing)
    }

    pub(super) fn push_fragment(&mut self, data: &[u8]) -> Result<(), SendError> {
        self.check_turn()?;
        self.connection.send_fragment(data, &mut self.outgoing)
    }

    pub(super) fn push_last_fragment(&mut self, data: &[u8]) -> Result<(), SendError> {
        self.check_turn()?;
        self.connection.send_last_fragment(data, &mut self.outgoing)?;
        self.in_message = None;
        Ok(())
    }

    const fn check_turn(&self) -> Result<(), SendError> {
        match self.in_message {
            Some(number) if number != self.number => Err(SendError::NoMessageInProgress),
            Some(_) | None => Ok(()),
        }
    }

    /// A message that finds room, as it was promised.
    #[cfg(feature = "futures")]
    pub(super) fn push_promised(&mut self, message: &Message) -> Result<(), SendError> {
        let (now, connection) = (self.wire.now(), &mut self.connection);
        self.outgoing.keep_promise(|outgoing| connection.send_message(now, message, outgoing))
    }

    pub(super) const fn is_in_message(&self) -> bool {
        self.in_message.is_some()
    }

    /// Whether a message in fragments is of another sender.
    pub(super) fn is_others_turn(&self) -> bool {
        self.in_message.is_some_and(|number| number != self.number)
    }

    /// The sender is gone. A message in fragments of which a part has left cannot be taken back: the
    /// connection is closed then.
    pub(super) fn abandon_message(&mut self) {
        if self.in_message != Some(self.number) {
            return;
        }
        self.in_message = None;
        if !self.connection.cancel_message() {
            let _ = self.close(CloseCode::INTERNAL_ERROR, "unfinished message");
        }
    }
}
