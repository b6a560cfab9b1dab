//! Counting how much memory the messages of all rooms take.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// How many bytes the messages of all rooms take.
#[derive(Clone, Default)]
pub(crate) struct TotalMemory(Arc<AtomicUsize>);

impl TotalMemory {
    pub(crate) fn bytes(&self) -> usize {
        self.0.load(Relaxed)
    }

    /// A new share of the total, for one room.
    pub(crate) fn share(&self) -> MemoryShare {
        MemoryShare { total: self.clone(), own: 0 }
    }
}

/// How many bytes the messages of one room take. They are subtracted from the total when this is
/// dropped.
#[derive(Default)]
pub(crate) struct MemoryShare {
    total: TotalMemory,
    own: usize,
}

impl MemoryShare {
    pub(crate) const fn bytes(&self) -> usize {
        self.own
    }

    pub(crate) fn add(&mut self, bytes: usize) {
        self.own += bytes;
        self.total.0.fetch_add(bytes, Relaxed);
    }

    pub(crate) fn subtract(&mut self, bytes: usize) {
        self.own -= bytes;
        self.total.0.fetch_sub(bytes, Relaxed);
    }

    pub(crate) fn clear(&mut self) {
        self.subtract(self.own);
    }
}

impl Drop for MemoryShare {
    fn drop(&mut self) {
        self.clear();
    }
}
