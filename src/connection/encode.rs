//! Encodes frames into the output.

use super::Connection;
use super::outgoing_frame::FrameFlags;
use super::send_error::SendError;
use crate::frame::{MAX_CONTROL_PAYLOAD, OpCode};
use crate::{CloseCode, EntropyError, Outgoing};

impl Connection {
    /// Queues a frame with this payload.
    #[inline]
    pub(super) fn push_frame(
        &mut self,
        flags: FrameFlags,
        payload: &[u8],
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        let len = outgoing.push_frame(flags.header(self.role, payload.len())?, payload);
        self.note_sent(flags, payload.len(), len);
        Ok(())
    }

    /// Compresses the data and queues a frame with the result.
    #[inline(never)]
    pub(super) fn push_compressed(
        &mut self,
        flags: FrameFlags,
        data: &[u8],
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        let Some(compressor) = &mut self.compressor else { return Err(SendError::Closed) };
        let role = self.role;
        let pushed = outgoing.push_made_frame(
            |payload| {
                if flags.fin {
                    compressor.finish(data, payload);
                } else {
                    compressor.compress(data, payload);
                }
            },
            |len| flags.header(role, len),
        );
        let len = pushed.inspect_err(|_| compressor.forget_history())?;
        self.note_sent(flags, data.len(), len);
        Ok(())
    }

    /// Counts a frame of `len` bytes.
    #[inline]
    pub(super) const fn note_sent(&mut self, flags: FrameFlags, payload: usize, len: usize) {
        self.sent_wire_bytes += len as u64;
        if flags.fin && !flags.opcode.is_control() {
            self.sent.note_message(payload);
        } else {
            self.sent.note_other_frame(payload);
        }
    }

    /// Queues a Close frame; the reason is ignored without a code.
    pub(super) fn push_close(
        &mut self,
        code: Option<CloseCode>,
        reason: &str,
        outgoing: &mut Outgoing,
    ) -> Result<(), EntropyError> {
        let mut payload = [0; MAX_CONTROL_PAYLOAD];
        let mut len = 0;
        if let Some(code) = code {
            len = 2 + reason.len();
            payload[..2].copy_from_slice(&code.get().to_be_bytes());
            payload[2..len].copy_from_slice(reason.as_bytes());
        }
        let flags = FrameFlags::whole(OpCode::Close);
        let frame_len = outgoing.push_last_frame(flags.header(self.role, len)?, &payload[..len]);
        self.note_sent(flags, len, frame_len);
        Ok(())
    }
}
