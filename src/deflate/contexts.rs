//! A pool of the memory that compression needs while a message is in work.

use alloc::vec::Vec;

use super::{DeflateContext, InflateContext, Settings};

/// A pool of compression contexts that any connection may use for its next message, for example
/// one pool for each thread. See [`Connection::lend_contexts`](crate::Connection::lend_contexts).
///
/// It keeps at most four contexts for each direction and drops the others: 186 KiB for receiving,
/// and for sending up to four times what [memory](crate::Deflate#memory) says.
#[derive(Default)]
pub struct DeflateContexts {
    inflate: Vec<InflateContext>,
    deflate: Vec<DeflateContext>,
}

impl DeflateContexts {
    /// How many contexts are kept for each direction.
    const CAPACITY: usize = 4;

    /// An empty pool. Connections make their own contexts, and leave them here when they are taken
    /// back.
    pub const fn new() -> Self {
        Self { inflate: Vec::new(), deflate: Vec::new() }
    }

    pub(super) fn take_inflate(&mut self) -> Option<InflateContext> {
        self.inflate.pop()
    }

    pub(super) fn take_deflate(&mut self, settings: Settings) -> Option<DeflateContext> {
        let index = self.deflate.iter().position(|context| context.settings() == settings)?;
        Some(self.deflate.swap_remove(index))
    }

    pub(super) fn put_inflate(&mut self, context: InflateContext) {
        if self.inflate.len() < Self::CAPACITY {
            self.inflate.push(context);
        }
    }

    /// Keeps a context. In a full pool it replaces the oldest, which may have settings that no
    /// connection has any more.
    pub(super) fn put_deflate(&mut self, context: DeflateContext) {
        if self.deflate.len() == Self::CAPACITY {
            self.deflate.remove(0);
        }
        self.deflate.push(context);
    }
}

impl core::fmt::Debug for DeflateContexts {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("DeflateContexts")
            .field("inflate", &self.inflate.len())
            .field("deflate", &self.deflate.len())
            .finish()
    }
}
