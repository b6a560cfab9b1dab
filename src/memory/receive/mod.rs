//! What was received: a window that the transport reads into, and the message being put together.

mod direct;
mod for_reader;

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::assembly::Assembly;
use super::range::{Buffer, BufferRange};

/// The bytes that were received on one connection and are still needed.
///
/// - `start <= end <= window.len()`: the window is initialised all through, and `start..end` of it
///   was received and not consumed.
/// - A range that is shown to the application may be in the window before `start`. Whatever moves
///   the window's bytes is passed the range, and adjusts it.
pub(crate) struct ReceiveMemory {
    window: Vec<u8>,
    start: usize,
    end: usize,
    /// The message in progress, or the HTTP head in a handshake.
    message: Assembly,
    /// The payload so far of a control frame that does not end in the window.
    #[expect(clippy::box_collection, reason = "rarely there, and one word in every connection")]
    control: Option<Box<Vec<u8>>>,
    /// How many bytes were received since `take_received_since_asked` was called last.
    received_since_asked: usize,
}

impl ReceiveMemory {
    /// The length of the window that is made when none was lent, in bytes.
    pub(crate) const DEFAULT_WINDOW: usize = 64 << 10;

    /// Empty, and without heap memory.
    pub(crate) const fn new() -> Self {
        Self {
            window: Vec::new(),
            start: 0,
            end: 0,
            message: Assembly::new(),
            control: None,
            received_since_asked: 0,
        }
    }

    /// Where the transport reads to: the window, or the message itself during a direct read.
    pub(crate) fn space(&mut self, shown: Option<&mut BufferRange>) -> &mut [u8] {
        if self.message.direct_left > 0 {
            return self.direct_space();
        }
        if self.end == self.window.len() {
            self.move_to_front(shown);
        }
        if self.end == self.window.len() {
            self.grow(Self::DEFAULT_WINDOW);
        }
        &mut self.window[self.end..]
    }

    /// Notes that the transport wrote `len` bytes to the front of [`space`](Self::space).
    pub(crate) fn commit(&mut self, len: usize) {
        let committed = if self.message.direct_left > 0 {
            self.commit_direct(len)
        } else {
            self.commit_to_window(len)
        };
        self.received_since_asked += committed;
    }

    /// Copies bytes to the end of the unread ones.
    pub(crate) fn push(&mut self, mut bytes: &[u8], shown: Option<&mut BufferRange>) {
        self.received_since_asked += bytes.len();
        while self.message.direct_left > 0 && !bytes.is_empty() {
            let space = self.direct_space();
            let (part, rest) = bytes.split_at(bytes.len().min(space.len()));
            space[..part.len()].copy_from_slice(part);
            self.commit_direct(part.len());
            bytes = rest;
        }
        if self.window.len() - self.end < bytes.len() {
            self.move_to_front(shown);
        }
        let end = self.end + bytes.len();
        if self.window.len() < end {
            self.grow(end.max(Self::DEFAULT_WINDOW));
        }
        self.window[self.end..end].copy_from_slice(bytes);
        self.end = end;
    }

    /// Replaces the window; the unread bytes move to the new one.
    pub(crate) fn lend(&mut self, mut window: Vec<u8>, shown: Option<&mut BufferRange>) {
        self.move_to_front(shown);
        if window.len() < self.end {
            window.resize(self.end, 0);
        }
        window[..self.end].copy_from_slice(&self.window[..self.end]);
        self.window = window;
    }

    /// Takes the window out, and keeps a copy of the unread bytes, usually none.
    pub(crate) fn take_back(&mut self, shown: Option<&mut BufferRange>) -> Vec<u8> {
        self.move_to_front(shown);
        let unread = self.window[..self.end].to_vec();
        core::mem::replace(&mut self.window, unread)
    }

    /// What was received into the window and not yet consumed.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.window[self.start..self.end]
    }

    /// Whether no bytes are held.
    pub(crate) fn is_empty(&self) -> bool {
        let no_payload = self.message.is_empty() && !self.has_control_part();
        self.start == self.end && no_payload && self.message.direct_left == 0
    }

    /// The heap memory held, in bytes.
    pub(crate) fn heap(&self) -> usize {
        let control = self.control.as_ref().map_or(0, |control| control.capacity());
        self.window.capacity() + self.message.capacity() + control
    }

    /// The length of the window.
    pub(crate) fn window_len(&self) -> usize {
        self.window.len()
    }

    fn commit_to_window(&mut self, len: usize) -> usize {
        let len = len.min(self.window.len() - self.end);
        self.end += len;
        len
    }

    /// Makes the window at least `len` bytes long.
    fn grow(&mut self, len: usize) {
        if self.window.is_empty() {
            // Memory that the allocator knows to be zero is not filled again.
            self.window = alloc::vec![0; len];
        } else if self.window.len() < len {
            self.window.resize(len, 0);
        }
    }

    /// Makes room at the end of the window: moves the unread bytes to its front, together with the
    /// range that is shown from it.
    fn move_to_front(&mut self, shown: Option<&mut BufferRange>) {
        let mut front = self.start;
        if let Some(range) = shown.filter(|range| range.buffer == Buffer::Window) {
            front = range.start;
            range.end -= front;
            range.start = 0;
        }
        self.window.copy_within(front..self.end, 0);
        self.start -= front;
        self.end -= front;
    }

    /// The bytes of a range.
    #[inline(always)]
    pub(crate) fn bytes_at(&self, range: BufferRange) -> &[u8] {
        let BufferRange { buffer, start, end } = range;
        match buffer {
            Buffer::Window => &self.window[start..end],
            Buffer::Message => &self.message.bytes()[start..end],
            Buffer::Control => self.control.as_ref().map_or(&[], |control| &control[start..end]),
        }
    }

    /// The bytes of a range, to be changed.
    #[inline(always)]
    pub(crate) fn bytes_at_mut(&mut self, range: BufferRange) -> &mut [u8] {
        let BufferRange { buffer, start, end } = range;
        match buffer {
            Buffer::Window => &mut self.window[start..end],
            Buffer::Message => &mut self.message.bytes_mut()[start..end],
            Buffer::Control => &mut self.control.get_or_insert_default()[start..end],
        }
    }
}
