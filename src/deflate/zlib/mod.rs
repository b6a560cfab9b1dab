//! zlib-rs with the memory of Rust's allocator, through the functions that it has in common with
//! zlib: those take an allocator, and say when there is no memory. What zlib-rs offers to Rust
//! takes memory from C without the standard library, and panics when there is none.

mod deflate;
mod inflate;
mod memory;
mod stream;

pub(super) use deflate::{Deflate, Deflated, Flush};
pub(super) use inflate::{Inflate, Inflated, Status};
