//! How much time and memory compression takes.

use super::zlib::Deflate;
use crate::handshake::WindowBits;
use crate::memory::NoMemory;

/// The settings of a compression context; one made with them can only serve connections that
/// have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Settings {
    level: u8,
    window: WindowBits,
    memory_level: u8,
}

impl Settings {
    /// The `level` is from 0 (stored) to 9 (smallest); 1 is the fastest that compresses. The
    /// `memory_level` is from 1 to 9 and gives blocks of 128 to 32,768 symbols. Values out of range
    /// count as the nearest.
    ///
    /// A `window` of 8 bits is respected although zlib's smallest has 9: with 9, zlib refers at
    /// most 250 bytes back.
    pub(crate) fn new(level: u8, window: WindowBits, memory_level: u8) -> Self {
        Self { level: level.min(9), window, memory_level: memory_level.clamp(1, 9) }
    }

    pub(super) fn new_deflate(self) -> Result<Deflate, NoMemory> {
        Deflate::new(self.level, self.window, self.memory_level)
    }
}
