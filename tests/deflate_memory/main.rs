//! The memory of compression, counted byte by byte.
#![allow(unsafe_code, reason = "an allocator that counts")]

#[path = "../support/mod.rs"]
mod support;

mod bounds;
mod connections;
mod contexts;
mod counting;
mod dropped;
