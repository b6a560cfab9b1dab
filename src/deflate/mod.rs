//! permessage-deflate (RFC 7692) once it is agreed on: turns messages into the payloads of
//! compressed messages, and back. This module knows no frames; a fragment, or what one read
//! brought of it, is just a piece of a payload here.
//!
//! | | keeps between messages | context of zlib-rs, in bytes |
//! |---|---|---|
//! | [`Inflater`] | the last 2^window bytes inflated; nothing without takeover | about 48 Ki, usable by other connections between messages |
//! | [`Deflater`] | the context; nothing without takeover | 134 Ki to 483 Ki, depending on [`Settings`] |
//!
//! These two are the codec. [`Decompressor`] and [`Compressor`] wrap them for the reader and the
//! sender of frames, and apply the configuration.

mod config;
mod contexts;
mod deflater;
mod direction;
mod history;
mod inflater;
mod receiving;
mod sending;
mod settings;
#[cfg(test)]
mod tests;
mod zlib;

use alloc::boxed::Box;

pub use config::Deflate;
pub use contexts::DeflateContexts;

use deflater::{DeflateContext, Deflater};
use direction::{Direction, Takeover};
use inflater::{InflateContext, Inflater, Step};

pub(crate) use inflater::Outcome;
pub(crate) use receiving::{Decompressor, Inflated};
pub(crate) use sending::{Compressor, compress_alone};
pub(crate) use settings::Settings;

use crate::handshake::DeflateParameters;

/// Makes what a client decompresses and compresses with.
pub(crate) fn for_client(
    agreed: DeflateParameters,
    config: &Deflate,
) -> (Option<Box<Decompressor>>, Option<Box<Compressor>>) {
    let (own, peer) = (Direction::from_client(agreed), Direction::from_server(agreed));
    directions(own, peer, agreed, config)
}

/// Makes what a server decompresses and compresses with.
pub(crate) fn for_server(
    agreed: DeflateParameters,
    config: &Deflate,
) -> (Option<Box<Decompressor>>, Option<Box<Compressor>>) {
    let (own, peer) = (Direction::from_server(agreed), Direction::from_client(agreed));
    directions(own, peer, agreed, config)
}

fn directions(
    own: Direction,
    peer: Direction,
    agreed: DeflateParameters,
    config: &Deflate,
) -> (Option<Box<Decompressor>>, Option<Box<Compressor>>) {
    let decompressor = Decompressor::new(peer, config);
    let compressor = Compressor::new(own, agreed, config);
    (Some(Box::new(decompressor)), Some(Box::new(compressor)))
}

/// Frees the contexts of a connection that has been silent for a while, unless the configuration
/// keeps them.
pub(crate) fn release_contexts(
    decompressor: Option<&mut Decompressor>,
    compressor: Option<&mut Compressor>,
) {
    if let (Some(decompressor), Some(compressor)) = (decompressor, compressor) {
        decompressor.release_context();
        compressor.release_context();
    }
}

impl DeflateContexts {
    /// Gives contexts to a connection that has none.
    pub(crate) fn lend(
        &mut self,
        decompressor: Option<&mut Decompressor>,
        compressor: Option<&mut Compressor>,
    ) {
        if let (Some(decompressor), Some(compressor)) = (decompressor, compressor) {
            decompressor.borrow_context(self);
            compressor.borrow_context(self);
        }
    }

    /// Takes back the contexts that the connection's next message can do without.
    pub(crate) fn take_back(
        &mut self,
        decompressor: Option<&mut Decompressor>,
        compressor: Option<&mut Compressor>,
    ) {
        if let (Some(decompressor), Some(compressor)) = (decompressor, compressor) {
            decompressor.return_context(self);
            compressor.return_context(self);
        }
    }
}
