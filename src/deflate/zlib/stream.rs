//! What inflating and deflating streams have in common.

#![allow(unsafe_code, reason = "the stream holds pointers, and is moved between threads")]

use alloc::boxed::Box;
use core::ffi::{c_int, c_uint};
use core::ptr;

use libz_rs_sys::z_stream;

use super::memory;

/// A stream that allocates with Rust's allocator. It is not initialised when it is made.
///
/// Its place does not change, as zlib asks of those who use it.
pub(super) struct Stream(Box<z_stream>);

// SAFETY: outside of a call, the stream points to nothing but its own state, which is on the heap and
// which nobody else knows.
unsafe impl Send for Stream {}
// SAFETY: nothing can be done with a shared reference.
unsafe impl Sync for Stream {}

/// What one call did.
pub(super) struct Step {
    pub(super) consumed: usize,
    pub(super) produced: usize,
    /// What zlib returned.
    pub(super) code: c_int,
}

impl Stream {
    /// The size that zlib checks when it initialises a stream.
    pub(super) const SIZE: c_int = size_of::<z_stream>() as c_int;

    pub(super) fn new() -> Self {
        let (zalloc, zfree) = (Some(memory::allocate as _), Some(memory::free as _));
        Self(Box::new(z_stream { zalloc, zfree, ..z_stream::default() }))
    }

    pub(super) fn raw(&mut self) -> &mut z_stream {
        &mut self.0
    }

    /// Makes a call with this input and output. What is longer than zlib's lengths can say is left
    /// for another call.
    pub(super) fn call(
        &mut self,
        input: &[u8],
        output: &mut [u8],
        call: impl FnOnce(&mut z_stream) -> c_int,
    ) -> Step {
        let (input_len, output_len) = (limited(input.len()), limited(output.len()));
        let stream = self.raw();
        (stream.next_in, stream.avail_in) = (input.as_ptr().cast_mut(), input_len);
        (stream.next_out, stream.avail_out) = (output.as_mut_ptr(), output_len);
        // zlib-rs adds to these two, which have 32 bits on many targets; nothing depends on them.
        (stream.total_in, stream.total_out) = (0, 0);
        let code = call(stream);
        let consumed = input_len.saturating_sub(stream.avail_in) as usize;
        let produced = output_len.saturating_sub(stream.avail_out) as usize;
        (stream.next_in, stream.avail_in) = (ptr::null_mut(), 0);
        (stream.next_out, stream.avail_out) = (ptr::null_mut(), 0);
        Step { consumed, produced, code }
    }
}

fn limited(len: usize) -> c_uint {
    c_uint::try_from(len).unwrap_or(c_uint::MAX)
}
