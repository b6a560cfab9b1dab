//! Output that was handed out as bytes of their own, and is not known to be written.

use alloc::collections::{TryReserveError, VecDeque};
use alloc::vec::Vec;
use core::mem;

use bytes::{Buf, Bytes};

use super::frame_cursor::FrameCursor;
use super::messages::MessageCounts;

/// The most memory that is kept for the queue, in bytes: that of a message of 1 MiB and of its header,
/// in a queue that grows by doubling. What is freed and made again for each message costs as much as
/// its copies.
const MAX_SPARE: usize = 2 << 20;

/// What is in flight, in order.
#[derive(Default)]
pub(super) struct InFlight {
    pieces: VecDeque<Piece>,
    /// How many bytes of all pieces are not written yet.
    len: usize,
    /// How many of these are of pongs.
    pongs: usize,
    /// Memory of a piece that was written, for the queue.
    spare: Vec<u8>,
}

/// Bytes that were handed out together. They are kept here until they are written, because the
/// frames in them are counted only then.
struct Piece {
    kind: PieceKind,
    /// What is not written yet.
    bytes: Bytes,
    /// How much memory was handed out with these bytes and is not shared, in bytes.
    capacity: usize,
}

pub(super) enum PieceKind {
    /// A part of the queue, and where the frames in it begin.
    Queue(FrameCursor),
    /// Shared bytes.
    Shared {
        ends_message: bool,
    },
    Pong,
}

impl InFlight {
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// How many bytes are not written yet.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// How many of these are of pongs.
    pub(super) const fn pongs(&self) -> usize {
        self.pongs
    }

    pub(super) fn count(&self) -> usize {
        self.pieces.len()
    }

    /// The bytes of all pieces after the first `skipped`.
    pub(super) fn after(&self, skipped: usize) -> impl Iterator<Item = Bytes> {
        self.pieces.iter().skip(skipped).map(|piece| piece.bytes.clone())
    }

    /// Makes room for this many more pieces.
    pub(super) fn try_reserve(&mut self, pieces: usize) -> Result<(), TryReserveError> {
        self.pieces.try_reserve(pieces)
    }

    /// The heap memory held, in bytes, without that of shared bytes.
    pub(super) fn heap(&self) -> usize {
        let handed_out: usize = self.pieces.iter().map(|piece| piece.capacity).sum();
        self.pieces.capacity() * size_of::<Piece>() + handed_out + self.spare.capacity()
    }

    /// Adds bytes, of which there are some, and the memory that they keep.
    pub(super) fn push(&mut self, kind: PieceKind, bytes: Bytes, capacity: usize) {
        self.len += bytes.len();
        if matches!(kind, PieceKind::Pong) {
            self.pongs += bytes.len();
        }
        self.pieces.push_back(Piece { kind, bytes, capacity });
    }

    /// Memory for a queue whose own was handed out.
    pub(super) fn take_spare(&mut self) -> Vec<u8> {
        mem::take(&mut self.spare)
    }

    /// Counts up to `len` more bytes of the first piece as written. Returns how many, and how many of
    /// these are not of a pong.
    pub(super) fn advance(&mut self, len: usize, messages: &mut MessageCounts) -> (usize, usize) {
        let Some(front) = self.pieces.front_mut() else { return (0, 0) };
        let taken = len.min(front.bytes.len());
        let is_pong = matches!(front.kind, PieceKind::Pong);
        front.advance(taken, messages);
        self.len -= taken;
        self.pongs -= if is_pong { taken } else { 0 };
        if front.bytes.is_empty() {
            self.drop_front();
        }
        (taken, if is_pong { 0 } else { taken })
    }

    /// Drops the first piece, and keeps its memory if nobody else has a part of it.
    fn drop_front(&mut self) {
        let Some(Piece { kind: PieceKind::Queue(_), bytes, .. }) = self.pieces.pop_front() else {
            return;
        };
        // The conversion takes the memory, or copies the bytes, of which there are none.
        let memory = Vec::from(bytes);
        if (self.spare.capacity()..=MAX_SPARE).contains(&memory.capacity()) {
            self.spare = memory;
        }
    }
}

impl Piece {
    fn advance(&mut self, taken: usize, messages: &mut MessageCounts) {
        match &mut self.kind {
            PieceKind::Queue(cursor) => {
                cursor.find_next(&self.bytes, taken, messages);
                cursor.start = cursor.start.saturating_sub(taken);
            }
            PieceKind::Shared { ends_message } => {
                messages.note_taken(*ends_message && taken == self.bytes.len());
            }
            PieceKind::Pong => {}
        }
        self.bytes.advance(taken);
    }
}
