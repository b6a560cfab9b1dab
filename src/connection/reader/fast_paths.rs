//! Fast paths for the kinds of frames that nearly all input consists of. They leave everything
//! else, and whatever breaks a rule, to [`Reader::read`].

use super::in_progress::FrameInProgress;
use super::read_error::ReadError;
use super::{Found, Reader};
use crate::event::{CurrentEvent, EventKind};
use crate::frame::{Masking, OpCode, PlainHeader, mask};
use crate::memory::ReceiveMemory;
use crate::{Config, Delivery, Leniency, MessageKind, ProtocolError, utf8};

/// Fast paths leave compressed messages to [`Reader::read`].
const COMPRESSED: bool = false;

impl Reader {
    /// Reads the common case, between messages: a whole message in one frame that keeps all rules.
    /// It is delivered where it is. `None` leaves everything as it was, for [`read`](Self::read).
    #[inline(always)]
    pub(in crate::connection) fn read_whole(
        &mut self,
        memory: &mut ReceiveMemory,
        masked: bool,
    ) -> Option<Result<CurrentEvent, ProtocolError>> {
        let unread = memory.unread_mut();
        let header = PlainHeader::parse(unread, masked, COMPRESSED)?;
        let PlainHeader { opcode, fin, compressed: _, key, header_len, payload_len } = header;
        if !fin || opcode == OpCode::Continuation || payload_len as u64 >= self.too_long {
            return None;
        }
        let payload = unread.get_mut(header_len..header_len + payload_len)?;
        if masked {
            mask::apply(payload, key);
        }
        let is_text = opcode == OpCode::Text;
        if is_text && !utf8::is_valid(payload) {
            return Some(Err(ProtocolError::InvalidUtf8));
        }
        self.tally.note_whole(payload_len);
        let range = memory.consume_frame(header_len, payload_len);
        Some(Ok(if is_text { EventKind::Text } else { EventKind::Binary }.with_bytes(range)))
    }

    /// Reads on, from wherever the last call stopped, until something is found.
    pub(in crate::connection) fn read_frames(
        &mut self,
        memory: &mut ReceiveMemory,
        config: &Config,
        masking: Masking,
        leniency_used: &mut Leniency,
    ) -> Result<Found, ProtocolError> {
        // Mostly the input ends with a whole message, which was read before.
        if self.at_rest() && memory.is_empty() {
            return Ok(Found::Nothing);
        }
        match self.try_read_frames(memory, config, masking, leniency_used) {
            Ok(found) => Ok(found),
            Err(ReadError::NoMemory) => Ok(Found::OutOfMemory),
            Err(ReadError::Protocol(error)) => Err(error),
        }
    }

    fn try_read_frames(
        &mut self,
        memory: &mut ReceiveMemory,
        config: &Config,
        masking: Masking,
        leniency_used: &mut Leniency,
    ) -> Result<Found, ReadError> {
        if self.in_message() && memory.awaits_direct_read() {
            return Ok(Found::Nothing);
        }
        if !self.claim_memory(memory, config) {
            return Ok(Found::ForeignMemory);
        }
        if self.read_direct(memory)? {
            return Ok(Found::Nothing);
        }
        let masked = masking.is_usual();
        if config.delivery == Delivery::Whole
            && let Some(message) = self.read_fragments(memory, config, masked)?
        {
            return Ok(Found::Data(message));
        }
        self.read(memory, config, masking, leniency_used)
    }

    /// Processes what was read directly to the message. Returns whether more of that payload is
    /// needed before anything else can be read.
    fn read_direct(&mut self, memory: &mut ReceiveMemory) -> Result<bool, ProtocolError> {
        let payload = memory.take_direct();
        let Some(frame) = self.frame.as_mut().filter(|_| !payload.is_empty()) else {
            return Ok(false);
        };
        frame.unmask(payload);
        let more = frame.left > 0;
        if self.in_text() {
            memory.check_text()?;
        }
        Ok(more && memory.unread().is_empty())
    }

    /// Moves one fragment after the other to the message, as long as they are whole in the window
    /// and keep all rules. Returns the message once it is complete; `None` leaves what follows to
    /// [`read`](Self::read).
    fn read_fragments(
        &mut self,
        memory: &mut ReceiveMemory,
        config: &Config,
        masked: bool,
    ) -> Result<Option<CurrentEvent>, ReadError> {
        while let Some(header) = PlainHeader::parse(memory.unread(), masked, COMPRESSED)
            && memory.unread().len() >= header.header_len + header.payload_len
        {
            let PlainHeader { opcode, fin, compressed: _, key, header_len, payload_len } = header;
            let continues = opcode == OpCode::Continuation;
            let between_frames = self.frame.is_none() && self.partial_header_len == 0;
            if !between_frames || continues != self.message.is_some() {
                break;
            }
            if self.message.is_some_and(|message| message.compressed) || (fin && !continues) {
                break;
            }
            let left = payload_len as u64;
            self.grow_message(MessageKind::of(opcode), left, COMPRESSED, config)?;
            if !fin {
                self.tally.note_other_frame(0);
            }
            memory.consume(header_len);
            let mut frame = FrameInProgress { opcode, fin, key, gathered: 0, left };
            self.assemble(&mut frame, payload_len, memory, config)?;
            if fin {
                return Ok(Some(self.finish_assembled(memory)?));
            }
        }
        Ok(None)
    }
}
