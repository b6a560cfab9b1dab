//! The pong that waits to be written.

use alloc::vec::Vec;
use core::mem;

use bytes::Bytes;

/// A pong, which is written once the queue was written up to its position.
#[derive(Default)]
pub(super) struct Pong {
    pub(super) position: usize,
    pub(super) frame: Vec<u8>,
    /// How much of the frame was written.
    pub(super) written: usize,
    /// The frame of the next pong, if this one is partly written.
    pub(super) next: Vec<u8>,
}

/// What became of a pong that was to be queued, and the lengths of frames in bytes.
#[derive(Clone, Copy)]
pub(crate) enum QueuedPong {
    /// It waits, and has this length.
    Added(usize),
    /// It waits in the place of another one. The lengths are those of the other one and of this.
    Replaced(usize, usize),
    /// It would have followed the last frame.
    Dropped,
}

impl Pong {
    pub(super) fn unwritten(&self) -> &[u8] {
        &self.frame[self.written..]
    }

    /// How many bytes wait to be written.
    pub(super) fn len(&self) -> usize {
        self.unwritten().len() + self.next.len()
    }

    /// The heap memory held, in bytes, with that of this value.
    pub(super) fn heap(&self) -> usize {
        size_of::<Self>() + self.frame.capacity() + self.next.capacity()
    }

    /// Counts up to `len` more bytes of the frame as written, and returns how many.
    pub(super) fn advance(&mut self, len: usize) -> usize {
        let taken = len.min(self.unwritten().len());
        self.written += taken;
        if self.unwritten().is_empty() {
            self.take();
        }
        taken
    }

    /// Takes what is unwritten of the frame, in whose place the next one comes.
    pub(super) fn take(&mut self) -> Bytes {
        let frame = mem::replace(&mut self.frame, mem::take(&mut self.next));
        Bytes::from(frame).slice(mem::take(&mut self.written)..)
    }
}
