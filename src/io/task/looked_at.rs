//! Which split sockets a thread is looking at, so that a call which would wait for itself is found.

use std::cell::RefCell;
use std::ptr;

thread_local! {
    /// The addresses of what this thread has locked to look at.
    static LOOKED_AT: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// A note that this thread has locked something to look at it; removed when this is dropped.
pub(super) struct LookedAt;

impl LookedAt {
    pub(super) fn note<T>(locked: &T) -> Self {
        // Where a thread is ending there are no notes, and a call is not found then.
        let _ = LOOKED_AT.try_with(|all| all.borrow_mut().push(ptr::from_ref(locked).addr()));
        Self
    }

    /// Panics if this thread is looking at what it is about to wait for.
    pub(super) fn forbid<T>(locked: &T) {
        let address = ptr::from_ref(locked).addr();
        let is_looked_at = LOOKED_AT.try_with(|all| all.borrow().contains(&address));
        assert!(
            is_looked_at != Ok(true),
            "a socket was used in a closure that looks at it, which would wait for itself for ever"
        );
    }
}

impl Drop for LookedAt {
    fn drop(&mut self) {
        let _ = LOOKED_AT.try_with(|all| all.borrow_mut().pop());
    }
}
