//! Compression (RFC 7692) on connections, against what the C library sends and reads. The rows are
//! those of D, U09 and A08.

#[path = "../support/mod.rs"]
mod support;

mod handshake;
mod limits;
mod peer;
mod received;
mod sent;
mod split_law;
