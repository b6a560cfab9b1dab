//! Compression (RFC 7692) on connections, compared with zlib, the C library. Rows D, U09 and A08 of
//! the catalogue.

#[path = "../support/mod.rs"]
mod support;

mod handshake;
mod limits;
mod peer;
mod received;
mod sent;
mod split_law;
