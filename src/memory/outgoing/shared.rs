//! Frames that wait to be written and whose bytes are shared with other connections.

use alloc::boxed::Box;
use alloc::collections::VecDeque;

use bytes::Bytes;

/// Shared frames in order, each at its position in a queue of other bytes. Without frames, this
/// takes no heap memory.
#[derive(Default)]
pub(super) struct SharedFrames(Option<Box<SharedQueue>>);

#[derive(Default)]
struct SharedQueue {
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
    pub(super) const NONE: Self = Self(None);

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|queue| queue.frames.is_empty())
    }

    /// How many bytes wait to be written.
    pub(super) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |queue| queue.len)
    }

    /// The heap memory held, in bytes, without that of the frames.
    pub(super) fn heap(&self) -> usize {
        self.0.as_ref().map_or(0, |queue| {
            size_of::<SharedQueue>() + queue.frames.capacity() * size_of::<Shared>()
        })
    }

    pub(super) fn front(&self) -> Option<&Shared> {
        self.iter().next()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Shared> {
        self.0.iter().flat_map(|queue| &queue.frames)
    }

    pub(super) fn push(&mut self, position: usize, bytes: Bytes) {
        let queue = self.0.get_or_insert_default();
        queue.len += bytes.len();
        queue.frames.push_back(Shared { position, bytes, begun: false });
    }

    /// Counts up to `len` more bytes of the first frame as written. Returns how many, and whether
    /// the frame was written to its end.
    pub(super) fn advance(&mut self, len: usize) -> (usize, bool) {
        let Some(queue) = &mut self.0 else { return (0, false) };
        let Some(front) = queue.frames.front_mut() else { return (0, false) };
        let taken = len.min(front.bytes.len());
        front.bytes = front.bytes.slice(taken..);
        front.begun = true;
        queue.len -= taken;
        let is_whole = front.bytes.is_empty();
        if is_whole {
            queue.frames.pop_front();
        }
        (taken, is_whole)
    }

    /// Notes that the first `removed` bytes of the other queue were removed.
    pub(super) fn note_removed(&mut self, removed: usize) {
        for shared in self.0.iter_mut().flat_map(|queue| &mut queue.frames) {
            shared.position -= removed;
        }
    }
}
