//! The memory of compression while no message is in it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{DeflateContext, InflateContext, Settings};

/// Compression contexts that any connection may use for its next message: those of one thread,
/// say. See [`Connection::lend_contexts`](crate::Connection::lend_contexts).
///
/// It keeps at most four for each direction: 186 KiB for receiving, and for sending up to four
/// times what [memory](crate::Deflate#memory) says. Others are dropped.
#[derive(Default)]
#[expect(clippy::vec_box, reason = "connections hold them by pointers, which move")]
pub struct DeflateContexts {
    inflate: Vec<InflateContext>,
    deflate: Vec<Box<DeflateContext>>,
}

impl DeflateContexts {
    const KEPT: usize = 4;

    /// Without any: connections make theirs, and leave them here.
    pub const fn new() -> Self {
        Self { inflate: Vec::new(), deflate: Vec::new() }
    }

    pub(super) fn inflate(&mut self) -> Option<InflateContext> {
        self.inflate.pop()
    }

    pub(super) fn deflate(&mut self, settings: Settings) -> Option<Box<DeflateContext>> {
        let at = self.deflate.iter().position(|context| context.settings() == settings)?;
        Some(self.deflate.swap_remove(at))
    }

    pub(super) fn keep_inflate(&mut self, context: InflateContext) {
        if self.inflate.len() < Self::KEPT {
            self.inflate.push(context);
        }
    }

    /// The newest take the place of the oldest, which may have settings that nobody has now.
    pub(super) fn keep_deflate(&mut self, context: Box<DeflateContext>) {
        if self.deflate.len() == Self::KEPT {
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
