//! The end of what was inflated, which the next block may refer to.

use alloc::collections::VecDeque;

use crate::handshake::WindowBits;

/// The last bytes of a stream, at most 2^window of them. The memory grows with what comes and
/// never beyond that.
pub(super) struct History {
    bytes: VecDeque<u8>,
    window: WindowBits,
}

impl History {
    pub(super) const fn new(window: WindowBits) -> Self {
        Self { bytes: VecDeque::new(), window }
    }

    /// Whether it holds all that any distance of DEFLATE can reach.
    pub(super) fn is_whole(&self) -> bool {
        self.window == WindowBits::MAX
    }

    pub(super) fn push(&mut self, part: &[u8]) {
        let most = self.window.window();
        let part = &part[part.len().saturating_sub(most)..];
        let surplus = (self.bytes.len() + part.len()).saturating_sub(most);
        self.bytes.drain(..surplus);
        self.grow(self.bytes.len() + part.len());
        self.bytes.extend(part);
    }

    /// The bytes, oldest first, in two parts.
    pub(super) fn parts(&self) -> [&[u8]; 2] {
        self.bytes.as_slices().into()
    }

    /// Forgets the bytes and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Forgets the bytes and gives the memory back.
    pub(super) fn release(&mut self) {
        self.bytes = VecDeque::new();
    }

    /// The memory in bytes.
    #[cfg(test)]
    pub(super) fn heap(&self) -> usize {
        self.bytes.capacity()
    }

    /// By doubling, so that the window's size, a power of two, is met and not passed.
    fn grow(&mut self, len: usize) {
        if self.bytes.capacity() < len {
            self.bytes.reserve_exact(len.next_power_of_two() - self.bytes.len());
        }
    }
}
