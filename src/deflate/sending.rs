//! Messages to be compressed, as the sender of frames sees them.

use alloc::vec::Vec;

use super::{DeflateContexts, Deflater, Settings};
use crate::handshake::DeflateParameters;

/// The deflating side of a connection, and what was agreed on.
pub(crate) struct Compressor {
    deflater: Deflater,
    settings: Settings,
    agreed: DeflateParameters,
    takeover: bool,
    minimum: usize,
    keep: bool,
    /// The application's choice for the messages from here on.
    pub(crate) enabled: bool,
}

impl Compressor {
    pub(super) fn new(
        settings: Settings,
        agreed: DeflateParameters,
        takeover: bool,
        config: &super::Deflate,
    ) -> Self {
        Self {
            deflater: Deflater::new(settings, takeover),
            settings,
            agreed,
            takeover,
            minimum: config.minimum,
            keep: config.keep_contexts,
            enabled: true,
        }
    }

    pub(crate) const fn agreed(&self) -> DeflateParameters {
        self.agreed
    }

    /// Whether a message of this length is to be compressed.
    pub(crate) const fn wants(&self, len: usize) -> bool {
        self.enabled && len >= self.minimum
    }

    /// Appends a fragment of a message; all of it can be read by the peer before the next.
    pub(crate) fn compress(&mut self, data: &[u8], last: bool, output: &mut Vec<u8>) {
        if last {
            self.deflater.finish(data, output);
        } else {
            self.deflater.compress(data, output);
        }
    }

    /// What was compressed last is not sent, or something was sent that did not pass here: the
    /// next message refers to nothing.
    pub(crate) fn forget(&mut self) {
        self.deflater.discard();
    }

    /// What messages that are compressed by themselves have in common.
    pub(crate) const fn settings(&self) -> Settings {
        self.settings
    }

    pub(super) fn lend(&mut self, contexts: &mut DeflateContexts) {
        self.deflater.lend_context(|| contexts.deflate(self.settings));
    }

    /// Gives the context back between messages, unless the next may refer to what is in it.
    pub(super) fn take_back(&mut self, contexts: &mut DeflateContexts) {
        let spare = !self.keep && !self.takeover;
        if spare && let Some(context) = self.deflater.take_context() {
            contexts.keep_deflate(context);
        }
    }

    pub(super) fn release(&mut self) {
        if !self.keep {
            self.deflater.take_context();
        }
    }
}

impl core::fmt::Debug for Compressor {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Compressor").field("agreed", &self.agreed).finish_non_exhaustive()
    }
}

/// A message that is compressed by itself.
pub(crate) fn compress_alone(settings: Settings, data: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::new();
    // Nothing comes behind it that would have to be kept from referring to it.
    Deflater::new(settings, true).finish(data, &mut compressed);
    compressed
}
