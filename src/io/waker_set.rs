//! The wakers of many calls that wait for the same thing.

use std::collections::BTreeMap;
use std::mem;
use std::sync::PoisonError;
use std::task::Waker;

use super::sync::{Mutex, MutexGuard};

/// The wakers of all calls that wait for the same thing.
#[derive(Debug, Default)]
pub(super) struct WakerSet(Mutex<Wakers>);

#[derive(Debug, Default)]
struct Wakers {
    by_id: BTreeMap<u64, Waker>,
    last_id: u64,
}

/// The registration of a call in a [`WakerSet`], which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Registration<'w> {
    set: &'w WakerSet,
    id: u64,
}

impl WakerSet {
    /// Registers a call that may have to wait.
    pub(super) fn register(&self) -> Registration<'_> {
        let mut wakers = self.lock();
        wakers.last_id += 1;
        Registration { set: self, id: wakers.last_id }
    }

    pub(super) fn wake_all(&self) {
        let wakers = mem::take(&mut self.lock().by_id);
        wakers.into_values().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, Wakers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registration<'_> {
    /// Has `waker` woken by the next [`WakerSet::wake_all`], once.
    pub(super) fn set_waker(&self, waker: &Waker) {
        // Dropping a waker may drop a task, whose registration locks the set: so it is dropped
        // unlocked.
        let _previous = self.set.lock().by_id.insert(self.id, waker.clone());
    }
}

impl Drop for Registration<'_> {
    fn drop(&mut self) {
        let _previous = self.set.lock().by_id.remove(&self.id);
    }
}
