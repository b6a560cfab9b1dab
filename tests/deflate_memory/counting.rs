//! An allocator that counts the memory of each thread.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    static REQUESTED: Cell<usize> = const { Cell::new(0) };
    /// May be negative, as a thread can release memory that another has allocated.
    static BYTES: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

/// How often memory was allocated.
pub(crate) fn allocations() -> usize {
    ALLOCATIONS.get()
}

/// The bytes that were allocated in all.
pub(crate) fn requested() -> usize {
    REQUESTED.get()
}

/// The bytes that are held now.
pub(crate) fn bytes() -> isize {
    BYTES.get()
}

/// The most bytes that `work` held at once, beyond those held before.
pub(crate) fn peak(work: impl FnOnce()) -> isize {
    let before = BYTES.get();
    PEAK.set(before);
    work();
    PEAK.get() - before
}

fn count(asked: usize, change: isize) {
    ALLOCATIONS.set(ALLOCATIONS.get() + 1);
    REQUESTED.set(REQUESTED.get() + asked);
    BYTES.set(BYTES.get() + change);
    PEAK.set(PEAK.get().max(BYTES.get()));
}

// SAFETY: every call is passed on to the system's allocator, with its arguments unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), layout.size() as isize);
        // SAFETY: the caller upholds the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), layout.size() as isize);
        // SAFETY: the caller upholds the contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, size as isize - layout.size() as isize);
        // SAFETY: the caller upholds the contract.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        BYTES.set(BYTES.get() - layout.size() as isize);
        // SAFETY: the caller upholds the contract.
        unsafe { System.dealloc(memory, layout) }
    }
}
