//! Frames that wait to be written and whose bytes are shared with other connections.

use alloc::collections::VecDeque;

use bytes::Bytes;

use crate::memory::NoMemory;

/// Shared frames in order, each at its position in a queue of other bytes.
#[derive(Default)]
pub(super) struct SharedFrames {
    frames: VecDeque<Shared>,
    /// How many bytes of all frames are not written yet.
    len: usize,
}

/// A shared frame, which is a whole message.
pub(super) struct Shared {
    pub(super) position: usize,
    pub(super) bytes: Bytes,
    /// A part was written, so nothing else may be written before the rest.
    pub(super) begun: bool,
}

impl SharedFrames {
    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// How many bytes wait to be written.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// The heap memory held, in bytes, without that of the frames.
    pub(super) fn heap(&self) -> usize {
        self.frames.capacity() * size_of::<Shared>()
    }

    pub(super) fn front(&self) -> Option<&Shared> {
        self.frames.front()
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Shared> {
        self.frames.iter()
    }

    pub(super) fn push(&mut self, position: usize, bytes: Bytes) -> Result<(), NoMemory> {
        self.frames.try_reserve(1)?;
        self.len += bytes.len();
        self.frames.push_back(Shared { position, bytes, begun: false });
        Ok(())
    }

    /// Takes what is unwritten of the first frame.
    pub(super) fn pop(&mut self) -> Option<Bytes> {
        let bytes = self.frames.pop_front()?.bytes;
        self.len -= bytes.len();
        Some(bytes)
    }

    /// Counts up to `len` more bytes of the first frame as written. Returns how many, and whether
    /// the frame was written to its end.
    pub(super) fn advance(&mut self, len: usize) -> (usize, bool) {
        let Some(front) = self.frames.front_mut() else { return (0, false) };
        let taken = len.min(front.bytes.len());
        front.bytes = front.bytes.slice(taken..);
        front.begun = true;
        self.len -= taken;
        let is_whole = front.bytes.is_empty();
        if is_whole {
            self.frames.pop_front();
        }
        (taken, is_whole)
    }

    /// Notes that the first `removed` bytes of the other queue were removed.
    pub(super) fn note_removed(&mut self, removed: usize) {
        for shared in &mut self.frames {
            shared.position -= removed;
        }
    }
}
