//! An allocator that counts what the crate asks for, and nothing of what the tests do around it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What the crate did with memory, on this thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// The bytes held.
    pub(crate) held: isize,
    /// The most bytes that were held at once.
    pub(crate) peak: isize,
    /// How often memory was asked for.
    pub(crate) allocations: usize,
    /// The bytes that were asked for in all.
    pub(crate) asked: usize,
    /// The bytes that moved, as their memory grew.
    pub(crate) moved: usize,
}

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    static MEMORY: Cell<Memory> = const { Cell::new(Memory {
        held: 0, peak: 0, allocations: 0, asked: 0, moved: 0,
    }) };
}

/// A call of the crate.
pub(crate) fn inside<R>(call: impl FnOnce() -> R) -> R {
    counted(true, call)
}

/// What a test does within one.
pub(crate) fn outside<R>(work: impl FnOnce() -> R) -> R {
    counted(false, work)
}

fn counted<R>(is_counted: bool, work: impl FnOnce() -> R) -> R {
    let before = INSIDE.replace(is_counted);
    let result = work();
    INSIDE.set(before);
    result
}

/// What `play` led to; afterwards, all that was held is given back.
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

/// A block, and whether it is counted in front of it.
struct Block;

impl Block {
    const COUNTED: u8 = 1;

    /// What is in front of a block with this layout.
    fn front(layout: Layout) -> usize {
        layout.align().max(16)
    }

    /// The layout of both.
    fn whole(layout: Layout) -> Layout {
        let size = layout.size() + Self::front(layout);
        Layout::from_size_align(size, layout.align()).expect("a layout that is not huge")
    }
}

// SAFETY: all of it is done by the system's allocator, with layouts that are longer in front by a
// multiple of their alignment.
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

    /// Always moves, as an allocator may: for a moment both blocks are there.
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let kept = layout.size().min(size);
        if INSIDE.get() {
            count(|memory| memory.moved += kept);
        }
        // SAFETY: the caller's duty; both blocks have the bytes that are kept.
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
