//! Random bytes as the caller supplies them.

use core::fmt;

/// A source of random bytes that nobody can predict, for masking keys and handshake keys.
///
/// RFC 6455 §10.3 rests on it: whoever guesses the masking key of a frame can choose what a
/// proxy sees on the wire. Take the operating system's generator or one seeded from it, as the
/// adapters do; the crate has no generator of its own.
///
/// One call is made for each frame that a client sends, so a source that has to ask the
/// operating system should do so for a block at a time. Plain functions implement it:
///
/// ```
/// use websocket_proto::{Entropy, EntropyError};
///
/// fn system(bytes: &mut [u8]) -> Result<(), EntropyError> {
/// #   let _ = bytes;
///     // getrandom::fill(bytes) …
///     Ok(())
/// }
/// static SOURCE: &dyn Entropy = &system;
/// ```
pub trait Entropy: Sync {
    /// Fills `bytes`.
    ///
    /// # Errors
    ///
    /// When there are no random bytes to be had; the frame in question is not sent.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError>;
}

impl<F: Fn(&mut [u8]) -> Result<(), EntropyError> + Sync> Entropy for F {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        self(bytes)
    }
}

/// There are no random bytes to be had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EntropyError;

impl EntropyError {
    /// The error.
    pub const fn new() -> Self {
        Self
    }
}

impl fmt::Display for EntropyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no random bytes available")
    }
}

impl core::error::Error for EntropyError {}
