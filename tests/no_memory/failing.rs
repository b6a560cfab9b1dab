//! An allocator that fails when it is told to.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr;

struct Failing;

#[global_allocator]
static ALLOCATOR: Failing = Failing;

/// What counts as large, in bytes. Everything else is always there.
const LARGE: usize = 4 << 10;

/// Which memory the allocator of this thread has not.
#[derive(Clone, Copy)]
pub(crate) enum Missing {
    Nothing,
    /// Blocks of more than so many bytes.
    Above(usize),
    /// The large block of this number, from one on.
    Large(usize),
}

thread_local! {
    static MISSING: Cell<Missing> = const { Cell::new(Missing::Nothing) };
    static LARGE_BLOCKS: Cell<usize> = const { Cell::new(0) };
}

/// Does `work` without some memory.
pub(crate) fn without<R>(missing: Missing, work: impl FnOnce() -> R) -> R {
    let before = MISSING.replace(missing);
    let result = work();
    MISSING.set(before);
    result
}

/// Begins to count large blocks at one.
pub(crate) fn count_anew() {
    LARGE_BLOCKS.set(0);
}

fn is_missing(len: usize) -> bool {
    match MISSING.get() {
        Missing::Nothing => false,
        // A test that fails has to say so.
        _ if std::thread::panicking() => false,
        Missing::Above(most) => len > most,
        Missing::Large(_) if len < LARGE => false,
        Missing::Large(number) => {
            LARGE_BLOCKS.set(LARGE_BLOCKS.get() + 1);
            LARGE_BLOCKS.get() == number
        }
    }
}

// SAFETY: every call is passed on to the system's allocator, with its arguments unchanged, or fails.
unsafe impl GlobalAlloc for Failing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller upholds the contract.
        if is_missing(layout.size()) { ptr::null_mut() } else { unsafe { System.alloc(layout) } }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller upholds the contract.
        unsafe { System.dealloc(memory, layout) }
    }
}
