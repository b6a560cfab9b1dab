//! The same input to this crate and to others that do the same work, and the same results, but for
//! what is listed: streams of frames to two implementations, compressed messages from and to zlib,
//! texts to the standard library.

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
