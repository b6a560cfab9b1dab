//! What nearly all input is, read with the least work. All else, and what breaks a rule, is left to
//! [`Reader::read`].

use super::{Found, Frame, Reader};
use crate::ProtocolError;
use crate::connection::config::{Config, Delivery, Leniency};
use crate::connection::event::MessageKind;
use crate::frame::{Masking, OpCode, PlainHeader, mask};
use crate::memory::{Delivered, Incoming, What};
use crate::utf8;

impl Reader {
    /// The common case, at rest: a whole message in one frame that keeps all rules, delivered
    /// where it is. `None` leaves everything as it was for [`read`](Self::read).
    #[inline(always)]
    pub(in crate::connection) fn read_whole(
        incoming: &mut Incoming,
        config: &Config,
        masked: bool,
    ) -> Option<Result<Delivered, ProtocolError>> {
        let unread = incoming.unread_mut();
        let header = PlainHeader::parse(unread, masked, false)?;
        let PlainHeader { opcode, fin, compressed: _, key, size, len } = header;
        let within_limits = len as u64 <= config.limits.frame.min(config.limits.message);
        let text = opcode == OpCode::Text;
        if !fin || opcode == OpCode::Continuation || !within_limits {
            return None;
        }
        let payload = unread.get_mut(size..size + len)?;
        if masked {
            mask::apply(payload, key);
        }
        if text && !utf8::is_valid(payload) {
            return Some(Err(ProtocolError::InvalidUtf8));
        }
        let place = incoming.consume(size + len).behind(size);
        Some(Ok(if text { What::Text } else { What::Binary }.at(place)))
    }

    /// Reads on, from whatever was read before, until something is found.
    pub(in crate::connection) fn read_frames(
        &mut self,
        incoming: &mut Incoming,
        config: &Config,
        masking: Masking,
        used: &mut Leniency,
    ) -> Result<Found, ProtocolError> {
        if !self.finds_its_own(incoming, config) {
            return Ok(Found::Foreign);
        }
        if self.read_straight(incoming)? {
            return Ok(Found::Nothing);
        }
        let masked = masking != Masking::Forbidden;
        if config.delivery == Delivery::Whole
            && let Some(message) = self.read_fragments(incoming, config, masked)?
        {
            return Ok(Found::Data(message));
        }
        self.read(incoming, config, masking, used)
    }

    /// Takes in what was read straight to the message. Whether there is nothing else to read.
    fn read_straight(&mut self, incoming: &mut Incoming) -> Result<bool, ProtocolError> {
        let arrived = incoming.take_arrived();
        let Some(frame) = self.frame.as_mut().filter(|_| !arrived.is_empty()) else {
            return Ok(false);
        };
        frame.take_in(arrived);
        let more = frame.left > 0;
        if self.in_text() {
            incoming.check_text()?;
        }
        Ok(more && incoming.unread().is_empty())
    }

    /// Fragments that are whole in the window and keep all rules go to the message one after the
    /// other, until the message is complete. `None` leaves the rest to [`read`](Self::read).
    fn read_fragments(
        &mut self,
        incoming: &mut Incoming,
        config: &Config,
        masked: bool,
    ) -> Result<Option<Delivered>, ProtocolError> {
        while let Some(header) = PlainHeader::parse(incoming.unread(), masked, false)
            && incoming.unread().len() >= header.size + header.len
        {
            let PlainHeader { opcode, fin, compressed: _, key, size, len } = header;
            let continues = opcode == OpCode::Continuation;
            if self.frame.is_some() || self.cut_len > 0 || continues != self.message.is_some() {
                break;
            }
            if self.message.is_some_and(|message| message.compressed) || (fin && !continues) {
                break;
            }
            let left = len as u64;
            self.grow_message(MessageKind::of(opcode), left, false, config)?;
            incoming.consume(size);
            let mut frame = Frame { opcode, fin, key, gathered: 0, left };
            self.assemble(&mut frame, len, incoming, config)?;
            if fin {
                return self.finish_assembled(incoming).map(Some);
            }
        }
        Ok(None)
    }
}
