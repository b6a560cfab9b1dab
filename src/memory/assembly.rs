//! The bytes of a message that is being put together.

use alloc::vec::Vec;

use crate::ProtocolError;
use crate::frame::{MaskKey, mask};
use crate::utf8;

/// Bytes, and behind them memory that was written to before. An inflater or a read that brings less
/// than there was room for leaves it, and the next one finds it without its being cleared again.
///
/// What is known of the bytes stands beside them, so that it holds whoever they are shown to: how
/// many were found to be text, and how many the transport reads past the window.
#[derive(Default)]
pub(crate) struct Assembly {
    bytes: Vec<u8>,
    /// How many at the end of `bytes` do not count.
    spare: usize,
    /// How many of the bytes, from the first on, were found to be text, in whole characters.
    text: usize,
    /// How many bytes of a payload the transport may still read straight to here.
    pub(super) straight: usize,
    /// At the end of the bytes: read so, and not taken in.
    pub(super) arrived: usize,
}

impl Assembly {
    pub(crate) const fn new() -> Self {
        Self { bytes: Vec::new(), spare: 0, text: 0, straight: 0, arrived: 0 }
    }

    /// What [`into_part`](Self::into_part) made.
    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(super) fn of_part(mut part: Vec<u8>) -> Self {
        let is_text = part.pop() == Some(IS_TEXT);
        let text = if is_text { part.len() - utf8::cut_len(&part) } else { 0 };
        Self { bytes: part, text, ..Self::new() }
    }

    /// The bytes, and behind them one more that says whether they are text; nothing of none.
    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(super) fn into_part(mut self) -> Vec<u8> {
        let is_text = self.text + utf8::cut_len(self.bytes()) == self.len();
        let part = self.vec();
        if !part.is_empty() {
            part.reserve_exact(1);
            part.push(if is_text { IS_TEXT } else { IS_UNKNOWN });
        }
        self.bytes
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.spare
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The memory held, in bytes.
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len()]
    }

    /// The bytes, to change: then nobody knows any more what they are.
    #[inline]
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.text = 0;
        let len = self.len();
        &mut self.bytes[..len]
    }

    /// The bytes, to do anything with; the memory behind them will have to be cleared again.
    pub(crate) fn vec(&mut self) -> &mut Vec<u8> {
        self.bytes.truncate(self.len());
        self.forget();
        &mut self.bytes
    }

    /// Forgets the bytes and keeps the memory.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.forget();
        self.spare = self.bytes.len();
    }

    /// Checks that what was not checked before goes on with a text (§8.1), up to the byte at `end`.
    pub(crate) fn check_text(&mut self, end: usize) -> Result<(), ProtocolError> {
        let end = end.min(self.len());
        let Some(unchecked) = self.bytes.get(self.text..end) else { return Ok(()) };
        self.text = end - utf8::check(unchecked)?;
        Ok(())
    }

    /// Whether all of the bytes are text, the last character whole.
    pub(crate) fn is_text(&self) -> bool {
        self.text == self.len()
    }

    /// What was read to the end and not taken in. Nothing more is to be read so.
    pub(super) fn take_arrived(&mut self) -> &mut [u8] {
        let len = self.len();
        let before = len.saturating_sub(core::mem::take(&mut self.arrived));
        self.straight = 0;
        if before < self.text {
            self.text = 0;
        }
        &mut self.bytes[before..len]
    }

    /// Forgets what was read to the end and not taken in.
    pub(super) fn discard_arrived(&mut self) {
        let arrived = self.take_arrived().len();
        self.spare += arrived;
    }

    /// Makes room for at least `len` more bytes.
    pub(crate) fn reserve(&mut self, len: usize) {
        self.bytes.reserve_exact(len.saturating_sub(self.spare));
    }

    /// Appends bytes, masked or unmasked.
    pub(crate) fn append(&mut self, part: &[u8], key: MaskKey) {
        let (first, rest) = part.split_at(part.len().min(self.spare));
        mask::copy(first, self.spare(first.len()), key);
        self.grow(first.len());
        if !rest.is_empty() {
            mask::append(rest, &mut self.bytes, key.turned(first.len()));
        }
    }

    /// Memory of this length behind the bytes, with anything in it; [`grow`](Self::grow) tells how
    /// much of it became bytes.
    pub(crate) fn spare(&mut self, len: usize) -> &mut [u8] {
        let start = self.len();
        if self.spare < len {
            self.bytes.resize(start + len, 0);
            self.spare = len;
        }
        &mut self.bytes[start..start + len]
    }

    /// The length of the memory behind the bytes.
    pub(crate) const fn spare_len(&self) -> usize {
        self.spare
    }

    /// Takes in the first `len` bytes of the memory behind.
    pub(crate) fn grow(&mut self, len: usize) {
        self.spare -= len;
    }

    fn forget(&mut self) {
        (self.spare, self.text, self.straight, self.arrived) = (0, 0, 0, 0);
    }
}

/// The last byte of a part that is text as far as it goes.
#[cfg(any(feature = "smol", feature = "tokio"))]
const IS_TEXT: u8 = 1;

/// The last byte of any other part.
#[cfg(any(feature = "smol", feature = "tokio"))]
const IS_UNKNOWN: u8 = 0;
