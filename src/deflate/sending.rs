//! Compression as the sender of frames uses it.

use alloc::vec::Vec;

use super::{Deflate, DeflateContexts, Deflater, Direction, Settings, Takeover};
use crate::handshake::DeflateParameters;
use crate::memory::NoMemory;

/// The deflating side of a connection, and what was agreed on.
pub(crate) struct Compressor {
    deflater: Deflater,
    settings: Settings,
    agreed: DeflateParameters,
    takeover: Takeover,
    min_len: usize,
    keep_context: bool,
    /// Whether the application wants the next messages to be compressed.
    pub(crate) enabled: bool,
}

impl Compressor {
    pub(super) fn new(own: Direction, agreed: DeflateParameters, config: &Deflate) -> Self {
        let settings = config.settings(own.window);
        Self {
            deflater: Deflater::new(settings, own.takeover),
            settings,
            agreed,
            takeover: own.takeover,
            min_len: config.minimum,
            keep_context: config.keep_contexts,
            enabled: true,
        }
    }

    /// What both sides agreed on in the handshake.
    pub(crate) const fn agreed(&self) -> DeflateParameters {
        self.agreed
    }

    /// Whether a message of `len` bytes is to be compressed.
    pub(crate) const fn should_compress(&self, len: usize) -> bool {
        self.enabled && len >= self.min_len
    }

    /// Takes the memory for a message. Returns false if there is none, so that the message leaves as
    /// it is.
    pub(crate) fn try_prepare(&mut self) -> bool {
        self.deflater.try_prepare()
    }

    /// Compresses a fragment that is not the last of its message, and appends it to `output`. The
    /// peer can read all of it before the next fragment arrives.
    pub(crate) fn compress(&mut self, data: &[u8], output: &mut Vec<u8>) -> Result<(), NoMemory> {
        self.deflater.compress(data, output)
    }

    /// Compresses a whole message or the last fragment of one, and appends it to `output`.
    pub(crate) fn finish(&mut self, data: &[u8], output: &mut Vec<u8>) -> Result<(), NoMemory> {
        self.deflater.finish(data, output)
    }

    /// Makes the next message refer to nothing before it. Call this when what was compressed last
    /// is not sent, or when a compressed message is sent that was not compressed here.
    pub(crate) fn forget_history(&mut self) {
        self.deflater.forget_history();
    }

    /// The settings for [`compress_alone`].
    pub(crate) const fn settings(&self) -> Settings {
        self.settings
    }

    pub(super) fn borrow_context(&mut self, contexts: &mut DeflateContexts) {
        self.deflater.lend_context(|| contexts.take_deflate(self.settings));
    }

    /// Gives the context back between messages, unless the next message may refer to what is in it.
    pub(super) fn return_context(&mut self, contexts: &mut DeflateContexts) {
        let unneeded = !self.keep_context && self.takeover == Takeover::Off;
        if unneeded && let Some(context) = self.deflater.take_context() {
            contexts.put_deflate(context);
        }
    }

    pub(super) fn release_context(&mut self) {
        if !self.keep_context {
            self.deflater.take_context();
        }
    }
}

impl core::fmt::Debug for Compressor {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Compressor").field("agreed", &self.agreed).finish_non_exhaustive()
    }
}

/// Compresses a message so that it refers to no other, and any connection with these settings may
/// send it.
pub(crate) fn compress_alone(settings: Settings, data: &[u8]) -> Result<Vec<u8>, NoMemory> {
    let mut compressed = Vec::new();
    // No message follows that would have to be kept from referring to this one.
    Deflater::new(settings, Takeover::On).finish(data, &mut compressed)?;
    Ok(compressed)
}
