//! What has been read of a frame and of a message.

use crate::ProtocolError;
use crate::connection::event::MessageKind;
use crate::frame::{FrameHeader, MaskKey, OpCode, mask};
use crate::utf8::Utf8;

/// The frame whose payload is being read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) opcode: OpCode,
    pub(super) fin: bool,
    /// Turned by what was read. Zeros if the payload is not masked: they change nothing.
    pub(super) key: MaskKey,
    /// How much of a control frame's payload was moved out of the window.
    pub(super) gathered: u8,
    pub(super) left: u64,
}

impl Frame {
    pub(super) fn new(header: &FrameHeader) -> Self {
        let FrameHeader { fin, compressed: _, opcode, mask, len } = *header;
        Self { opcode, fin, key: mask.unwrap_or(MaskKey::ZERO), gathered: 0, left: len }
    }

    /// Unmasks what comes next of the payload, in place.
    pub(super) fn take_in(&mut self, part: &mut [u8]) {
        self.apply_mask(part);
        self.advance(part.len());
    }

    /// Masks or unmasks what comes next of the payload (§5.3).
    pub(super) fn apply_mask(&self, part: &mut [u8]) {
        if self.key != MaskKey::ZERO {
            mask::apply(part, self.key);
        }
    }

    /// `len` bytes of the payload were read.
    pub(super) fn advance(&mut self, len: usize) {
        self.left -= len as u64;
        self.key = self.key.turned(len);
    }
}

/// The message that frames are adding to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message {
    pub(super) kind: MessageKind,
    pub(super) compressed: bool,
    /// The length of its payload so far, the frame under way included.
    pub(super) len: u64,
    /// The frames so far.
    pub(super) fragments: u32,
    /// In streaming delivery: that of a message which is put together stands beside its bytes.
    pub(super) utf8: Utf8,
}

impl Message {
    pub(super) fn new(kind: MessageKind, compressed: bool) -> Self {
        Self { kind, compressed, len: 0, fragments: 0, utf8: Utf8::default() }
    }

    /// Whether one more fragment is allowed: beyond `allowance`, one for every 16 bytes so far, on
    /// the wire or inflated.
    pub(super) fn may_grow(&self, inflated: u64, allowance: u32) -> bool {
        let len = if self.compressed { self.len.max(inflated) } else { self.len };
        u64::from(self.fragments) < u64::from(allowance) + len / 16
    }
}

/// §8.1, as the bytes of the message arrive.
pub(super) fn validate(message: &mut Option<Message>, part: &[u8]) -> Result<(), ProtocolError> {
    match message {
        Some(Message { kind: MessageKind::Text, utf8, .. }) => utf8.push(part),
        Some(_) | None => Ok(()),
    }
}
