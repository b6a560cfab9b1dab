//! permessage-deflate (RFC 7692), once it is agreed on: what turns the payloads of compressed
//! messages into messages and back. It knows no frames; fragments and reads are just pieces to it.
//!
//! | | keeps between messages | context of zlib-rs, in bytes |
//! |---|---|---|
//! | [`Inflater`] | the last 2^window bytes inflated; nothing without takeover | about 48 Ki, may serve others meanwhile |
//! | [`Deflater`] | the context; nothing without takeover | 134 Ki to 483 Ki, by [`Settings`] |
//!
//! The two are the codec. [`Decompressor`] and [`Compressor`] are the same as the reader and the
//! sender of frames want them, with what the configuration says.

mod config;
mod contexts;
mod deflater;
mod history;
mod inflater;
mod receiving;
mod sending;
mod settings;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;

pub use config::Deflate;
pub use contexts::DeflateContexts;

use deflater::{DeflateContext, Deflater};
use inflater::{InflateContext, Inflater, Step};

pub(crate) use inflater::Outcome;
pub(crate) use receiving::{Decompressor, Inflated};
pub(crate) use sending::{Compressor, compress_alone};
pub(crate) use settings::Settings;

use crate::handshake::DeflateParameters;

/// Both directions of a connection on which compression was agreed on.
pub(crate) fn directions(
    agreed: DeflateParameters,
    is_client: bool,
    deflate: &Deflate,
) -> (Option<Box<Decompressor>>, Option<Box<Compressor>>) {
    let server = (agreed.server_max_window_bits, !agreed.server_no_context_takeover);
    let client = (agreed.client_max_window_bits, !agreed.client_no_context_takeover);
    let (own, peer) = if is_client { (client, server) } else { (server, client) };
    let decompressor = Decompressor::new(peer.0, peer.1, deflate.keep_contexts);
    let compressor = Compressor::new(deflate.settings(own.0), agreed, own.1, deflate);
    (Some(Box::new(decompressor)), Some(Box::new(compressor)))
}

/// In times of silence: drops what the next message can do without.
pub(crate) fn release(
    decompressor: Option<&mut Decompressor>,
    compressor: Option<&mut Compressor>,
) {
    if let (Some(decompressor), Some(compressor)) = (decompressor, compressor) {
        decompressor.release();
        compressor.release();
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
            decompressor.lend(self);
            compressor.lend(self);
        }
    }

    /// Takes those that a connection can do without.
    pub(crate) fn take_back(
        &mut self,
        decompressor: Option<&mut Decompressor>,
        compressor: Option<&mut Compressor>,
    ) {
        if let (Some(decompressor), Some(compressor)) = (decompressor, compressor) {
            decompressor.take_back(self);
            compressor.take_back(self);
        }
    }
}
