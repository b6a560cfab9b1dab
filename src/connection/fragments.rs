//! Messages that the application sends in fragments (§5.4).

use super::Connection;
use super::fragment_size::CutAt;
use super::outgoing_frame::{FrameFlags, OutgoingMessage};
use super::send_error::SendError;
use crate::{MessageKind, Outgoing};

impl Connection {
    /// Starts a message in fragments (§5.4): for one whose length is not known yet, or that is
    /// larger than memory. Pings, and answers to the peer's pings, are sent between the fragments.
    ///
    /// # Errors
    ///
    /// [`NotOpen`](SendError::NotOpen), [`Closed`](SendError::Closed),
    /// [`MessageInProgress`](SendError::MessageInProgress).
    pub fn start_message(&mut self, kind: MessageKind) -> Result<(), SendError> {
        self.check_open()?;
        self.check_no_message()?;
        let compressed = self.prepare_compression(usize::MAX);
        self.sending = Some(OutgoingMessage::new(kind, compressed));
        Ok(())
    }

    /// Sends the next fragment of the message; nothing if `data` is empty. The fragments of a text
    /// may end anywhere, even inside a character. `data` that is longer than
    /// [`Config::fragment_size`](crate::Config::fragment_size) leaves in several frames.
    ///
    /// # Errors
    ///
    /// [`NoMessageInProgress`](SendError::NoMessageInProgress),
    /// [`NotUtf8`](SendError::NotUtf8) if `data` cannot continue the text,
    /// [`Closed`](SendError::Closed), [`Full`](SendError::Full),
    /// [`NoEntropy`](SendError::NoEntropy), [`OutOfMemory`](SendError::OutOfMemory). The message can
    /// still be continued.
    pub fn send_fragment(&mut self, data: &[u8], outgoing: &mut Outgoing) -> Result<(), SendError> {
        let sending = self.check_fragment(data, outgoing)?;
        if !data.is_empty() {
            self.push_fragment(sending, sending.next_flags(), data, outgoing)?;
            self.sending = Some(OutgoingMessage { begun: true, ..sending });
        }
        Ok(())
    }

    /// Sends the last fragment of the message, which may be empty.
    ///
    /// # Errors
    ///
    /// As for [`send_fragment`](Self::send_fragment), and [`NotUtf8`](SendError::NotUtf8) if
    /// the text would end inside a character.
    pub fn send_last_fragment(
        &mut self,
        data: &[u8],
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        let sending = self.check_fragment(data, outgoing)?;
        if !sending.utf8.is_complete() {
            return Err(SendError::NotUtf8);
        }
        self.push_fragment(sending, sending.last_flags(), data, outgoing)?;
        self.sending = None;
        Ok(())
    }

    /// Cancels a message in fragments, if nothing of it was sent. Returns whether nothing was.
    #[cfg(feature = "std")]
    pub(crate) fn cancel_message(&mut self) -> bool {
        let begun = self.sending.is_some_and(|sending| sending.begun);
        self.sending.take_if(|sending| !sending.begun);
        !begun
    }

    /// Whether a message in fragments has begun and is not finished.
    #[cfg(feature = "std")]
    pub(crate) const fn has_unfinished_message(&self) -> bool {
        self.sending.is_some()
    }

    /// Checks that `data` may follow, and returns the message in progress as it is with `data`.
    fn check_fragment(
        &self,
        data: &[u8],
        outgoing: &Outgoing,
    ) -> Result<OutgoingMessage, SendError> {
        self.check_open()?;
        let mut sending = self.sending.ok_or(SendError::NoMessageInProgress)?;
        self.check_room(outgoing)?;
        if sending.kind == MessageKind::Text {
            sending.utf8.push(data).map_err(|_| SendError::NotUtf8)?;
        }
        Ok(sending)
    }

    fn push_fragment(
        &mut self,
        sending: OutgoingMessage,
        flags: FrameFlags,
        data: &[u8],
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        if sending.compressed {
            self.push_compressed(flags, data, outgoing)
        } else {
            let cut_at = CutAt::for_text(sending.kind == MessageKind::Text);
            self.push_frames(flags, data, cut_at, outgoing)
        }
    }
}
