//! Cuts what this side sends into frames that are no longer than the configuration says (§5.4).

use super::Connection;
use super::outgoing_frame::FrameFlags;
use super::send_error::SendError;
use crate::frame::OpCode;
use crate::{Outgoing, utf8};

/// The longest character in UTF-8, in bytes. Every text can be cut into frames as long as this.
const LONGEST_CHARACTER: usize = 4;

/// Where a payload may be cut.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CutAt {
    /// At any byte.
    Bytes,
    /// Between characters. §5.6 allows any cut, but some peers fail the connection for a fragment
    /// that ends inside a character.
    Characters,
}

impl CutAt {
    /// Where the payload of a frame that is not compressed may be cut.
    #[inline]
    pub(super) const fn for_text(is_text: bool) -> Self {
        if is_text { Self::Characters } else { Self::Bytes }
    }
}

impl Connection {
    /// Whether a payload of this length has to leave in several frames.
    #[inline]
    pub(super) fn exceeds_fragment_size(&self, len: usize) -> bool {
        self.config.fragment_size.is_some_and(|size| len > size.max(LONGEST_CHARACTER))
    }

    /// Queues a payload in one frame, or in several if it is too long for one.
    pub(super) fn push_frames(
        &mut self,
        flags: FrameFlags,
        payload: &[u8],
        cut_at: CutAt,
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        if self.exceeds_fragment_size(payload.len()) {
            return self.push_cut(flags, payload, cut_at, outgoing);
        }
        self.push_frame(flags, payload, outgoing)
    }

    /// Queues a payload in several frames, or nothing of it if one of them gets no masking key or no
    /// memory.
    #[inline(never)]
    pub(super) fn push_cut(
        &mut self,
        flags: FrameFlags,
        payload: &[u8],
        cut_at: CutAt,
        outgoing: &mut Outgoing,
    ) -> Result<(), SendError> {
        let size = self.config.fragment_size.unwrap_or(usize::MAX).max(LONGEST_CHARACTER);
        outgoing.reserve_frames(payload.len(), payload.len() / size + 1)?;
        let counted = self.sent;
        let pushed = outgoing.push_all_or_nothing(|outgoing| {
            let (mut rest, mut next) = (payload, FrameFlags { fin: false, ..flags });
            while rest.len() > size {
                let (fragment, after) = rest.split_at(cut(rest, size, cut_at));
                self.push_frame(next, fragment, outgoing)?;
                next = FrameFlags { fin: false, ..FrameFlags::whole(OpCode::Continuation) };
                rest = after;
            }
            self.push_frame(FrameFlags { fin: flags.fin, ..next }, rest, outgoing)
        });
        pushed.inspect_err(|_| self.sent = counted)
    }
}

/// Where to cut the first `size` bytes off, or a few less. A text may begin inside a character.
fn cut(payload: &[u8], size: usize, cut_at: CutAt) -> usize {
    match cut_at {
        CutAt::Bytes => size,
        CutAt::Characters => size - utf8::incomplete_len(&payload[..size]),
    }
}
