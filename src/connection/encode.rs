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
        &self,
        flags: FrameFlags,
        payload: &[u8],
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        outgoing.push_frame(flags.header(self.role, payload.len())?, payload);
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
        pushed.map_err(|error| {
            compressor.forget_history();
            error.into()
        })
    }

    /// Queues a Close frame; the reason is ignored without a code.
    pub(super) fn push_close(
        &self,
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
        let header = FrameFlags::whole(OpCode::Close).header(self.role, len)?;
        outgoing.push_last_frame(header, &payload[..len]);
        Ok(())
    }
}
