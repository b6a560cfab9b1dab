//! What the transport does with the receive memory: it reads into the window, or past it.

use alloc::vec::Vec;

use super::ReceiveMemory;
use crate::memory::range::{Buffer, BufferRange};
use crate::memory::{NoMemory, zeroed};

impl ReceiveMemory {
    /// Where the transport reads to: the window, or the message itself during a direct read. Nowhere
    /// if there is no memory, which is noted.
    pub(crate) fn space(&mut self, shown: Option<&mut BufferRange>) -> &mut [u8] {
        self.out_of_memory = self.try_make_space(shown).is_err();
        if self.out_of_memory {
            &mut []
        } else if self.is_direct_read_due() {
            self.direct_space()
        } else {
            &mut self.window[self.end..]
        }
    }

    /// Notes that the transport wrote `len` bytes to the front of [`space`](Self::space).
    pub(crate) fn commit(&mut self, len: usize) {
        let committed = if self.out_of_memory {
            0
        } else if self.is_direct_read_due() {
            self.commit_direct(len)
        } else {
            self.commit_to_window(len)
        };
        self.received_since_asked += committed;
    }

    /// Copies bytes to the end of the unread ones. If there is no memory for all of them, they are
    /// lost, and so is what is pushed later: the bytes that follow belong after them.
    pub(crate) fn push(&mut self, bytes: &[u8], shown: Option<&mut BufferRange>) {
        self.received_since_asked += bytes.len();
        self.out_of_memory = self.out_of_memory || self.try_push(bytes, shown).is_err();
    }

    /// Replaces the window; the unread bytes move to the new one. If there is no memory to make it
    /// long enough for them, the old one stays.
    pub(crate) fn lend(&mut self, mut window: Vec<u8>, shown: Option<&mut BufferRange>) {
        self.move_to_front(shown);
        if lengthen(&mut window, self.end).is_ok() {
            window[..self.end].copy_from_slice(&self.window[..self.end]);
            self.window = window;
        }
    }

    /// Takes the window out, and keeps a copy of the unread bytes, usually none. If there is no
    /// memory for the copy, the window stays.
    pub(crate) fn take_back(&mut self, shown: Option<&mut BufferRange>) -> Vec<u8> {
        self.move_to_front(shown);
        let mut kept = Vec::new();
        if kept.try_reserve_exact(self.end).is_err() {
            return kept;
        }
        kept.extend_from_slice(&self.window[..self.end]);
        core::mem::replace(&mut self.window, kept)
    }

    /// The window alone, with all that was in it.
    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(crate) fn into_window(self) -> Vec<u8> {
        self.window
    }

    /// Whether bytes could not be received for want of memory; forgets it.
    pub(crate) const fn take_out_of_memory(&mut self) -> bool {
        core::mem::replace(&mut self.out_of_memory, false)
    }

    /// The length of the window that is made when none was lent.
    pub(super) const fn own_window(&self) -> usize {
        self.own_window as usize
    }

    fn try_make_space(&mut self, shown: Option<&mut BufferRange>) -> Result<(), NoMemory> {
        if self.out_of_memory {
            return Err(NoMemory);
        }
        if self.is_direct_read_due() {
            return self.try_reserve_direct();
        }
        if self.end == self.window.len() {
            self.move_to_front(shown);
        }
        if self.end < self.window.len() {
            return Ok(());
        }
        let grown = self.grow(self.own_window());
        // A window that holds bytes can do without more room until they are consumed.
        if self.end > 0 { Ok(()) } else { grown }
    }

    fn try_push(
        &mut self,
        mut bytes: &[u8],
        shown: Option<&mut BufferRange>,
    ) -> Result<(), NoMemory> {
        while self.is_direct_read_due() && !bytes.is_empty() {
            self.try_reserve_direct()?;
            let (part, rest) = bytes.split_at(bytes.len().min(self.direct_room()));
            self.message.append_direct(part);
            bytes = rest;
        }
        if self.window.len() - self.end < bytes.len() {
            self.move_to_front(shown);
        }
        let end = self.end + bytes.len();
        if self.window.len() < end {
            self.grow(end.max(self.own_window()))?;
        }
        self.window[self.end..end].copy_from_slice(bytes);
        self.end = end;
        Ok(())
    }

    fn commit_to_window(&mut self, len: usize) -> usize {
        let len = len.min(self.window.len() - self.end);
        self.end += len;
        len
    }

    /// Makes the window at least `len` bytes long.
    fn grow(&mut self, len: usize) -> Result<(), NoMemory> {
        lengthen(&mut self.window, len)
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
}

/// Makes a window at least `len` bytes long.
fn lengthen(window: &mut Vec<u8>, len: usize) -> Result<(), NoMemory> {
    if window.len() >= len {
        return Ok(());
    }
    if window.is_empty() {
        *window = zeroed(len)?;
        return Ok(());
    }
    window.try_reserve(len - window.len())?;
    window.resize(len, 0);
    Ok(())
}
