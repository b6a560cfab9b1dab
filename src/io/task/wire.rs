//! What a runtime has to bring.

use std::io::{self, IoSlice};
use std::task::{Context, Poll};

use crate::Time;

/// A stream of one runtime, with its clock and its timer.
pub trait Wire: Unpin {
    /// Reads into `space`; zero bytes are the end of the stream.
    fn poll_read(&mut self, cx: &mut Context<'_>, space: &mut [u8]) -> Poll<io::Result<usize>>;

    /// Writes some of the pieces.
    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>>;

    /// Pushes on what the stream itself has buffered.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Ends the writing direction.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// The time since [`origin`](crate::io::origin).
    fn now(&self) -> Time;

    /// Ready once `at` has come; never for `None`.
    fn poll_until(&mut self, cx: &mut Context<'_>, at: Option<Time>) -> Poll<()>;
}
