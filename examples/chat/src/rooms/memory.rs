//! How much memory the messages of all rooms take.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Of all rooms.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<AtomicUsize>);

impl Memory {
    pub(crate) fn bytes(&self) -> usize {
        self.0.load(Relaxed)
    }

    /// One room's part of it.
    pub(crate) fn share(&self) -> Share {
        Share { all: self.clone(), own: 0 }
    }
}

/// What one room takes, given back when it is dropped.
#[derive(Default)]
pub(crate) struct Share {
    all: Memory,
    own: usize,
}

impl Share {
    pub(crate) const fn own(&self) -> usize {
        self.own
    }

    pub(crate) fn add(&mut self, bytes: usize) {
        self.own += bytes;
        self.all.0.fetch_add(bytes, Relaxed);
    }

    pub(crate) fn subtract(&mut self, bytes: usize) {
        self.own -= bytes;
        self.all.0.fetch_sub(bytes, Relaxed);
    }

    pub(crate) fn clear(&mut self) {
        self.subtract(self.own);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.clear();
    }
}
