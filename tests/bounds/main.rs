//! What any peer can make a connection hold and do: a function of the configuration, linear in the
//! bytes. SECURITY.md has the function.
#![allow(unsafe_code, reason = "an allocator that counts")]

#[path = "../support/mod.rs"]
mod support;

mod counting;
mod flood;
mod floods;
mod function;
mod hostile;
mod vectors;

// The vectors, as `tests/conformance/` reads and plays them.
#[path = "../conformance/bytes.rs"]
mod bytes;
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
