//! The allocator that the streams are given.

#![allow(unsafe_code, reason = "an allocator for zlib-rs, which frees memory without its length")]

use alloc::alloc::{self as heap, Layout};
use core::ffi::{c_uint, c_void};
use core::ptr;

/// What precedes each block: its length as it was allocated. The block is aligned as C promises.
const FRONT: usize = 16;

/// The layout of a block for `len` bytes with what precedes it; `None` for no bytes, and for more
/// than there can be.
fn layout_of(items: c_uint, size: c_uint) -> Option<Layout> {
    let len = (items as usize).checked_mul(size as usize).filter(|len| *len > 0)?;
    Layout::from_size_align(len.checked_add(FRONT)?, FRONT).ok()
}

/// Allocates memory for `items` of `size` bytes; null if there is none.
pub(super) extern "C" fn allocate(_: *mut c_void, items: c_uint, size: c_uint) -> *mut c_void {
    let Some(layout) = layout_of(items, size) else { return ptr::null_mut() };
    // SAFETY: the layout has at least `FRONT` bytes, which are aligned for a length.
    unsafe {
        let start = heap::alloc(layout);
        if start.is_null() {
            return ptr::null_mut();
        }
        start.cast::<usize>().write(layout.size());
        start.add(FRONT).cast()
    }
}

/// Frees a block of [`allocate`], or nothing.
// SAFETY: whoever calls this passes null, or what `allocate` has returned and nobody has freed since.
pub(super) unsafe extern "C" fn free(_: *mut c_void, block: *mut c_void) {
    if block.is_null() {
        return;
    }
    // SAFETY: `allocate` made a layout of this length and alignment, and wrote the length.
    unsafe {
        let start = block.cast::<u8>().sub(FRONT);
        let len = start.cast::<usize>().read();
        heap::dealloc(start, Layout::from_size_align_unchecked(len, FRONT));
    }
}

#[cfg(test)]
mod tests;
