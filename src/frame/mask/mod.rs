//! Masking (§5.3): every byte of a client's payload is XORed with a byte of a four-byte key.

mod portable;

use alloc::vec::Vec;

/// The masking key of a frame, turned so that its first byte belongs to the next payload byte.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MaskKey([u8; 4]);

impl MaskKey {
    /// The key as it stands in the frame header.
    #[inline]
    pub const fn new(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }

    /// The bytes of the key.
    #[inline]
    pub const fn bytes(self) -> [u8; 4] {
        self.0
    }

    /// The key for what follows `len` bytes of payload.
    #[inline]
    #[must_use]
    pub const fn turned(self, len: usize) -> Self {
        let word = u32::from_le_bytes(self.0);
        Self(word.rotate_right(8 * (len as u32 % 4)).to_le_bytes())
    }
}

impl core::fmt::Debug for MaskKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let word = u32::from_be_bytes(self.0);
        write!(f, "MaskKey({word:08x})")
    }
}

/// Masks or unmasks `payload` in place; both are the same.
///
/// A payload in several parts is masked part by part with the key [turned](MaskKey::turned) by
/// what went before.
#[inline]
pub fn apply(payload: &mut [u8], key: MaskKey) {
    portable::apply(payload, key.0);
}

/// Appends `payload` to `target`, masked or unmasked.
#[inline]
pub fn append(payload: &[u8], target: &mut Vec<u8>, key: MaskKey) {
    portable::append(payload, target, key.0);
}
