//! The C library `websocket_proto`. What each call does, who owns what and until when a pointer is
//! good is written in `include/websocket_proto.h`, for which this is the other side.
//!
//! The unsafe code is in `handle.rs`, `bytes.rs`, `entropy.rs` and `reserve.rs`. Elsewhere, `unsafe` is only at the
//! names that functions are exported under, at the calls that free a handle, and where a connection
//! gets its source of random bytes; `tests/unsafe.txt` lists the files. References and boxes in the signatures of exported functions stand for pointers
//! that the header asks to be good: `Option<&T>` may be `NULL`, and `Option<&mut MaybeUninit<T>>` is
//! where an answer goes.

#[cfg(panic = "abort")]
compile_error!("a panic must not end a C program: build with panic = \"unwind\"");

mod answer;
mod bytes;
mod code;
mod config;
mod connection;
#[cfg_attr(not(feature = "deflate"), path = "deflate/absent.rs")]
mod deflate;
mod entropy;
mod handle;
mod options;
mod owned;
mod pool;
mod prepared;
mod request;
mod reserve;
mod words;

#[cfg(test)]
mod tests;
