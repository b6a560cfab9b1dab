//! The receive memories of a thread, each with a window. A connection borrows one when a read is
//! tried, and gives it back when a read brings nothing more.

use std::cell::RefCell;

use crate::Incoming;
use crate::memory::zeroed;

#[cfg(all(test, feature = "tokio"))]
mod tests;

/// The size of a window in bytes: a read can bring a whole message of 64 KiB, or many small ones.
const WINDOW_LEN: usize = 256 << 10;

/// How many memories a thread keeps. More than one is in use only while an application holds an
/// event and awaits something else.
const MAX_KEPT: usize = 4;

thread_local! {
    #[expect(clippy::vec_box, reason = "connections borrow them in their boxes")]
    static MEMORIES: RefCell<Vec<Box<Incoming>>> = const { RefCell::new(Vec::new()) };
}

/// Takes an empty memory from the pool, or makes one. Its window was zeroed by the system when it
/// was made, and is not zeroed again. If there is no memory for a window, the memory tries to make a
/// smaller one when it needs it.
pub(super) fn take() -> Box<Incoming> {
    // A thread that is ending has no pool any more.
    let kept = MEMORIES.try_with(|memories| memories.borrow_mut().pop());
    kept.ok().flatten().unwrap_or_else(|| with_window(zeroed(WINDOW_LEN).unwrap_or_default()))
}

/// Gives an empty memory back to the pool.
pub(super) fn give_back(memory: Box<Incoming>) {
    let _ = MEMORIES.try_with(|memories| {
        let mut memories = memories.borrow_mut();
        if memories.len() < MAX_KEPT && memory.heap() == WINDOW_LEN {
            memories.push(memory);
        }
    });
}

/// Gives the window of a memory back to the pool, when the rest of the memory is still needed.
pub(super) fn give_back_window(window: Vec<u8>) {
    give_back(with_window(window));
}

fn with_window(window: Vec<u8>) -> Box<Incoming> {
    let mut memory = Box::new(Incoming::new());
    memory.lend_window(window);
    memory
}
