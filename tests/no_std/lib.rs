//! The state machine in programs without the standard library.
#![no_std]

extern crate alloc;

mod arena;
mod conversation;
#[cfg(target_family = "wasm")]
mod module;

pub use conversation::{Wrong, converse};
