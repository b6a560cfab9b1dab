//! Bytes that wait to be written and that others have as well: frames that are shared with other
//! connections, and payloads that are shared with the application.

use alloc::collections::VecDeque;

use bytes::Bytes;

use crate::memory::NoMemory;

/// Shared bytes in order, each at its position in a queue of other bytes.
#[derive(Default)]
pub(super) struct SharedBytes {
    pieces: VecDeque<Shared>,
    /// How many bytes of all pieces are not written yet.
    len: usize,
}

/// A shared frame, its header or its payload. Each such frame is a whole message.
pub(super) struct Shared {
    pub(super) position: usize,
    pub(super) bytes: Bytes,
    /// A part of the frame was written, or is written by what precedes this. So nothing else may be
    /// written before the rest.
    pub(super) begun: bool,
    /// The frame, and so the message, ends with these bytes.
    ends_message: bool,
}

impl SharedBytes {
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// How many bytes wait to be written.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// The heap memory held, in bytes, without that of the shared bytes.
    pub(super) fn heap(&self) -> usize {
        self.pieces.capacity() * size_of::<Shared>()
    }

    pub(super) fn front(&self) -> Option<&Shared> {
        self.pieces.front()
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Shared> {
        self.pieces.iter()
    }

    /// Adds a frame.
    pub(super) fn push(&mut self, position: usize, frame: Bytes) -> Result<(), NoMemory> {
        self.pieces.try_reserve(1)?;
        self.add(Shared { position, bytes: frame, begun: false, ends_message: true });
        Ok(())
    }

    /// Adds a frame by its header and its payload.
    pub(super) fn push_parts(
        &mut self,
        position: usize,
        header: Bytes,
        payload: Bytes,
    ) -> Result<(), NoMemory> {
        self.pieces.try_reserve(2)?;
        self.add(Shared { position, bytes: header, begun: false, ends_message: false });
        self.add(Shared { position, bytes: payload, begun: true, ends_message: true });
        Ok(())
    }

    fn add(&mut self, piece: Shared) {
        self.len += piece.bytes.len();
        self.pieces.push_back(piece);
    }

    /// Takes what is unwritten of the first piece, and whether it ends a message.
    pub(super) fn pop(&mut self) -> Option<(Bytes, bool)> {
        let Shared { bytes, ends_message, .. } = self.pieces.pop_front()?;
        self.len -= bytes.len();
        Some((bytes, ends_message))
    }

    /// Counts up to `len` more bytes of the first piece as written. Returns how many, and whether
    /// a message was written to its end.
    pub(super) fn advance(&mut self, len: usize) -> (usize, bool) {
        let Some(front) = self.pieces.front_mut() else { return (0, false) };
        let taken = len.min(front.bytes.len());
        front.bytes = front.bytes.slice(taken..);
        front.begun = true;
        self.len -= taken;
        if !front.bytes.is_empty() {
            return (taken, false);
        }
        (taken, self.pieces.pop_front().is_some_and(|piece| piece.ends_message))
    }

    /// Notes that the first `removed` bytes of the other queue were removed.
    pub(super) fn note_removed(&mut self, removed: usize) {
        for shared in &mut self.pieces {
            shared.position -= removed;
        }
    }
}
