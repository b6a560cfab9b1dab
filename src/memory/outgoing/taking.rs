//! Output for writers that need bytes of their own.

use alloc::alloc::{Layout, handle_alloc_error};
use alloc::collections::TryReserveError;
use alloc::vec::Vec;
use core::mem;

use bytes::Bytes;

use super::frame_cursor::FrameCursor;
use super::in_flight::PieceKind;
use super::{Next, Outgoing};

impl Outgoing {
    /// While this many pieces are in flight, [`take_in_flight`](Self::take_in_flight) takes nothing.
    pub const MAX_IN_FLIGHT: usize = 16;

    /// Takes everything that waits as bytes of their own, in order and not empty, for writers that
    /// keep what they write until it is written: io_uring, and transports with a queue of their own.
    /// Nothing is copied; large [`Prepared`](crate::Prepared) messages, and the payloads of other
    /// large ones that were queued as a [`Message`](crate::Message), are pieces of their own.
    ///
    /// What is taken is *in flight*. It still counts for [`len`](Self::len), for
    /// [`Limits::output`](crate::Limits::output) and for
    /// [`Config::write_timeout`](crate::Config::write_timeout). As the transport writes it, say so
    /// with [`advance`](Self::advance), which counts what was taken first before what was taken
    /// later. Drop the bytes before that, and their memory is used again. More can be
    /// taken meanwhile, to be written after it, until [`MAX_IN_FLIGHT`](Self::MAX_IN_FLIGHT) pieces
    /// are in flight: then this returns nothing, though output waits. So take again after each
    /// `advance`, too.
    ///
    /// While anything is in flight, [`pending`](Self::pending) and [`first_piece`](Self::first_piece)
    /// show nothing, as nothing may be written before it. If the connection drops its output, because
    /// it is aborted, its transport fails or the peer takes nothing for too long, this is empty, and
    /// nothing in flight is waited for any more: cancel what is still being written and close the
    /// transport. What is then said to be written does not count.
    ///
    /// ```
    /// # use std::collections::VecDeque;
    /// # use websocket_proto::*;
    /// # struct Ring(VecDeque<bytes::Bytes>, Vec<u8>);
    /// # impl Ring {
    /// #     fn submit(&mut self, piece: bytes::Bytes) {
    /// #         self.0.push_back(piece);
    /// #     }
    /// #     fn wait(&mut self) -> usize {
    /// #         let piece = self.0.pop_front().expect("something was submitted");
    /// #         self.1.extend(&piece);
    /// #         piece.len()
    /// #     }
    /// # }
    /// # let mut ring = Ring(VecDeque::new(), Vec::new());
    /// let mut connection = Connection::established(Role::Server, None, Config::default(), Time::ZERO);
    /// let mut outgoing = Outgoing::new();
    /// connection.send_text("one", &mut outgoing)?;
    /// while !outgoing.is_empty() {
    ///     for piece in outgoing.take_in_flight() {
    ///         ring.submit(piece);
    ///     }
    ///     // The ring writes, and more is sent.
    ///     if outgoing.written() == 0 {
    ///         connection.send_text("two", &mut outgoing)?;
    ///     }
    ///     // A write is complete. If it wrote less than its piece, submit the rest of the piece.
    ///     let written = ring.wait();
    ///     outgoing.advance(written);
    /// }
    /// # assert_eq!(ring.1, b"\x81\x03one\x81\x03two");
    /// # Ok::<(), SendError>(())
    /// ```
    #[must_use = "what is taken and not written is lost"]
    pub fn take_in_flight(&mut self) -> Vec<Bytes> {
        let taken = self.try_take_in_flight();
        taken.unwrap_or_else(|_| handle_alloc_error(Layout::new::<Vec<Bytes>>()))
    }

    /// The same as [`take_in_flight`](Self::take_in_flight), but where there is no memory for the list
    /// of many pieces, this is an error, and nothing is taken.
    ///
    /// # Errors
    ///
    /// That of the allocator.
    pub fn try_take_in_flight(&mut self) -> Result<Vec<Bytes>, TryReserveError> {
        let before = self.aside.as_ref().map_or(0, |aside| aside.in_flight.count());
        let mut taken = Vec::new();
        if before >= Self::MAX_IN_FLIGHT || self.len() == self.in_flight() {
            return Ok(taken);
        }
        let most = self.most_pieces();
        taken.try_reserve_exact(most)?;
        self.aside.get_or_insert_default().in_flight.try_reserve(most)?;
        self.put_in_flight();
        taken.extend(self.aside.iter().flat_map(|aside| aside.in_flight.after(before)));
        Ok(taken)
    }

    /// How many bytes are in flight: they were [taken](Self::take_in_flight), and
    /// [`advance`](Self::advance) has not counted them yet.
    pub fn in_flight(&self) -> usize {
        self.aside.as_ref().map_or(0, |aside| aside.in_flight.len())
    }

    pub(super) fn has_in_flight(&self) -> bool {
        self.aside.as_ref().is_some_and(|aside| !aside.in_flight.is_empty())
    }

    /// [`advance`](Self::advance) while something is in flight.
    #[cold]
    pub(super) fn advance_in_flight(&mut self, len: usize) {
        let Some(aside) = &mut self.aside else { return };
        let mut rest = len;
        while rest > 0 && !aside.in_flight.is_empty() {
            let (taken, without_pongs) = aside.in_flight.advance(rest, &mut self.messages);
            self.total_written += taken as u64;
            self.taken_position += without_pongs as u64;
            rest -= taken;
        }
        self.drop_written();
        self.messages.note_taken_bytes(len - rest);
    }

    /// The most pieces that wait: each shared one cuts the queue, and so do two pongs in one place.
    fn most_pieces(&self) -> usize {
        let shared = self.aside.as_ref().map_or(0, |aside| aside.shared.iter().len());
        2 * shared + if self.pong.is_some() { 4 } else { 1 }
    }

    /// Puts everything that waits in flight.
    fn put_in_flight(&mut self) {
        let (end, capacity) = (self.queue.len(), self.queue.capacity());
        let queue = if self.written < end { self.replace_queue().into() } else { Bytes::new() };
        let start = self.frame_start - self.written;
        let mut cursor = FrameCursor { start, ends_message: self.ends_message };
        while let Some((kind, bytes)) = self.take_next(&queue, end, &mut cursor) {
            let capacity = match kind {
                PieceKind::Queue(_) if self.written == end => capacity,
                PieceKind::Queue(_) | PieceKind::Shared { .. } => 0,
                PieceKind::Pong => bytes.len(),
            };
            self.aside.get_or_insert_default().in_flight.push(kind, bytes, capacity);
        }
        self.last_frame.note_written(end);
        self.queue.clear();
        (self.written, self.frame_start, self.ends_message) = (0, 0, false);
    }

    /// Replaces the queue by an empty one, and returns it.
    fn replace_queue(&mut self) -> Vec<u8> {
        let aside = self.aside.get_or_insert_default();
        mem::replace(&mut self.queue, aside.in_flight.take_spare())
    }

    /// Takes the next piece. The bytes of the queue, whose length is `end`, are in `queue`, if any of
    /// them waits, and `cursor` is where a frame begins after those that were taken.
    fn take_next(
        &mut self,
        queue: &Bytes,
        end: usize,
        cursor: &mut FrameCursor,
    ) -> Option<(PieceKind, Bytes)> {
        match self.next(end) {
            Next::Queue { end } => {
                let start = mem::replace(&mut self.written, end);
                let piece = || (PieceKind::Queue(mem::take(cursor)), queue.slice(start..end));
                (start < end).then(piece)
            }
            Next::Shared => {
                let (bytes, ends_message) = self.aside.as_mut()?.shared.pop()?;
                Some((PieceKind::Shared { ends_message }, bytes))
            }
            Next::Pong => {
                let bytes = self.pong.as_mut()?.take();
                self.pong.take_if(|pong| pong.frame.is_empty());
                Some((PieceKind::Pong, bytes))
            }
        }
    }
}
