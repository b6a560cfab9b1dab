//! Compressed messages (RFC 7692).

use super::{Found, Frame, Reader, at_hand, validate};
use crate::ProtocolError;
use crate::connection::config::{Config, Delivery};
use crate::deflate::{Inflated, Outcome};
use crate::memory::{Incoming, What};

impl Reader {
    /// The payload of a compressed message, inflated as it comes (RFC 7692 §6.2).
    pub(super) fn read_compressed(
        &mut self,
        mut frame: Frame,
        incoming: &mut Incoming,
        config: &Config,
    ) -> Result<Option<Found>, ProtocolError> {
        let streaming = config.delivery == Delivery::Streaming;
        loop {
            if self.decompressor.as_mut().is_some_and(|decompressor| decompressor.takes_pause()) {
                self.frame = Some(frame);
                return Ok(Some(Found::Paused));
            }
            if streaming {
                incoming.clear_message();
            }
            let outcome = self.inflate(&mut frame, incoming, config)?;
            if streaming && incoming.message_len() > 0 {
                self.frame = Some(frame);
                return Ok(Some(Found::Data(What::Chunk.at(incoming.message_place(None)))));
            }
            match outcome {
                Outcome::Complete if streaming => return self.finish_streaming().map(Some),
                Outcome::Complete => {
                    return Ok(Some(Found::Data(self.finish_assembled(incoming)?)));
                }
                // The end of the message is yet to be found.
                Outcome::NeedsInput if frame.left == 0 && frame.fin => {}
                Outcome::NeedsInput if frame.left == 0 => return Ok(None),
                Outcome::NeedsInput if incoming.unread().is_empty() => {
                    self.frame = Some(frame);
                    return Ok(Some(Found::Nothing));
                }
                Outcome::NeedsInput | Outcome::NeedsOutput => {}
                Outcome::Corrupt => return Err(ProtocolError::BadDeflateData),
            }
        }
    }

    /// Inflates a piece of the frame, or what is left at the end of the message.
    fn inflate(
        &mut self,
        frame: &mut Frame,
        incoming: &mut Incoming,
        config: &Config,
    ) -> Result<Outcome, ProtocolError> {
        /// Long enough to be worth a call, and short, as what finds no room is masked again.
        const PIECE: usize = 64 << 10;
        let Some(decompressor) = &mut self.decompressor else {
            return Err(ProtocolError::ReservedBits);
        };
        let limit = config.limits.message;
        let len = at_hand(frame, incoming.unread().len()).min(PIECE);
        let (unread, message) = incoming.unread_and_assembly();
        let (piece, before) = (&mut unread[..len], message.len());
        frame.apply_mask(piece);
        let Inflated { consumed, outcome, too_long } = if frame.left == 0 && frame.fin {
            decompressor.finish(message, limit)
        } else {
            decompressor.inflate(piece, message, limit)
        };
        frame.advance(consumed);
        frame.apply_mask(&mut piece[consumed..]);
        incoming.consume(consumed);
        // What was inflated comes before what is wrong behind it.
        let (_, message) = incoming.unread_and_assembly();
        let within = message.len() - usize::from(too_long);
        if config.delivery == Delivery::Streaming {
            validate(&mut self.message, &message.bytes()[before..within])?;
        } else if self.in_text() {
            message.check_text(within)?;
        }
        if too_long { Err(ProtocolError::MessageTooLong) } else { Ok(outcome) }
    }
}
