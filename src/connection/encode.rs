//! Encodes frames into the output.

use alloc::vec::Vec;

use super::Connection;
use super::fragment_size::CutAt;
use super::outgoing_frame::FrameFlags;
use super::role::Role;
use super::send_error::SendError;
use crate::frame::{MAX_CONTROL_PAYLOAD, OpCode};
use crate::memory::{Made, NoMemory};
use crate::{CloseCode, Outgoing};

impl Connection {
    /// Queues a whole message in one frame. This is inlined, with code of its own for each role, as
    /// the header then stays in registers; for all other frames there is `push_frame`.
    #[inline(always)]
    pub(super) fn push_whole(
        &mut self,
        opcode: OpCode,
        payload: &[u8],
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        let flags = FrameFlags::whole(opcode);
        let len = match self.role {
            Role::Server => outgoing.push_frame(flags.unmasked_header(payload.len()), payload)?,
            Role::Client(entropy) => {
                outgoing.push_frame(flags.masked_header(entropy, payload.len())?, payload)?
            }
        };
        self.sent.note_whole(payload.len(), len);
        Ok(())
    }

    /// Queues a frame with this payload.
    #[inline(never)]
    pub(super) fn push_frame(
        &mut self,
        flags: FrameFlags,
        payload: &[u8],
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        let len = outgoing.push_frame(flags.header(self.role, payload.len())?, payload)?;
        self.note_sent(flags, payload.len(), len);
        Ok(())
    }

    /// Compresses the data and queues frames with the result, usually one.
    #[inline(never)]
    pub(super) fn push_compressed(
        &mut self,
        flags: FrameFlags,
        data: &[u8],
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        let Some(mut compressor) = self.compressor.take() else { return Err(SendError::Closed) };
        let make = |payload: &mut Vec<u8>| {
            if flags.fin {
                compressor.finish(data, payload)
            } else {
                compressor.compress(data, payload)
            }
        };
        let pushed = self.push_made(flags, data.len(), make, outgoing);
        if pushed.is_err() {
            compressor.forget_history();
        }
        self.compressor = Some(compressor);
        pushed
    }

    /// Queues frames, usually one, with the payload that `make` appends. It had `len` bytes before
    /// compression.
    fn push_made(
        &mut self,
        flags: FrameFlags,
        len: usize,
        make: impl FnOnce(&mut Vec<u8>) -> Result<(), NoMemory>,
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        let header = |made| match self.exceeds_fragment_size(made) {
            true => Ok(None),
            false => Ok::<_, SendError>(Some(flags.header(self.role, made)?)),
        };
        match outgoing.push_made_frame(make, header)? {
            Made::Frame(frame_len) => self.note_sent(flags, len, frame_len),
            Made::TooLong(payload) => {
                self.push_cut(flags, &payload, CutAt::Bytes, outgoing)?;
                self.sent.replace_payload(payload.len(), len);
            }
        }
        Ok(())
    }

    /// Counts a frame of `len` bytes.
    #[inline]
    pub(super) const fn note_sent(&mut self, flags: FrameFlags, payload: usize, len: usize) {
        if flags.fin && !flags.opcode.is_control() {
            self.sent.note_message(payload, len);
        } else {
            self.sent.note_other_frame(payload, len);
        }
    }

    /// Queues a Close frame: an empty one for [`CloseCode::NO_STATUS`] (§5.5.1).
    pub(super) fn push_close(
        &mut self,
        code: CloseCode,
        reason: &str,
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        let mut payload = [0; MAX_CONTROL_PAYLOAD];
        let mut len = 0;
        if code != CloseCode::NO_STATUS {
            len = 2 + reason.len();
            payload[..2].copy_from_slice(&code.get().to_be_bytes());
            payload[2..len].copy_from_slice(reason.as_bytes());
        }
        let flags = FrameFlags::whole(OpCode::Close);
        let header = flags.header(self.role, len)?;
        let frame_len = outgoing.push_last_frame(header, &payload[..len])?;
        self.note_sent(flags, len, frame_len);
        Ok(())
    }
}
