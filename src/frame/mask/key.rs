//! The masking key of a frame (§5.3).

/// The masking key of a frame, rotated so that its first byte masks the next byte of the payload.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MaskKey {
    /// The key as a number with the same bytes in memory, so that it is read and written whole.
    pub(super) word: u32,
}

impl MaskKey {
    /// The key that leaves a payload as it is.
    pub(crate) const ZERO: Self = Self { word: 0 };

    /// The key as it stands in the frame header.
    #[inline]
    pub const fn new(bytes: [u8; 4]) -> Self {
        Self { word: u32::from_ne_bytes(bytes) }
    }

    /// The bytes of the key.
    #[inline]
    pub const fn bytes(self) -> [u8; 4] {
        self.word.to_ne_bytes()
    }

    /// The key for what follows the first `len` bytes of a payload.
    #[inline]
    #[must_use]
    pub const fn rotated(self, len: usize) -> Self {
        let word = u32::from_le(self.word);
        Self { word: word.rotate_right(8 * (len as u32 % 4)).to_le() }
    }
}

impl core::fmt::Debug for MaskKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "MaskKey({:08x})", u32::from_be(self.word))
    }
}
