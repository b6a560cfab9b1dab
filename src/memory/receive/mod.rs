//! What was received: a window that the transport reads into, and the message being put together.

mod direct;
mod for_reader;
mod window;

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::assembly::Assembly;
use super::range::{Buffer, BufferRange};

pub use direct::DirectRead;

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
    /// The length of the window that is made when none was lent.
    own_window: u32,
    /// Bytes could not be received for want of memory, and no more are until that is handled.
    out_of_memory: bool,
}

impl ReceiveMemory {
    /// The length of the window that is made when none was lent, in bytes.
    pub(crate) const DEFAULT_WINDOW: usize = 64 << 10;

    /// Empty, and without heap memory. A window that it makes has `own_window` bytes, at least one.
    pub(crate) const fn new(own_window: usize) -> Self {
        let longest = u32::MAX as usize;
        let own_window = if own_window > longest { longest } else { own_window };
        Self {
            window: Vec::new(),
            start: 0,
            end: 0,
            message: Assembly::new(),
            control: None,
            received_since_asked: 0,
            own_window: if own_window == 0 { 1 } else { own_window as u32 },
            out_of_memory: false,
        }
    }

    /// What was received into the window and not yet consumed.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.window[self.start..self.end]
    }

    /// Whether no bytes are held.
    pub(crate) fn is_empty(&self) -> bool {
        let no_payload = self.message.is_empty() && !self.has_control_part();
        self.start == self.end && no_payload && self.message.direct_left() == 0
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
