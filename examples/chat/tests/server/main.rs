//! Tests that the server keeps to PROTOCOL.md, with clients that use another WebSocket library.

#[path = "../support/mod.rs"]
mod support;

mod admission;
mod limits;
mod pages;
mod rooms;
mod shutdown;
mod terminal;
