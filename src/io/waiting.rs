//! Many tasks that wait for one thing.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// The tasks that wait for the same thing.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<Places>);

#[derive(Debug, Default)]
struct Places {
    wakers: BTreeMap<u64, Waker>,
    given: u64,
}

/// The place of a call that may have to wait; gone with the call.
#[derive(Debug)]
pub(super) struct Place<'w> {
    waiting: &'w Waiting,
    id: u64,
}

impl Waiting {
    pub(super) fn place(&self) -> Place<'_> {
        let mut places = self.lock();
        places.given += 1;
        Place { waiting: self, id: places.given }
    }

    pub(super) fn wake_all(&self) {
        let wakers = mem::take(&mut self.lock().wakers);
        wakers.into_values().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place<'_> {
    /// Has the task woken, once.
    pub(super) fn wait(&self, waker: &Waker) {
        // What a waker holds may end with it, and wait here itself: so it is dropped unlocked.
        let _known = self.waiting.lock().wakers.insert(self.id, waker.clone());
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let _known = self.waiting.lock().wakers.remove(&self.id);
    }
}
