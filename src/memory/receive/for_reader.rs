//! What the readers of frames and of HTTP heads do with the receive memory.

use alloc::vec::Vec;

use super::ReceiveMemory;
use crate::ProtocolError;
use crate::memory::Assembly;
use crate::memory::range::{Buffer, BufferRange};

impl ReceiveMemory {
    /// How many bytes were received since the last call of this function.
    pub(crate) fn take_received_since_asked(&mut self) -> usize {
        core::mem::take(&mut self.received_since_asked)
    }

    /// Whether all received bytes were processed, those in the window and those read directly.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) const fn is_exhausted(&self) -> bool {
        self.start == self.end && self.message.direct_unprocessed() == 0
    }

    /// The unread bytes, to be changed in place.
    #[inline]
    pub(crate) fn unread_mut(&mut self) -> &mut [u8] {
        &mut self.window[self.start..self.end]
    }

    /// Consumes `len` unread bytes and returns their range.
    #[inline]
    pub(crate) fn consume(&mut self, len: usize) -> BufferRange {
        let start = self.start;
        self.start += len;
        BufferRange { buffer: Buffer::Window, start, end: self.start }
    }

    /// Consumes a frame and returns the range of its payload.
    #[inline]
    pub(crate) fn consume_frame(&mut self, header_len: usize, payload_len: usize) -> BufferRange {
        let start = self.start + header_len;
        self.start = start + payload_len;
        BufferRange { buffer: Buffer::Window, start, end: self.start }
    }

    /// The unread bytes, and the bytes of the message that they may be moved to.
    pub(crate) fn unread_and_message(&mut self) -> (&[u8], &mut Vec<u8>) {
        (&self.window[self.start..self.end], self.message.vec_mut())
    }

    /// The unread bytes, to be changed in place, and the message that they become.
    pub(crate) fn unread_and_assembly(&mut self) -> (&mut [u8], &mut Assembly) {
        (&mut self.window[self.start..self.end], &mut self.message)
    }

    /// The unread bytes, and the memory for a control frame's payload.
    pub(crate) fn unread_and_control(&mut self) -> (&[u8], &mut Vec<u8>) {
        (&self.window[self.start..self.end], self.control.get_or_insert_default())
    }

    /// The bytes of the message so far.
    pub(crate) fn message(&self) -> &[u8] {
        self.message.bytes()
    }

    /// The length of the message so far.
    pub(crate) fn message_len(&self) -> usize {
        self.message.len()
    }

    /// The range of all of the message so far.
    pub(crate) fn message_range(&self) -> BufferRange {
        self.head_range(self.message.len())
    }

    /// The range of the first `len` bytes of the message.
    pub(crate) const fn head_range(&self, len: usize) -> BufferRange {
        BufferRange { buffer: Buffer::Message, start: 0, end: len }
    }

    /// Takes the bytes of the message out.
    pub(crate) fn take_message(&mut self) -> Vec<u8> {
        core::mem::take(self.message.vec_mut())
    }

    /// Whether all of the message was found to be text.
    pub(crate) fn message_is_text(&self) -> bool {
        self.message.is_text()
    }

    /// Checks that the unchecked part of the message continues a text (§8.1).
    pub(crate) fn check_text(&mut self) -> Result<(), ProtocolError> {
        self.message.check_text(usize::MAX)
    }

    /// Forgets the message's bytes and keeps its memory.
    pub(crate) fn clear_message(&mut self) {
        self.message.clear();
    }

    /// Forgets the message and frees its memory.
    pub(crate) fn drop_message(&mut self) {
        self.message = Assembly::new();
    }

    /// Whether a part of a control frame's payload was gathered.
    pub(crate) fn has_control_part(&self) -> bool {
        self.control.as_ref().is_some_and(|control| !control.is_empty())
    }

    /// The range of what was gathered of a control frame's payload.
    pub(crate) fn control_range(&self) -> BufferRange {
        let end = self.control.as_ref().map_or(0, |control| control.len());
        BufferRange { buffer: Buffer::Control, start: 0, end }
    }

    /// Stores the payload of a control frame and returns its range.
    #[cfg(feature = "std")]
    pub(crate) fn set_control(&mut self, payload: &[u8]) -> BufferRange {
        let control = self.control.get_or_insert_default();
        control.clear();
        control.extend_from_slice(payload);
        self.control_range()
    }

    /// Forgets a control frame's payload and frees its memory.
    pub(crate) fn drop_control(&mut self) {
        self.control = None;
    }

    /// Discards the received bytes that are not processed yet, in the window and read directly.
    pub(crate) fn discard_unread(&mut self) {
        self.start = self.end;
        self.message.discard_direct();
    }

    /// Makes all of the window available again, if nothing in it is unread.
    pub(crate) const fn rewind_window(&mut self) {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Takes out the message in progress, if nothing else is held.
    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(crate) fn take_partial_message(&mut self) -> Option<Vec<u8>> {
        let nothing_else = self.is_exhausted() && !self.has_control_part();
        nothing_else.then(|| core::mem::take(&mut self.message).into_partial())
    }

    /// Puts back what [`take_partial_message`](Self::take_partial_message) took out.
    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(crate) fn put_partial_message(&mut self, partial: Vec<u8>) {
        self.message = Assembly::from_partial(partial);
    }

    /// Claims the memory for a connection that left `message` bytes of a message in it, to which at
    /// most `direct` more may have been read directly since, and `control` bytes of a control
    /// frame. Returns whether the memory holds just that. Where the connection left nothing, what
    /// is there belongs to another one and is dropped.
    pub(crate) fn claim(&mut self, message: u64, direct: usize, control: usize) -> bool {
        let unprocessed = self.message.direct_unprocessed();
        let holds_message = !self.message.is_empty() || self.is_direct_read_taken();
        if message == 0 && unprocessed == 0 && holds_message {
            self.message.clear();
        }
        if control == 0 {
            self.drop_control();
        }
        (self.message.len() - unprocessed) as u64 == message
            && unprocessed <= direct
            && self.control_range().end == control
    }
}
