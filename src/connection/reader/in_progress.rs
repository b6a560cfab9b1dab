//! What is kept of a frame and of a message while they are being read.

use crate::frame::{FrameHeader, MaskKey, OpCode, mask};
use crate::utf8::Utf8Validator;
use crate::{MessageKind, ProtocolError};

/// The frame whose payload is being read.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameInProgress {
    pub(super) opcode: OpCode,
    pub(super) fin: bool,
    /// The key for the next byte. Zero if the payload is not masked: a key that changes nothing.
    pub(super) key: MaskKey,
    /// How many bytes of a control frame's payload were moved out of the window so far.
    pub(super) gathered: u8,
    /// How many bytes of the payload are still to come.
    pub(super) left: u64,
}

impl FrameInProgress {
    pub(super) fn new(header: &FrameHeader) -> Self {
        let FrameHeader { fin, compressed: _, opcode, mask, len } = *header;
        Self { opcode, fin, key: mask.unwrap_or(MaskKey::ZERO), gathered: 0, left: len }
    }

    /// How many of the next `unread` bytes belong to the payload.
    pub(super) fn available(&self, unread: usize) -> usize {
        usize::try_from(self.left).map_or(unread, |left| left.min(unread))
    }

    /// Unmasks the next part of the payload in place, and advances past it.
    pub(super) fn unmask(&mut self, part: &mut [u8]) {
        self.apply_mask(part);
        self.advance(part.len());
    }

    /// Masks or unmasks the next part of the payload (§5.3), without advancing past it.
    pub(super) fn apply_mask(&self, part: &mut [u8]) {
        if self.key != MaskKey::ZERO {
            mask::apply(part, self.key);
        }
    }

    /// Advances past the next `len` bytes of the payload.
    pub(super) fn advance(&mut self, len: usize) {
        self.left -= len as u64;
        self.key = self.key.rotated(len);
    }
}

/// The message that is being received.
#[derive(Clone, Copy, Debug)]
pub(super) struct MessageInProgress {
    /// How it is checked and delivered: a text that is not checked is a binary message.
    pub(super) kind: MessageKind,
    pub(super) compressed: bool,
    /// The length of its frames' payloads so far, including all of the frame in progress.
    pub(super) len: u64,
    /// How many frames it has so far.
    pub(super) fragments: u32,
    /// Validates a text that is delivered in chunks. What is known of a message that is put
    /// together is kept with its bytes.
    pub(super) utf8: Utf8Validator,
}

impl MessageInProgress {
    pub(super) fn new(kind: MessageKind, compressed: bool) -> Self {
        Self { kind, compressed, len: 0, fragments: 0, utf8: Utf8Validator::default() }
    }

    /// Whether one more fragment is allowed: `allowance`, and one for every 16 bytes so far, as
    /// received or as inflated.
    pub(super) fn may_add_fragment(&self, inflated: u64, allowance: u32) -> bool {
        let len = if self.compressed { self.len.max(inflated) } else { self.len };
        u64::from(self.fragments) < u64::from(allowance) + len / 16
    }
}

/// Validates the next part of a message, if it is a text (§8.1).
pub(super) fn validate(
    message: &mut Option<MessageInProgress>,
    part: &[u8],
) -> Result<(), ProtocolError> {
    match message {
        Some(MessageInProgress { kind: MessageKind::Text, utf8, .. }) => utf8.push(part),
        Some(_) | None => Ok(()),
    }
}
