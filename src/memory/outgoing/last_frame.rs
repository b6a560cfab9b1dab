//! The place of the Close frame, which nothing may follow.

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
