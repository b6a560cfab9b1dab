//! How the sending methods queue messages for writing.

use super::{Wire, Writer};
use crate::{CloseCode, Message, Prepared, SendError};

impl<W: Wire> Writer<W> {
    pub(super) fn queue_message(&mut self, message: &Message) -> Result<(), SendError> {
        let now = self.wire.now();
        self.connection.send_message(now, message, &mut self.outgoing)
    }

    #[inline]
    pub(super) fn queue_text(&mut self, text: &str) -> Result<(), SendError> {
        self.connection.send_text(text, &mut self.outgoing)
    }

    #[inline]
    pub(super) fn queue_binary(&mut self, data: &[u8]) -> Result<(), SendError> {
        self.connection.send_binary(data, &mut self.outgoing)
    }

    pub(super) fn queue_prepared(&mut self, message: &Prepared) -> Result<(), SendError> {
        self.connection.send_prepared(message, &mut self.outgoing)
    }

    pub(super) fn queue_ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.connection.send_ping(payload, &mut self.outgoing)
    }

    pub(super) fn queue_pong(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.connection.send_pong(payload, &mut self.outgoing)
    }

    pub(super) fn queue_fragment(&mut self, data: &[u8]) -> Result<(), SendError> {
        self.check_message_owner()?;
        self.connection.send_fragment(data, &mut self.outgoing)
    }

    pub(super) fn queue_last_fragment(&mut self, data: &[u8]) -> Result<(), SendError> {
        self.check_message_owner()?;
        self.connection.send_last_fragment(data, &mut self.outgoing)?;
        self.message_owner = None;
        Ok(())
    }

    /// Fails if another sender has begun the message in fragments.
    const fn check_message_owner(&self) -> Result<(), SendError> {
        match self.message_owner {
            Some(owner) if owner != self.current_sender => Err(SendError::NoMessageInProgress),
            Some(_) | None => Ok(()),
        }
    }

    /// Queues a message that was promised room, even if there is none.
    #[cfg(feature = "futures")]
    pub(super) fn queue_promised(&mut self, message: &Message) -> Result<(), SendError> {
        let (now, connection) = (self.wire.now(), &mut self.connection);
        self.outgoing.keep_promise(|outgoing| connection.send_message(now, message, outgoing))
    }

    /// Whether a message in fragments has begun and is not finished.
    pub(super) const fn has_unfinished_message(&self) -> bool {
        self.message_owner.is_some()
    }

    /// Whether another sender has begun a message in fragments.
    pub(super) fn is_message_of_another(&self) -> bool {
        self.message_owner.is_some_and(|owner| owner != self.current_sender)
    }

    /// Takes back the unfinished message of the current sender, which is being dropped. If a part
    /// of the message has been written already, the connection is closed.
    pub(super) fn abandon_message(&mut self) {
        if self.message_owner != Some(self.current_sender) {
            return;
        }
        self.message_owner = None;
        if !self.connection.cancel_message() {
            let _ = self.start_close(CloseCode::INTERNAL_ERROR, "unfinished message");
        }
    }
}
