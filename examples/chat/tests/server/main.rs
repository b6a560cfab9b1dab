//! What PROTOCOL.md promises, asked of the program itself by clients that are not ours.

#[path = "../support/mod.rs"]
mod support;

mod coming_in;
mod limits;
mod pages;
mod rooms;
mod shutdown;
mod terminal;
