//! The end of what was inflated, which the next block may refer to.

use alloc::vec::Vec;

use crate::handshake::WindowBits;

/// The last bytes of a stream, at most 2^window of them. The memory grows with what comes and
/// never beyond that.
pub(super) struct History {
    /// A ring: the oldest byte is at `next` once the window is full, and before that at the start.
    bytes: Vec<u8>,
    next: usize,
    window: WindowBits,
}

impl History {
    pub(super) const fn new(window: WindowBits) -> Self {
        Self { bytes: Vec::new(), next: 0, window }
    }

    /// Whether it holds all that any distance of DEFLATE can reach.
    pub(super) fn is_whole(&self) -> bool {
        self.window == WindowBits::MAX
    }

    pub(super) fn push(&mut self, part: &[u8]) {
        let most = self.window.window();
        let part = &part[part.len().saturating_sub(most)..];
        let (new, rest) = part.split_at(part.len().min(most - self.bytes.len()));
        self.append(new);
        self.overwrite(rest);
    }

    /// The bytes, oldest first, in two parts.
    pub(super) fn parts(&self) -> [&[u8]; 2] {
        let (newer, older) = self.bytes.split_at(self.next);
        [older, newer]
    }

    /// Forgets the bytes and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.next = 0;
    }

    /// Forgets the bytes and gives the memory back.
    pub(super) fn release(&mut self) {
        self.bytes = Vec::new();
        self.next = 0;
    }

    /// The memory in bytes.
    #[cfg(test)]
    pub(super) fn heap(&self) -> usize {
        self.bytes.capacity()
    }

    /// While the window is not full. Memory doubles, so that the window's size, a power of two, is
    /// met and not passed.
    fn append(&mut self, part: &[u8]) {
        let len = self.bytes.len() + part.len();
        if self.bytes.capacity() < len {
            self.bytes.reserve_exact(len.next_power_of_two() - self.bytes.len());
        }
        self.bytes.extend_from_slice(part);
    }

    /// Puts no more than a window in the place of what is oldest.
    fn overwrite(&mut self, part: &[u8]) {
        if part.is_empty() {
            return;
        }
        let (end, start) = part.split_at(part.len().min(self.bytes.len() - self.next));
        self.bytes[self.next..][..end.len()].copy_from_slice(end);
        self.bytes[..start.len()].copy_from_slice(start);
        self.next = (self.next + part.len()) % self.bytes.len();
    }
}
