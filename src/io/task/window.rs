//! The windows of a thread: lent to a connection for the time of a read batch.

use std::cell::RefCell;

/// Large enough for a read to bring a message of 64 KiB whole, and many small ones.
const WINDOW: usize = 256 << 10;

/// More than one is in use only while an application awaits something else with an event in hand.
const KEPT: usize = 4;

thread_local! {
    static WINDOWS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// A window: zeroed by the system when it was made, and never again.
pub(super) fn take() -> Vec<u8> {
    WINDOWS.with_borrow_mut(Vec::pop).unwrap_or_else(|| vec![0; WINDOW])
}

pub(super) fn give_back(window: Vec<u8>) {
    // A thread that is ending has no pool any more.
    let _ = WINDOWS.try_with(|windows| {
        let mut windows = windows.borrow_mut();
        if windows.len() < KEPT && window.len() == WINDOW {
            windows.push(window);
        }
    });
}
