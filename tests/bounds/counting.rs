//! An allocator that counts what the crate allocates, and not what the tests do around it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The memory that the crate used on this thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// The bytes that are held now.
    pub(crate) held: isize,
    /// The most bytes that were held at once.
    pub(crate) peak: isize,
    /// How often memory was allocated.
    pub(crate) allocations: usize,
    /// The bytes that were allocated in all.
    pub(crate) asked: usize,
    /// The bytes that were moved when memory grew.
    pub(crate) moved: usize,
}

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    static MEMORY: Cell<Memory> = const { Cell::new(Memory {
        held: 0, peak: 0, allocations: 0, asked: 0, moved: 0,
    }) };
}

/// Makes a call of the crate, which is counted.
pub(crate) fn inside<R>(call: impl FnOnce() -> R) -> R {
    counted(true, call)
}

/// Does work of the test within such a call, which is not counted.
pub(crate) fn outside<R>(work: impl FnOnce() -> R) -> R {
    counted(false, work)
}

fn counted<R>(is_counted: bool, work: impl FnOnce() -> R) -> R {
    let before = INSIDE.replace(is_counted);
    let result = work();
    INSIDE.set(before);
    result
}

/// The memory that `play` used. Checks that all of it was released.
pub(crate) fn memory(play: impl FnOnce()) -> Memory {
    MEMORY.set(Memory::default());
    play();
    MEMORY.get()
}

fn count(change: impl FnOnce(&mut Memory)) {
    let mut memory = MEMORY.get();
    change(&mut memory);
    memory.peak = memory.peak.max(memory.held);
    MEMORY.set(memory);
}

/// A block of memory, preceded by whether it is counted.
struct Block;

impl Block {
    const COUNTED: u8 = 1;

    /// The length of what precedes a block with this layout.
    fn front(layout: Layout) -> usize {
        layout.align().max(16)
    }

    /// The layout of the block and what precedes it.
    fn whole(layout: Layout) -> Layout {
        let size = layout.size() + Self::front(layout);
        Layout::from_size_align(size, layout.align()).expect("a layout that is not huge")
    }
}

// SAFETY: every call is passed on to the system's allocator. Layouts are longer by a multiple of
// their alignment, which precedes the block.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let is_counted = INSIDE.get();
        if is_counted {
            count(|memory| {
                memory.held += layout.size() as isize;
                memory.allocations += 1;
                memory.asked += layout.size();
            });
        }
        // SAFETY: the size is not zero, and the front is a part of the block.
        unsafe {
            let start = System.alloc(Block::whole(layout));
            if start.is_null() {
                return start;
            }
            start.write(u8::from(is_counted));
            start.add(Block::front(layout))
        }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the front is what `alloc` put there.
        unsafe {
            let start = memory.sub(Block::front(layout));
            if start.read() == Block::COUNTED {
                count(|memory| memory.held -= layout.size() as isize);
            }
            System.dealloc(start, Block::whole(layout));
        }
    }

    /// Always moves the block, as an allocator may, so that both blocks exist for a moment.
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let kept = layout.size().min(size);
        if INSIDE.get() {
            count(|memory| memory.moved += kept);
        }
        // SAFETY: the caller upholds the contract, and both blocks hold the bytes that are kept.
        unsafe {
            let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !new.is_null() {
                memory.copy_to_nonoverlapping(new, kept);
                self.dealloc(memory, layout);
            }
            new
        }
    }
}

#[test]
fn what_is_inside_is_counted() {
    let mut bytes = Vec::new();
    let counted = memory(|| {
        let _not_counted = vec![7_u8; 1000];
        inside(|| bytes.reserve_exact(100));
        inside(|| bytes.resize(100, 1_u8));
        inside(|| bytes.reserve_exact(200));
        outside(|| drop(vec![1_u8; 5000]));
    });
    let expected = Memory { held: 300, peak: 400, allocations: 2, asked: 400, moved: 100 };
    assert_eq!(counted, expected);
    assert_eq!(memory(|| drop(bytes)), Memory { held: -300, ..Memory::default() });
}
