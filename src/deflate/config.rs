//! The configuration of compression.

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
    /// What a client offers as its second choice, for a server that declines
    /// [`offer`](Self::offer). Default: nothing.
    pub fallback: Option<DeflateOffer>,
    /// How hard to compress: 1 is the fastest and 9 gives the smallest messages; 0 does not
    /// compress. Larger values count as 9. Default: 6.
    pub level: u8,
    /// How much memory to compress with besides the window's, from 1 to 9: see
    /// [memory](Self#memory). Values out of range count as the nearest. Default: 5.
    pub memory_level: u8,
    /// The length in bytes of the shortest message that is compressed. Default: 128, as shorter
    /// messages gain little.
    pub minimum: usize,
    /// Whether a connection keeps all its memory for the next message. If not, it gives back what
    /// the next message can do without when it turns idle. After a silence of
    /// [`Keepalive::interval`](crate::Keepalive::interval) it also gives back the window that it
    /// compresses with, so the next message cannot refer to earlier ones. Default: no.
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
    /// What a client offers, in its order of preference: [`offer`](Self::offer) and, if there is one,
    /// [`fallback`](Self::fallback).
    pub fn offers(&self) -> Vec<DeflateOffer> {
        [Some(self.offer), self.fallback].into_iter().flatten().collect()
    }

    /// The settings of a context that compresses with `window`.
    pub(super) fn settings(&self, window: WindowBits) -> Settings {
        Settings::new(self.level, window, self.memory_level)
    }
}
