//! The codec of permessage-deflate (RFC 7692): what turns the payloads of compressed messages into
//! messages and back. It knows no frames; fragments and reads are just pieces to it.
//!
//! | | keeps between messages | context of zlib-rs, in bytes |
//! |---|---|---|
//! | [`Inflater`] | the last 2^window bytes inflated; nothing without takeover | about 48 Ki, may serve others meanwhile |
//! | [`Deflater`] | the context; nothing without takeover | 134 Ki to 483 Ki, by [`Settings`] |
#![cfg_attr(not(test), expect(dead_code, reason = "connections do not use it yet"))]
#![expect(unused_imports, reason = "connections do not use it yet")]

mod deflater;
mod history;
mod inflater;
mod settings;
#[cfg(test)]
mod tests;
mod window_bits;

pub(crate) use deflater::{DeflateContext, Deflater, Flush};
pub(crate) use inflater::{InflateContext, Inflater, Outcome, Step};
pub(crate) use settings::Settings;
pub(crate) use window_bits::WindowBits;
