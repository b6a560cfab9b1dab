//! Reads compressed messages (RFC 7692).

use super::in_progress::{FrameInProgress, validate};
use super::read_error::ReadError;
use super::{Found, Reader};
use crate::deflate::{Inflated, Outcome};
use crate::event::EventKind;
use crate::memory::ReceiveMemory;
use crate::{Config, Delivery, ProtocolError};

impl Reader {
    /// Inflates the payload of a compressed message as it arrives (RFC 7692 §6.2).
    pub(super) fn read_compressed(
        &mut self,
        mut frame: FrameInProgress,
        memory: &mut ReceiveMemory,
        config: &Config,
    ) -> Result<Option<Found>, ReadError> {
        let streaming = config.delivery == Delivery::Streaming;
        loop {
            if self.decompressor.as_mut().is_some_and(|decompressor| decompressor.take_due_pause())
            {
                self.frame = Some(frame);
                return Ok(Some(Found::Paused));
            }
            if streaming {
                memory.clear_message();
            }
            let outcome = self.inflate(&mut frame, memory, config)?;
            if streaming && memory.message_len() > 0 {
                self.frame = Some(frame);
                self.tally.note_part(memory.message_len());
                let chunk = EventKind::MessageChunk.with_bytes(memory.message_range());
                return Ok(Some(Found::Data(chunk)));
            }
            match outcome {
                Outcome::Complete if streaming => return Ok(Some(self.finish_streaming()?)),
                Outcome::Complete => {
                    return Ok(Some(Found::Data(self.finish_assembled(memory)?)));
                }
                // The next round finishes the message.
                Outcome::NeedsInput if frame.left == 0 && frame.fin => {}
                Outcome::NeedsInput if frame.left == 0 => return Ok(None),
                Outcome::NeedsInput if memory.unread().is_empty() => {
                    self.frame = Some(frame);
                    return Ok(Some(Found::Nothing));
                }
                Outcome::NeedsInput | Outcome::NeedsOutput => {}
                Outcome::Corrupt => return Err(ProtocolError::BadDeflateData.into()),
                Outcome::NoMemory => return Err(ReadError::NoMemory),
            }
        }
    }

    /// Inflates a piece of the frame, or the end of the message.
    fn inflate(
        &mut self,
        frame: &mut FrameInProgress,
        memory: &mut ReceiveMemory,
        config: &Config,
    ) -> Result<Outcome, ReadError> {
        /// Long enough to be worth a call, and short enough for what finds no room in the message,
        /// which is masked again.
        const PIECE: usize = 64 << 10;
        let Some(decompressor) = &mut self.decompressor else {
            return Err(ProtocolError::ReservedBits.into());
        };
        let limit = config.limits.message;
        let len = frame.available(memory.unread().len()).min(PIECE);
        let (unread, message) = memory.unread_and_assembly();
        let (piece, before) = (&mut unread[..len], message.len());
        frame.apply_mask(piece);
        let Inflated { consumed, outcome, too_long } = if frame.left == 0 && frame.fin {
            decompressor.finish(message, limit)
        } else {
            decompressor.inflate(piece, message, limit)
        };
        frame.advance(consumed);
        frame.apply_mask(&mut piece[consumed..]);
        memory.consume(consumed);
        // The text is checked first, as it comes before the byte that exceeds the limit.
        let (_, message) = memory.unread_and_assembly();
        let len_within_limit = message.len() - usize::from(too_long);
        if config.delivery == Delivery::Streaming {
            validate(&mut self.message, &message.bytes()[before..len_within_limit])?;
        } else if self.in_text() {
            message.check_text(len_within_limit)?;
        }
        if too_long { Err(ProtocolError::MessageTooLong.into()) } else { Ok(outcome) }
    }
}
