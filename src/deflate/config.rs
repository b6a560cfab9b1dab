//! The choices of compression.

use alloc::vec::Vec;

use super::Settings;
use crate::handshake::{DeflateOffer, DeflatePolicy, WindowBits};

#[doc = include_str!("compression.md")]
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Deflate {
    /// What a server agrees to. Default: what the client offers.
    pub policy: DeflatePolicy,
    /// What a client offers. Default: both sides keep their windows of 32 KiB between messages,
    /// and the server may ask for less.
    pub offer: DeflateOffer,
    /// What a client offers if the server declines the first. Default: none.
    pub fallback: Option<DeflateOffer>,
    /// 1 is the fastest and 9 gives the smallest messages; 0 does not compress. More counts as 9.
    /// Default: 6.
    pub level: u8,
    /// The memory for compressing, from 1 to 9, beside that of the window: see
    /// [memory](Self#memory). Others count as the nearest. Default: 5.
    pub memory_level: u8,
    /// The shortest message to be compressed, in bytes. Default: 128, as shorter ones gain little.
    pub minimum: usize,
    /// Keeps all memory for the next message. Otherwise a connection that turns idle gives back
    /// what the next message can do without, and after a silence of
    /// [`Keepalive::interval`](crate::Keepalive::interval) also the window that it compresses
    /// with, so that the next message is compressed as the first was. Default: no.
    pub keep_contexts: bool,
}

impl Default for Deflate {
    fn default() -> Self {
        Self {
            policy: DeflatePolicy::default(),
            offer: DeflateOffer::default(),
            fallback: None,
            level: 6,
            memory_level: 5,
            minimum: 128,
            keep_contexts: false,
        }
    }
}

impl Deflate {
    /// What a client offers, in its order of preference.
    pub(crate) fn offers(&self) -> Vec<DeflateOffer> {
        [Some(self.offer), self.fallback].into_iter().flatten().collect()
    }

    pub(super) fn settings(&self, window: WindowBits) -> Settings {
        Settings::new(self.level, window, self.memory_level)
    }
}
