//! Random bytes, which the caller supplies.

use core::fmt;

/// A source of random bytes that nobody can predict, for masking keys and handshake keys.
///
/// Masking is safe only if nobody can guess the key: whoever can, decides which bytes a proxy sees
/// on the wire (§10.3). Use the operating system's generator or one seeded from it, as the adapters
/// do; the core has no generator of its own.
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
    /// [`EntropyError`] if no random bytes are available. The frame that needs them is not sent.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError>;
}

impl<F: Fn(&mut [u8]) -> Result<(), EntropyError> + Sync> Entropy for F {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        self(bytes)
    }
}

/// No random bytes are available.
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
