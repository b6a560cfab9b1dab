//! The memory and the work that a peer can cause: memory is within a function of the configuration,
//! which SECURITY.md gives, and work is linear in the bytes.
#![allow(unsafe_code, reason = "an allocator that counts")]

#[path = "../support/mod.rs"]
mod support;

mod counting;
mod flood;
mod floods;
mod function;
mod hostile;
mod proxies;
mod vectors;

// Reads and plays the vectors, as `tests/conformance/` does.
#[path = "../conformance/bytes.rs"]
mod bytes;
#[path = "../conformance/cases.rs"]
mod cases;
#[path = "../conformance/compare.rs"]
mod compare;
#[path = "../conformance/config.rs"]
mod config;
#[allow(dead_code, reason = "fewer ways are enough here")]
#[path = "../conformance/cuts.rs"]
mod cuts;
#[path = "../conformance/events.rs"]
mod events;
#[path = "../conformance/files.rs"]
mod files;
#[path = "../conformance/player.rs"]
mod player;
#[path = "../conformance/sends.rs"]
mod sends;
#[allow(dead_code, reason = "what it expects is not changed here")]
#[path = "../conformance/vector.rs"]
mod vector;
