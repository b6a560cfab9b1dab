//! Encodes frames into the output.

use alloc::vec::Vec;

use super::Connection;
use super::fragment_size::CutAt;
use super::outgoing_frame::FrameFlags;
use super::send_error::SendError;
use crate::frame::{MAX_CONTROL_PAYLOAD, OpCode};
use crate::{CloseCode, EntropyError, Outgoing};

impl Connection {
    /// Queues a frame with this payload. Whole messages have this inlined, as the header then stays
    /// in registers; for all others there is `push_frame`.
    #[inline(always)]
    pub(super) fn push_frame_inlined(
        &self,
        flags: FrameFlags,
        payload: &[u8],
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        outgoing.push_frame(flags.header(self.role, payload.len())?, payload);
        Ok(())
    }

    /// Queues a frame with this payload.
    #[inline(never)]
    pub(super) fn push_frame(
        &self,
        flags: FrameFlags,
        payload: &[u8],
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        self.push_frame_inlined(flags, payload, outgoing)
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
                compressor.finish(data, payload);
            } else {
                compressor.compress(data, payload);
            }
        };
        let pushed = self.push_made(flags, make, outgoing);
        if pushed.is_err() {
            compressor.forget_history();
        }
        self.compressor = Some(compressor);
        pushed
    }

    /// Queues frames, usually one, with the payload that `make` appends.
    fn push_made(
        &self,
        flags: FrameFlags,
        make: impl FnOnce(&mut Vec<u8>),
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        let header = |len| match self.exceeds_fragment_size(len) {
            true => Ok(None),
            false => flags.header(self.role, len).map(Some),
        };
        match outgoing.push_made_frame(make, header)? {
            Some(too_long) => self.push_cut(flags, &too_long, CutAt::Bytes, outgoing),
            None => Ok(()),
        }
    }

    /// Queues a Close frame: an empty one for [`CloseCode::NO_STATUS`] (§5.5.1).
    pub(super) fn push_close(
        &self,
        code: CloseCode,
        reason: &str,
        outgoing: &mut Outgoing,
    ) -> Result<(), EntropyError> {
        let mut payload = [0; MAX_CONTROL_PAYLOAD];
        let mut len = 0;
        if code != CloseCode::NO_STATUS {
            len = 2 + reason.len();
            payload[..2].copy_from_slice(&code.get().to_be_bytes());
            payload[2..len].copy_from_slice(reason.as_bytes());
        }
        let header = FrameFlags::whole(OpCode::Close).header(self.role, len)?;
        outgoing.push_last_frame(header, &payload[..len]);
        Ok(())
    }
}
