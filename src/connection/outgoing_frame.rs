//! The headers of the frames that this side sends.

use super::role::Role;
use crate::frame::{FrameHeader, MaskKey, OpCode};
use crate::utf8::Utf8Validator;
use crate::{Entropy, EntropyError, MessageKind};

/// A message that this side is sending in fragments.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutgoingMessage {
    pub(super) kind: MessageKind,
    pub(super) compressed: bool,
    /// The first fragment was sent.
    pub(super) begun: bool,
    pub(super) utf8: Utf8Validator,
}

/// What the header of a frame says besides the mask and the length of the payload.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameFlags {
    pub(super) fin: bool,
    pub(super) compressed: bool,
    pub(super) opcode: OpCode,
}

impl OutgoingMessage {
    pub(super) fn new(kind: MessageKind, compressed: bool) -> Self {
        Self { kind, compressed, begun: false, utf8: Utf8Validator::default() }
    }

    /// The flags of the next fragment.
    pub(super) const fn next_flags(&self) -> FrameFlags {
        if self.begun {
            FrameFlags { fin: false, compressed: false, opcode: OpCode::Continuation }
        } else {
            FrameFlags { fin: false, compressed: self.compressed, opcode: self.kind.opcode() }
        }
    }

    /// The flags of the last fragment.
    pub(super) const fn last_flags(&self) -> FrameFlags {
        FrameFlags { fin: true, ..self.next_flags() }
    }
}

impl FrameFlags {
    /// The flags of a control frame, or of a whole message that is not compressed.
    pub(super) const fn whole(opcode: OpCode) -> Self {
        Self { fin: true, compressed: false, opcode }
    }

    /// The header of a frame with a payload of this length. The header of a client's frame has a
    /// fresh masking key (§5.3).
    #[inline]
    pub(super) fn header(self, role: Role, len: usize) -> Result<FrameHeader, EntropyError> {
        Ok(match role {
            Role::Server => self.unmasked_header(len),
            Role::Client(entropy) => self.masked_header(entropy, len)?,
        })
    }

    /// The header of a server's frame.
    #[inline]
    pub(super) const fn unmasked_header(self, len: usize) -> FrameHeader {
        let Self { fin, compressed, opcode } = self;
        FrameHeader { fin, compressed, opcode, mask: None, len: len as u64 }
    }

    /// The header of a client's frame.
    #[inline]
    pub(super) fn masked_header(
        self,
        entropy: &dyn Entropy,
        len: usize,
    ) -> Result<FrameHeader, EntropyError> {
        let mut key = [0; 4];
        entropy.fill(&mut key)?;
        Ok(FrameHeader { mask: Some(MaskKey::new(key)), ..self.unmasked_header(len) })
    }
}
