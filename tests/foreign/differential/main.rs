//! Gives the same input to this crate and to others that do the same work, and compares the
//! results: streams of frames with two implementations, compressed messages with zlib, texts with
//! the standard library. Every difference has to be in the list of disagreements.

#[path = "../../deflate/peer.rs"]
#[allow(dead_code, reason = "every test program uses a part")]
mod peer;
#[path = "../../support/mod.rs"]
mod support;

mod case;
mod dialogue;
mod disagreements;
mod frames;
mod listed;
mod mutation;
mod ours;
mod random;
mod source;
mod streams;
mod tokio_websockets;
mod trace;
mod tungstenite;
mod utf8;
mod zlib;
