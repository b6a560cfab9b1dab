//! Reads messages that are delivered whole, putting them together if need be.

use super::in_progress::FrameInProgress;
use super::read_error::ReadError;
use super::{Found, Reader};
use crate::event::{CurrentEvent, EventKind};
use crate::memory::{Assembly, BufferRange, NoMemory, ReceiveMemory};
use crate::{Config, ProtocolError, utf8};

impl Reader {
    /// Reads on in a frame of a message that is delivered whole. `None` leads to the next frame.
    pub(super) fn read_assembling(
        &mut self,
        mut frame: FrameInProgress,
        memory: &mut ReceiveMemory,
        config: &Config,
    ) -> Result<Option<Found>, ReadError> {
        let len = frame.available(memory.unread().len());
        let whole = frame.fin && len as u64 == frame.left && memory.message_len() == 0;
        if whole {
            let range = memory.consume(len);
            frame.unmask(memory.bytes_at_mut(range));
            return Ok(Some(Found::Data(self.finish_in_window(range, memory)?)));
        }
        if len > 0 {
            self.assemble(&mut frame, len, memory, config)?;
        }
        if frame.left > 0 {
            self.frame = Some(frame);
            return Ok(Some(Found::Nothing));
        }
        if frame.fin {
            return Ok(Some(Found::Data(self.finish_assembled(memory)?)));
        }
        Ok(None)
    }

    /// Moves the next `len` payload bytes to the message.
    pub(super) fn assemble(
        &mut self,
        frame: &mut FrameInProgress,
        len: usize,
        memory: &mut ReceiveMemory,
        config: &Config,
    ) -> Result<(), ReadError> {
        let (unread, message) = memory.unread_and_assembly();
        reserve_for(message, len, frame.left, config.limits.message)?;
        message.append(&unread[..len], frame.key);
        frame.advance(len);
        if self.in_text() {
            message.check_text(usize::MAX)?;
        }
        memory.consume(len);
        Ok(())
    }

    /// The message is complete, and all of it is in the window.
    fn finish_in_window(
        &mut self,
        range: BufferRange,
        memory: &ReceiveMemory,
    ) -> Result<CurrentEvent, ProtocolError> {
        let is_text = self.in_text();
        self.finish(is_text, !is_text || utf8::is_valid(memory.bytes_at(range)), range)
    }

    /// The message is complete, and all of it was put together.
    pub(super) fn finish_assembled(
        &mut self,
        memory: &ReceiveMemory,
    ) -> Result<CurrentEvent, ProtocolError> {
        let is_text = self.in_text();
        self.finish(is_text, !is_text || memory.message_is_text(), memory.message_range())
    }

    /// Completes the message.
    fn finish(
        &mut self,
        is_text: bool,
        is_valid: bool,
        range: BufferRange,
    ) -> Result<CurrentEvent, ProtocolError> {
        self.message = None;
        if !is_valid {
            return Err(ProtocolError::InvalidUtf8);
        }
        self.tally.note_message(range.len());
        Ok(if is_text { EventKind::Text } else { EventKind::Binary }.with_bytes(range))
    }
}

/// Reserves memory for `len` bytes and for the rest of the frame, but for no more of the rest than
/// was received already. Most frames that do not end in the window are then put together without
/// moving. It never reserves more than the longest message takes; the frame was found to respect
/// that limit.
fn reserve_for(
    message: &mut Assembly,
    len: usize,
    frame_left: u64,
    max_message_len: u64,
) -> Result<(), NoMemory> {
    if message.room() < len {
        let received = message.len() + len;
        let rest = usize::try_from(frame_left).map_or(usize::MAX, |left| left - len);
        let room = usize::try_from(max_message_len).map_or(usize::MAX, |max| max - message.len());
        message.try_reserve(message.len().max(len + rest.min(received)).min(room))?;
    }
    Ok(())
}
