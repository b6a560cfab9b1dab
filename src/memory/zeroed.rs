//! Memory that the allocator has zeroed, or its refusal.

#![allow(
    unsafe_code,
    reason = "the standard library's zeroed vectors abort where there is no memory"
)]

use alloc::alloc::{Layout, alloc_zeroed};
use alloc::vec::Vec;

use super::NoMemory;

/// A vector of `len` zeros. The allocator gets them from the system where it can, so that pages are
/// not touched before they are used.
pub(crate) fn zeroed(len: usize) -> Result<Vec<u8>, NoMemory> {
    let layout = Layout::array::<u8>(len).map_err(|_| NoMemory)?;
    if len == 0 {
        return Ok(Vec::new());
    }
    // SAFETY: the layout is not of zero bytes. It is that of a vector with this capacity, from the
    // allocator of vectors, and all of its bytes are initialised.
    unsafe {
        let start = alloc_zeroed(layout);
        if start.is_null() { Err(NoMemory) } else { Ok(Vec::from_raw_parts(start, len, len)) }
    }
}

#[cfg(test)]
mod tests;
