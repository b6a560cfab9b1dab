//! Where bytes are in the receive memory, until somebody looks at them.

/// A range of bytes in one of the buffers of the receive memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BufferRange {
    pub(crate) buffer: Buffer,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The buffers of the receive memory. The enum is as long as a word: a value with padding would be
/// copied in parts, and the processor would have to wait for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Buffer {
    Window,
    Message,
    Control,
}

impl BufferRange {
    /// No bytes. The range is in the window, where forgetting an event frees no memory.
    pub(crate) const EMPTY: Self = Self { buffer: Buffer::Window, start: 0, end: 0 };

    /// No bytes, as a range of the message.
    pub(crate) const EMPTY_MESSAGE: Self = Self { buffer: Buffer::Message, ..Self::EMPTY };

    /// How many bytes it has.
    pub(crate) const fn len(self) -> usize {
        self.end - self.start
    }

    /// The same range without its first `len` bytes.
    #[inline]
    pub(crate) fn skip(self, len: usize) -> Self {
        Self { start: self.end.min(self.start + len), ..self }
    }
}
