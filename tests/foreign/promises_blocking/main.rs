//! Promises of the blocking adapter, in plain programs and when something fails, seen by a peer
//! that notes the bytes it receives.
#![cfg(feature = "tls")]

#[path = "../../support/mod.rs"]
mod support;

mod accepting;
mod deadlines;
mod peer;
mod plain_program;
mod sending;
mod split;
mod split_ends;
mod split_rounds;
mod split_streams;
