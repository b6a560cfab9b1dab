//! What the blocking adapter promises, kept in the plain program and when something fails: seen by a
//! raw peer that notes the bytes it gets.
#![cfg(feature = "tls")]

#[path = "../../support/mod.rs"]
mod support;

mod accepting;
mod deadlines;
mod peer;
mod plain_program;
mod sending;
