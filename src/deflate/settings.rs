//! What compression may cost.

use zlib_rs::DeflateConfig;

use crate::handshake::WindowBits;

/// The costs of compression, in time and memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Settings {
    level: u8,
    window: WindowBits,
    memory: u8,
}

impl Settings {
    /// The `level` is 0 (stored) to 9 (smallest); 1 is the fastest that compresses. The `memory`
    /// level is 1 to 9 and gives blocks of 128 to 32,768 symbols. Others count as the nearest.
    ///
    /// A `window` of 8 is kept, as zlib's windows of 9 bits reach 250 bytes back.
    pub(crate) fn new(level: u8, window: WindowBits, memory: u8) -> Self {
        Self { level: level.min(9), window, memory: memory.clamp(1, 9) }
    }

    pub(super) fn config(self) -> DeflateConfig {
        DeflateConfig {
            level: self.level.into(),
            // Negative: without zlib's header.
            window_bits: -i32::from(self.window.bits().max(9)),
            mem_level: self.memory.into(),
            ..DeflateConfig::default()
        }
    }
}
