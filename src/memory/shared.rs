//! Frames that wait to be written and are not copied, as others hold them too.

use alloc::boxed::Box;
use alloc::collections::VecDeque;

use bytes::Bytes;

/// Shared frames in order, each at its place behind a byte of a queue. Takes no memory while there
/// are none.
#[derive(Default)]
pub(super) struct SharedFrames(Option<Box<Waiting>>);

#[derive(Default)]
struct Waiting {
    frames: VecDeque<Shared>,
    /// The bytes of all of them that are not written.
    len: usize,
}

/// One of them, or several in one piece.
pub(super) struct Shared {
    pub(super) at: usize,
    pub(super) bytes: Bytes,
    /// Some of it is gone: nothing may come in between.
    pub(super) begun: bool,
}

impl SharedFrames {
    pub(super) const NONE: Self = Self(None);

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|waiting| waiting.frames.is_empty())
    }

    /// The bytes to write.
    pub(super) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |waiting| waiting.len)
    }

    /// The heap memory held, in bytes, without that of the frames.
    pub(super) fn heap(&self) -> usize {
        self.0.as_ref().map_or(0, |waiting| {
            size_of::<Waiting>() + waiting.frames.capacity() * size_of::<Shared>()
        })
    }

    pub(super) fn front(&self) -> Option<&Shared> {
        self.iter().next()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Shared> {
        self.0.iter().flat_map(|waiting| &waiting.frames)
    }

    pub(super) fn push(&mut self, at: usize, bytes: Bytes) {
        let waiting = self.0.get_or_insert_default();
        waiting.len += bytes.len();
        waiting.frames.push_back(Shared { at, bytes, begun: false });
    }

    /// Takes up to `len` bytes from the first and tells how many.
    pub(super) fn advance(&mut self, len: usize) -> usize {
        let Some(waiting) = &mut self.0 else { return 0 };
        let Some(front) = waiting.frames.front_mut() else { return 0 };
        let taken = len.min(front.bytes.len());
        front.bytes = front.bytes.slice(taken..);
        front.begun = true;
        waiting.len -= taken;
        if front.bytes.is_empty() {
            waiting.frames.pop_front();
        }
        taken
    }

    /// The queue lost so many bytes at its front.
    pub(super) fn move_places(&mut self, lost: usize) {
        for shared in self.0.iter_mut().flat_map(|waiting| &mut waiting.frames) {
            shared.at -= lost;
        }
    }
}
