//! The receive memories of a thread, each with a window: lent to a connection for the time of a
//! read batch.

use std::cell::RefCell;

use crate::Incoming;

/// Large enough for a read to bring a message of 64 KiB whole, and many small ones.
const WINDOW: usize = 256 << 10;

/// More than one is in use only while an application awaits something else with an event in hand.
const KEPT: usize = 4;

thread_local! {
    #[expect(clippy::vec_box, reason = "connections hold them by pointers, which they are lent by")]
    static MEMORIES: RefCell<Vec<Box<Incoming>>> = const { RefCell::new(Vec::new()) };
}

/// A memory at rest; its window was zeroed by the system when it was made, and never again.
pub(super) fn take() -> Box<Incoming> {
    // A thread that is ending has no pool any more.
    let kept = MEMORIES.try_with(|memories| memories.borrow_mut().pop());
    kept.ok().flatten().unwrap_or_else(|| with_window(vec![0; WINDOW]))
}

/// Takes back a memory at rest.
pub(super) fn give_back(memory: Box<Incoming>) {
    let _ = MEMORIES.try_with(|memories| {
        let mut memories = memories.borrow_mut();
        if memories.len() < KEPT && memory.heap() == WINDOW {
            memories.push(memory);
        }
    });
}

/// Takes back the window alone, as the memory is still needed.
pub(super) fn give_back_window(window: Vec<u8>) {
    give_back(with_window(window));
}

fn with_window(window: Vec<u8>) -> Box<Incoming> {
    let mut memory = Box::new(Incoming::new());
    memory.lend(window);
    memory
}
