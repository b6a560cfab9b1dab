//! How the sending methods queue messages for writing.

use super::{Wire, Writer, queue_pool};
use crate::{CloseCode, Connection, Message, Outgoing, Prepared, SendError, Time};

impl<W: Wire> Writer<W> {
    pub(super) fn queue_message(&mut self, message: &Message) -> Result<(), SendError> {
        let now = self.time_for(message);
        let shares = self.wire.is_write_vectored();
        let (connection, outgoing) = self.sending();
        send_message(connection, now, message, shares, outgoing)
    }

    #[inline]
    pub(super) fn queue_text(&mut self, text: &str) -> Result<(), SendError> {
        let (connection, outgoing) = self.sending();
        connection.send_text(text, outgoing)
    }

    #[inline]
    pub(super) fn queue_binary(&mut self, data: &[u8]) -> Result<(), SendError> {
        let (connection, outgoing) = self.sending();
        connection.send_binary(data, outgoing)
    }

    pub(super) fn queue_prepared(&mut self, message: &Prepared) -> Result<(), SendError> {
        let (connection, outgoing) = self.sending();
        connection.send_prepared(message, outgoing)
    }

    pub(super) fn queue_ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        let (connection, outgoing) = self.sending();
        connection.send_ping(payload, outgoing)
    }

    pub(super) fn queue_pong(&mut self, payload: &[u8]) -> Result<(), SendError> {
        let (connection, outgoing) = self.sending();
        connection.send_pong(payload, outgoing)
    }

    pub(super) fn queue_fragment(&mut self, data: &[u8]) -> Result<(), SendError> {
        self.check_message_owner()?;
        let (connection, outgoing) = self.sending();
        connection.send_fragment(data, outgoing)
    }

    pub(super) fn queue_last_fragment(&mut self, data: &[u8]) -> Result<(), SendError> {
        self.check_message_owner()?;
        let (connection, outgoing) = self.sending();
        connection.send_last_fragment(data, outgoing)?;
        self.message_owner = None;
        Ok(())
    }

    /// The time, if it matters for this message: only a Close frame begins something that ends at a
    /// deadline, and to ask the clock costs as much as to queue a short message.
    fn time_for(&self, message: &Message) -> Time {
        if matches!(message, Message::Close { .. }) { self.wire.now() } else { self.read_at }
    }

    /// The connection, and its output with memory to queue something in.
    #[inline]
    fn sending(&mut self) -> (&mut Connection, &mut Outgoing) {
        queue_pool::lend(&mut self.outgoing);
        (&mut self.connection, &mut self.outgoing)
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
        let now = self.time_for(message);
        let shares = self.wire.is_write_vectored();
        let (connection, outgoing) = self.sending();
        outgoing.keep_promise(|outgoing| send_message(connection, now, message, shares, outgoing))
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

/// Sends a message. If `shares` is false, its bytes are copied whatever their length.
fn send_message(
    connection: &mut Connection,
    now: Time,
    message: &Message,
    shares: bool,
    outgoing: &mut Outgoing,
) -> Result<(), SendError> {
    match (message, shares) {
        (Message::Text(text), false) => connection.send_text(text, outgoing),
        (Message::Binary(data), false) => connection.send_binary(data, outgoing),
        (message, _) => connection.send_message(now, message, outgoing),
    }
}
