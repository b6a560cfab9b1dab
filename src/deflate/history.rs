//! The end of what was inflated, which later blocks may refer to.

use alloc::vec::Vec;

use crate::handshake::WindowBits;
use crate::memory::NoMemory;

/// The last bytes of a stream, at most 2^window of them. The memory grows with the bytes that
/// come, up to the size of the window.
pub(super) struct History {
    /// A ring: the oldest byte is at `next` once the window is full, and at the start before that.
    bytes: Vec<u8>,
    next: usize,
    window: WindowBits,
}

impl History {
    pub(super) const fn new(window: WindowBits) -> Self {
        Self { bytes: Vec::new(), next: 0, window }
    }

    /// Whether the window is as large as the longest distance of DEFLATE.
    pub(super) fn has_max_window(&self) -> bool {
        self.window == WindowBits::MAX
    }

    pub(super) fn push(&mut self, part: &[u8]) -> Result<(), NoMemory> {
        let window = self.window.window();
        let part = &part[part.len().saturating_sub(window)..];
        let (appended, overwriting) = part.split_at(part.len().min(window - self.bytes.len()));
        self.append(appended)?;
        self.overwrite_oldest(overwriting);
        Ok(())
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

    /// Forgets the bytes and frees the memory.
    pub(super) fn release(&mut self) {
        self.bytes = Vec::new();
        self.next = 0;
    }

    /// The memory held, in bytes.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Appends bytes while the window is not full. The memory doubles: the window's size is a power
    /// of two, so it is reached exactly and never exceeded.
    fn append(&mut self, part: &[u8]) -> Result<(), NoMemory> {
        let len = self.bytes.len() + part.len();
        if self.bytes.capacity() < len {
            self.bytes.try_reserve_exact(len.next_power_of_two() - self.bytes.len())?;
        }
        self.bytes.extend_from_slice(part);
        Ok(())
    }

    /// Replaces the oldest bytes with at most a window of new ones.
    fn overwrite_oldest(&mut self, part: &[u8]) {
        if part.is_empty() {
            return;
        }
        let (up_to_end, from_start) = part.split_at(part.len().min(self.bytes.len() - self.next));
        self.bytes[self.next..][..up_to_end.len()].copy_from_slice(up_to_end);
        self.bytes[..from_start.len()].copy_from_slice(from_start);
        self.next = (self.next + part.len()) % self.bytes.len();
    }
}
