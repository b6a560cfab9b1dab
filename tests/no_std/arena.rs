//! All memory of the program: one array, which is handed out from the front.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const LEN: usize = 16 << 20;

#[global_allocator]
static ARENA: Arena = Arena { memory: UnsafeCell::new([0; LEN]), taken: AtomicUsize::new(0) };

struct Arena {
    memory: UnsafeCell<[u8; LEN]>,
    /// How much of the front was handed out.
    taken: AtomicUsize,
}

// SAFETY: what `taken` is moved over belongs to whoever has moved it.
unsafe impl Sync for Arena {}

// SAFETY: a block lies between two values of `taken`, so it is inside the array and overlaps no other
// one, and it begins at a multiple of its alignment.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let front = self.memory.get().cast::<u8>();
        let end_of = |taken: usize| {
            let start = (front.addr() + taken).checked_next_multiple_of(layout.align())?;
            let end = (start - front.addr()).checked_add(layout.size())?;
            (end <= LEN).then_some(end)
        };
        match self.taken.fetch_update(Relaxed, Relaxed, end_of) {
            Ok(taken) => front.wrapping_add(end_of(taken).unwrap_or(LEN) - layout.size()),
            Err(_) => ptr::null_mut(),
        }
    }

    /// Only the block that was handed out last can be handed out again.
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let start = block.addr() - self.memory.get().addr();
        let _ = self.taken.compare_exchange(start + layout.size(), start, Relaxed, Relaxed);
    }
}
