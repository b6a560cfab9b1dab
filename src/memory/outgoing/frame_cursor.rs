//! Where frames begin in bytes that this crate has encoded.

use super::messages::MessageCounts;
use crate::frame;

/// A place where a frame begins, from which later ones can be found.
#[derive(Clone, Copy, Default)]
pub(super) struct FrameCursor {
    pub(super) start: usize,
    /// The frame before it ends a message, which is not counted as taken yet.
    pub(super) ends_message: bool,
}

impl FrameCursor {
    /// Moves to the first frame of which nothing was written, or to the end of `bytes`, of which the
    /// first `written` were written. Counts the messages before it that were written whole.
    pub(super) fn find_next(&mut self, bytes: &[u8], written: usize, messages: &mut MessageCounts) {
        while self.start <= written {
            #[cfg(all(test, feature = "std"))]
            walked::note();
            messages.note_taken(core::mem::take(&mut self.ends_message));
            let rest = &bytes[self.start..];
            if self.start == written || rest.is_empty() {
                return;
            }
            self.ends_message = frame::ends_message(rest[0]);
            self.start += frame::encoded_len(rest).min(rest.len());
        }
    }
}

/// How many frames were looked at, which tests compare with how many there were.
#[cfg(all(test, feature = "std"))]
pub(in crate::memory) mod walked {
    use std::cell::Cell;

    std::thread_local! {
        static FRAMES: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn note() {
        FRAMES.set(FRAMES.get() + 1);
    }

    /// The count since this was called last on this thread.
    pub(in crate::memory) fn take() -> usize {
        FRAMES.take()
    }
}
