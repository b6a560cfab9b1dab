//! The bytes of a message that is being put together.

use alloc::vec::Vec;

use crate::frame::{MaskKey, mask};

/// Bytes, and behind them memory that was written to before. An inflater or a read that brings less
/// than there was room for leaves it, and the next one finds it without its being cleared again.
#[derive(Default)]
pub(crate) struct Assembly {
    bytes: Vec<u8>,
    /// How many at the end of `bytes` do not count.
    spare: usize,
}

impl Assembly {
    pub(crate) const fn new() -> Self {
        Self { bytes: Vec::new(), spare: 0 }
    }

    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(crate) const fn of(bytes: Vec<u8>) -> Self {
        Self { bytes, spare: 0 }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.spare
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The memory held, in bytes.
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len()]
    }

    #[inline]
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        let len = self.len();
        &mut self.bytes[..len]
    }

    /// The bytes, to append to; the memory behind them will have to be cleared again.
    pub(crate) fn vec(&mut self) -> &mut Vec<u8> {
        self.bytes.truncate(self.len());
        self.spare = 0;
        &mut self.bytes
    }

    /// Forgets the bytes and keeps the memory.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.spare = self.bytes.len();
    }

    /// Makes room for at least `len` more bytes.
    pub(crate) fn reserve(&mut self, len: usize) {
        self.bytes.reserve_exact(len.saturating_sub(self.spare));
    }

    /// Appends bytes, masked or unmasked.
    pub(crate) fn append(&mut self, part: &[u8], key: MaskKey) {
        let (first, rest) = part.split_at(part.len().min(self.spare));
        mask::copy(first, self.spare(first.len()), key);
        self.grow(first.len());
        if !rest.is_empty() {
            mask::append(rest, &mut self.bytes, key.turned(first.len()));
        }
    }

    /// Memory of this length behind the bytes, with anything in it; [`grow`](Self::grow) tells how
    /// much of it became bytes.
    pub(crate) fn spare(&mut self, len: usize) -> &mut [u8] {
        let start = self.len();
        if self.spare < len {
            self.bytes.resize(start + len, 0);
            self.spare = len;
        }
        &mut self.bytes[start..start + len]
    }

    /// The length of the memory behind the bytes.
    pub(crate) const fn spare_len(&self) -> usize {
        self.spare
    }

    /// Forgets the last `len` bytes.
    pub(crate) fn shrink(&mut self, len: usize) {
        self.spare += len;
    }

    /// Takes in the first `len` bytes of the memory behind.
    pub(crate) fn grow(&mut self, len: usize) {
        self.spare -= len;
    }
}
