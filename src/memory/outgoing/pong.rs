//! The pong that waits, and the Close frame that nothing may follow.

use alloc::vec::Vec;

/// A pong, which is written once the queue was written up to its position.
#[derive(Default)]
pub(super) struct Pong {
    pub(super) position: usize,
    pub(super) frame: Vec<u8>,
    /// How much of the frame was written.
    pub(super) written: usize,
    /// The frame of the next pong, if this one is partly written.
    pub(super) next: Vec<u8>,
}

impl Pong {
    pub(super) fn unwritten(&self) -> &[u8] {
        &self.frame[self.written..]
    }

    /// How many bytes wait to be written.
    pub(super) fn len(&self) -> usize {
        self.unwritten().len() + self.next.len()
    }

    /// The heap memory held, in bytes, with that of this value.
    pub(super) fn heap(&self) -> usize {
        size_of::<Self>() + self.frame.capacity() + self.next.capacity()
    }

    /// Counts up to `len` more bytes of the frame as written, and returns how many.
    pub(super) fn advance(&mut self, len: usize) -> usize {
        let taken = len.min(self.unwritten().len());
        self.written += taken;
        if self.unwritten().is_empty() {
            self.frame = core::mem::take(&mut self.next);
            self.written = 0;
        }
        taken
    }
}

/// Where the Close frame is, which nothing may follow: the position after its first byte, or zero
/// once that byte was written.
#[derive(Clone, Copy)]
pub(super) struct LastFrame(usize);

impl LastFrame {
    pub(super) const NOT_QUEUED: Self = Self(usize::MAX);

    /// The frame that begins at this position.
    pub(super) const fn at(start: usize) -> Self {
        Self(start + 1)
    }

    /// Whether something at this position would follow the frame.
    pub(super) const fn is_before(self, position: usize) -> bool {
        position >= self.0
    }

    /// Notes that the queue was written up to this position.
    pub(super) const fn note_written(&mut self, position: usize) {
        if self.is_before(position) {
            self.0 = 0;
        }
    }

    /// Notes that the written bytes, which are the first `removed` of the queue, were removed from
    /// it.
    pub(super) const fn note_removed(&mut self, removed: usize) {
        self.note_written(removed);
        if self.0 != 0 && self.0 != usize::MAX {
            self.0 -= removed;
        }
    }
}
