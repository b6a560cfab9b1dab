//! What the state machine does with the send memory.

use alloc::vec::Vec;

use bytes::Bytes;

use super::Outgoing;
use super::last_frame::LastFrame;
use super::pong::QueuedPong;
use crate::frame::{EncodedHeader, FrameHeader, mask};
use crate::memory::{NoMemory, try_copy};

/// Room for most HTTP heads, in bytes.
const TYPICAL_HEAD: usize = 256;

impl Outgoing {
    /// Whether output waits to be sent, here or in the transport.
    pub(crate) fn has_unsent_output(&self) -> bool {
        self.held || !self.is_empty()
    }

    /// Whether the queue holds no memory.
    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(crate) const fn has_no_queue(&self) -> bool {
        self.queue.capacity() == 0
    }

    /// Lends empty memory for the queue, which has none.
    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(crate) fn lend_queue(&mut self, memory: Vec<u8>) {
        self.queue = memory;
    }

    /// Frees the memory as [`shrink`](Self::shrink) does, but returns that of the queue, empty. If what
    /// waits fills less than a quarter of it, that moves to memory of its own before. Otherwise, and if
    /// there is no memory, the queue stays as it is.
    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(crate) fn take_back_queue(&mut self) -> Option<Vec<u8>> {
        if self.is_empty() {
            // Mostly there is nothing aside, and to drop that would be a call.
            if self.aside.is_some() {
                self.aside = None;
            }
            return Some(core::mem::take(&mut self.queue)).filter(|memory| memory.capacity() > 0);
        }
        if self.queue.capacity() / 4 <= self.queue.len() - self.written {
            return None;
        }
        self.compact();
        let own = try_copy(&[&self.queue]).ok()?;
        let mut memory = core::mem::replace(&mut self.queue, own);
        memory.clear();
        Some(memory)
    }

    /// Appends a frame. Returns its length in bytes, as the other methods here do.
    #[inline(always)]
    pub(crate) fn push_frame(
        &mut self,
        header: FrameHeader,
        payload: &[u8],
    ) -> Result<usize, NoMemory> {
        make_room(&mut self.queue, EncodedHeader::ROOM + payload.len())?;
        self.messages.note_queued(header.ends_message());
        Ok(append_frame(&mut self.queue, header, payload))
    }

    /// Makes room for frames whose payloads have `payload_len` bytes together.
    pub(crate) fn reserve_frames(
        &mut self,
        payload_len: usize,
        frames: usize,
    ) -> Result<(), NoMemory> {
        let headers = EncodedHeader::ROOM.saturating_mul(frames);
        make_room(&mut self.queue, payload_len.saturating_add(headers))
    }

    /// Calls `push`, which appends frames. If it fails, none of them stays.
    pub(crate) fn push_all_or_nothing<E>(
        &mut self,
        push: impl FnOnce(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        let start = self.queue.len();
        push(self).inspect_err(|_| self.queue.truncate(start))
    }

    /// Appends a frame. `make` appends its payload, and `header` makes its header for the length of
    /// the payload. If one of them fails, nothing is appended. If there is no header, nothing is
    /// appended either, and the payload is returned.
    pub(crate) fn push_made_frame<E: From<NoMemory>>(
        &mut self,
        make: impl FnOnce(&mut Vec<u8>) -> Result<(), NoMemory>,
        header: impl FnOnce(usize) -> Result<Option<FrameHeader>, E>,
    ) -> Result<Made, E> {
        let start = self.queue.len();
        let pushed = self.try_push_made_frame(make, header);
        if !matches!(pushed, Ok(Made::Frame(_))) {
            self.queue.truncate(start);
        }
        pushed
    }

    /// Leaves what it has appended if there is no frame.
    fn try_push_made_frame<E: From<NoMemory>>(
        &mut self,
        make: impl FnOnce(&mut Vec<u8>) -> Result<(), NoMemory>,
        header: impl FnOnce(usize) -> Result<Option<FrameHeader>, E>,
    ) -> Result<Made, E> {
        let start = self.queue.len();
        let made = start + FrameHeader::MAX_LEN;
        make_room(&mut self.queue, FrameHeader::MAX_LEN)?;
        self.queue.resize(made, 0);
        make(&mut self.queue)?;
        let Some(header) = header(self.queue.len() - made)? else {
            let payload = try_copy(&[&self.queue[made..]]).map_err(NoMemory::from)?;
            return Ok(Made::TooLong(payload));
        };
        if let Some(key) = header.mask {
            mask::apply(&mut self.queue[made..], key);
        }
        let encoded = header.encode();
        let unused = FrameHeader::MAX_LEN - encoded.as_bytes().len();
        self.queue[start + unused..made].copy_from_slice(encoded.as_bytes());
        self.queue.drain(start..start + unused);
        self.messages.note_queued(header.ends_message());
        Ok(Made::Frame(self.queue.len() - start))
    }

    /// Appends a message in one frame that is shared with others. A short one is copied, which costs
    /// less than a piece of its own in a vectored write.
    pub(crate) fn push_shared(&mut self, frame: &Bytes) -> Result<usize, NoMemory> {
        const MAX_COPIED: usize = 512;
        if frame.len() <= MAX_COPIED {
            make_room(&mut self.queue, frame.len())?;
            self.queue.extend_from_slice(frame);
        } else {
            self.aside.get_or_insert_default().shared.push(self.queue.len(), frame.clone())?;
        }
        self.messages.note_queued(true);
        Ok(frame.len())
    }

    /// Appends a message in one frame whose payload, which is not empty, is shared with the application.
    pub(crate) fn push_shared_payload(
        &mut self,
        header: FrameHeader,
        payload: &Bytes,
    ) -> Result<usize, NoMemory> {
        let header = try_copy(&[header.encode().as_bytes()]).map_err(NoMemory::from)?;
        let len = header.len() + payload.len();
        let shared = &mut self.aside.get_or_insert_default().shared;
        shared.push_parts(self.queue.len(), header.into(), payload.clone())?;
        self.messages.note_queued(true);
        Ok(len)
    }

    /// Appends the Close frame, which nothing may follow.
    pub(crate) fn push_last_frame(
        &mut self,
        header: FrameHeader,
        payload: &[u8],
    ) -> Result<usize, NoMemory> {
        let last_frame = LastFrame::at(self.queue.len());
        let len = self.push_frame(header, payload)?;
        self.last_frame = last_frame;
        Ok(len)
    }

    /// Forgets where the last frame is. It was that of another connection, which used this memory
    /// before.
    pub(crate) const fn forget_last_frame(&mut self) {
        self.last_frame = LastFrame::NOT_QUEUED;
    }

    /// Queues a pong for the next end of a frame. It replaces a pong of which nothing was written.
    /// If that end is the end of the last frame, the pong is dropped.
    pub(crate) fn push_pong(&mut self, header: FrameHeader, payload: &[u8]) -> QueuedPong {
        self.find_next_frame();
        let position = self.frame_start;
        if self.last_frame.is_before(position) {
            return QueuedPong::Dropped;
        }
        let pong = self.pong.get_or_insert_default();
        let slot = if pong.written > 0 { &mut pong.next } else { &mut pong.frame };
        let replaced = slot.len();
        slot.clear();
        let added = append_frame(slot, header, payload);
        if pong.written == 0 {
            pong.position = position;
        }
        if replaced == 0 { QueuedPong::Added(added) } else { QueuedPong::Replaced(replaced, added) }
    }

    /// Lets `encode` append an HTTP head, and notes that frames begin after the head. Returns also
    /// how many bytes were appended.
    pub(crate) fn push_head<R>(&mut self, encode: impl FnOnce(&mut Vec<u8>) -> R) -> (R, usize) {
        self.queue.reserve(TYPICAL_HEAD);
        let start = self.queue.len();
        let result = encode(&mut self.queue);
        self.frame_start = self.queue.len();
        (result, self.queue.len() - start)
    }

    /// Drops everything that waits.
    pub(crate) fn clear(&mut self) {
        let (total_written, taken_position) = (self.total_written, self.taken_position);
        let messages = self.messages.after_drop();
        let dropped = self.dropped || self.queued() > 0 || messages.unsent() > 0;
        *self = Self { total_written, taken_position, messages, dropped, ..Self::new() };
    }

    /// Whether a message is accepted even if too much output waits.
    #[inline]
    pub(crate) const fn has_promised_room(&self) -> bool {
        self.promised_room
    }

    /// Calls `push` with the room that was promised to it.
    #[cfg(all(feature = "futures", any(feature = "smol", feature = "tokio")))]
    pub(crate) fn keep_promise<R>(&mut self, push: impl FnOnce(&mut Self) -> R) -> R {
        self.promised_room = true;
        let result = push(self);
        self.promised_room = false;
        result
    }

    /// How many bytes are not written yet, without those of pongs, which overtake the others.
    pub(super) fn queued(&self) -> usize {
        let aside = self.aside.as_ref().map_or(0, |aside| aside.len() - aside.in_flight.pongs());
        self.queue.len() - self.written + aside
    }
}

/// What became of a frame whose payload was made in the queue.
pub(crate) enum Made {
    /// It was appended, and has this many bytes.
    Frame(usize),
    /// It had no header, so it is not there. This is its payload.
    TooLong(Vec<u8>),
}

/// Makes room for `len` more bytes: twice as many as are there, or just as many as are needed if there
/// is not enough memory for that.
#[inline(always)]
fn make_room(queue: &mut Vec<u8>, len: usize) -> Result<(), NoMemory> {
    if queue.capacity() - queue.len() >= len { Ok(()) } else { grow(queue, len) }
}

#[inline(never)]
fn grow(queue: &mut Vec<u8>, len: usize) -> Result<(), NoMemory> {
    Ok(queue.try_reserve(len).or_else(|_| queue.try_reserve_exact(len))?)
}

/// Returns how many bytes were appended.
#[inline(always)]
fn append_frame(target: &mut Vec<u8>, header: FrameHeader, payload: &[u8]) -> usize {
    if let Some(shortest) = header.encode_shortest() {
        // Two bytes are copied by a call otherwise.
        for byte in shortest {
            target.push(byte);
        }
        target.extend_from_slice(payload);
        return shortest.len() + payload.len();
    }
    let encoded = header.encode();
    encoded.append_to(target);
    match header.mask {
        Some(key) => mask::append(payload, target, key),
        None => target.extend_from_slice(payload),
    }
    encoded.as_bytes().len() + payload.len()
}
