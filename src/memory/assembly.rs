//! The bytes of a message that is being put together.

use alloc::vec::Vec;

use super::NoMemory;
use crate::ProtocolError;
use crate::frame::{MaskKey, mask};
use crate::utf8;

/// Bytes, followed by spare memory that was written to before: what an inflater or a read was given
/// and did not use. The next one gets that memory, which does not have to be cleared again.
///
/// What is known of the bytes is kept here as well, so that it is right whichever connection asks:
/// how many were found to be text, and how many the transport may read directly to their end.
///
/// - `spare_len <= bytes.len()`: the assembly is `bytes` without the last `spare_len` of them.
/// - `text_len` and `direct_unprocessed` are at most the assembly's length.
#[derive(Default)]
pub(crate) struct Assembly {
    bytes: Vec<u8>,
    spare_len: usize,
    /// How many bytes at the front were found to be text, in whole characters.
    text_len: usize,
    /// How many bytes of a payload the transport may still read directly to the end.
    direct_left: u32,
    /// How many bytes at the end were read directly and are not processed yet.
    direct_unprocessed: u32,
}

impl Assembly {
    pub(crate) const fn new() -> Self {
        Self { bytes: Vec::new(), spare_len: 0, text_len: 0, direct_left: 0, direct_unprocessed: 0 }
    }

    /// Makes an assembly of what [`into_partial`](Self::into_partial) returned.
    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(super) fn from_partial(mut partial: Vec<u8>) -> Self {
        let Some((bytes, footer)) = partial.split_last_chunk::<FOOTER_LEN>() else {
            return Self::new();
        };
        let [is_text, spare_len @ ..] = *footer;
        let spare_len = usize::from_ne_bytes(spare_len);
        let message = &bytes[..bytes.len() - spare_len];
        let is_text = is_text == IS_TEXT;
        let text_len = if is_text { message.len() - utf8::incomplete_len(message) } else { 0 };
        partial.truncate(partial.len() - FOOTER_LEN);
        Self { bytes: partial, spare_len, text_len, ..Self::new() }
    }

    /// The bytes and the spare memory, followed by whether the bytes are text, and how much is spare.
    /// Empty if there are no bytes.
    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(super) fn into_partial(self) -> Vec<u8> {
        if self.is_empty() {
            return Vec::new();
        }
        let is_text = self.text_len + utf8::incomplete_len(self.bytes()) == self.len();
        let mut partial = self.bytes;
        partial.reserve_exact(FOOTER_LEN);
        partial.push(if is_text { IS_TEXT } else { IS_UNKNOWN });
        partial.extend_from_slice(&self.spare_len.to_ne_bytes());
        partial
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.spare_len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The memory held, in bytes.
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// How many more bytes there is memory for.
    pub(crate) fn room(&self) -> usize {
        self.bytes.capacity().saturating_sub(self.len() + FOOTER_LEN)
    }

    /// Whether no memory is held.
    pub(super) fn is_unallocated(&self) -> bool {
        self.bytes.capacity() == 0
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len()]
    }

    /// The bytes, to be changed. Afterwards it is not known whether they are text.
    #[inline]
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.text_len = 0;
        let len = self.len();
        &mut self.bytes[..len]
    }

    /// The bytes, to be changed in any way. Afterwards nothing is known of them, and there is no
    /// spare memory.
    pub(crate) fn vec_mut(&mut self) -> &mut Vec<u8> {
        self.bytes.truncate(self.len());
        self.reset();
        &mut self.bytes
    }

    /// Forgets the bytes and keeps their memory.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.reset();
        self.spare_len = self.bytes.len();
    }

    /// Checks that the bytes before `end` that were not checked yet continue a text (§8.1). An
    /// `end` after the last byte checks all of them.
    pub(crate) fn check_text(&mut self, end: usize) -> Result<(), ProtocolError> {
        let end = end.min(self.len());
        let Some(unchecked) = self.bytes.get(self.text_len..end) else { return Ok(()) };
        self.text_len = end - utf8::check_part(unchecked)?;
        Ok(())
    }

    /// Whether all bytes are known to be text, and the last character is complete.
    pub(crate) fn is_text(&self) -> bool {
        self.text_len == self.len()
    }

    /// How many bytes of a payload the transport may still read directly.
    pub(super) const fn direct_left(&self) -> usize {
        self.direct_left as usize
    }

    /// Lets the transport read up to `left` bytes directly, 4 GiB of them for now.
    pub(super) fn set_direct_left(&mut self, left: usize) {
        self.direct_left = u32::try_from(left).unwrap_or(u32::MAX);
    }

    /// How many bytes were read directly and are not processed yet.
    pub(super) const fn direct_unprocessed(&self) -> usize {
        self.direct_unprocessed as usize
    }

    /// Makes the first `len` bytes of the spare memory bytes that were read directly. They are no
    /// more than may be.
    pub(super) const fn commit_direct(&mut self, len: usize) {
        self.commit(len);
        self.direct_left -= len as u32;
        self.direct_unprocessed += len as u32;
    }

    /// Appends bytes as if they had been read directly, for which [room](Self::try_reserve) was made.
    /// They are no more than may be.
    pub(super) fn append_direct(&mut self, part: &[u8]) {
        self.append(part, MaskKey::ZERO);
        self.direct_left -= part.len() as u32;
        self.direct_unprocessed += part.len() as u32;
    }

    /// The bytes that were read directly and are not processed yet; they count as processed
    /// afterwards, and no more will be read directly.
    pub(super) fn take_direct(&mut self) -> &mut [u8] {
        let len = self.len();
        let before = len.saturating_sub(self.direct_unprocessed());
        self.direct_unprocessed = 0;
        self.direct_left = 0;
        if before < self.text_len {
            self.text_len = 0;
        }
        &mut self.bytes[before..len]
    }

    /// Discards the bytes that were read directly and are not processed yet.
    pub(super) fn discard_direct(&mut self) {
        let discarded = self.take_direct().len();
        self.spare_len += discarded;
    }

    /// Makes room for at least `len` more bytes.
    pub(crate) fn try_reserve(&mut self, len: usize) -> Result<(), NoMemory> {
        let len = len.saturating_add(FOOTER_LEN);
        Ok(self.bytes.try_reserve_exact(len.saturating_sub(self.spare_len))?)
    }

    /// Appends bytes, masked or unmasked, for which [room](Self::try_reserve) was made.
    pub(crate) fn append(&mut self, part: &[u8], key: MaskKey) {
        let (first, rest) = part.split_at(part.len().min(self.spare_len));
        mask::copy(first, self.spare_mut(first.len()), key);
        self.commit(first.len());
        if !rest.is_empty() {
            mask::append(rest, &mut self.bytes, key.rotated(first.len()));
        }
    }

    /// Spare memory of this length, for which [room](Self::try_reserve) was made, with arbitrary
    /// contents. [`commit`](Self::commit) makes bytes of what was written to it.
    pub(crate) fn spare_mut(&mut self, len: usize) -> &mut [u8] {
        let start = self.len();
        if self.spare_len < len {
            self.bytes.resize(start + len, 0);
            self.spare_len = len;
        }
        &mut self.bytes[start..start + len]
    }

    /// The length of the spare memory.
    pub(crate) const fn spare_len(&self) -> usize {
        self.spare_len
    }

    /// Makes the first `len` bytes of the spare memory bytes of the assembly.
    pub(crate) const fn commit(&mut self, len: usize) {
        self.spare_len -= len;
    }

    /// Forgets the spare memory and all that is known of the bytes.
    fn reset(&mut self) {
        (self.spare_len, self.text_len, self.direct_left, self.direct_unprocessed) = (0, 0, 0, 0);
    }
}

/// What follows the bytes of a partial message: one that says whether they are text, and a number.
/// There is room for it from the start, or else all bytes would have to move.
const FOOTER_LEN: usize =
    if cfg!(any(feature = "smol", feature = "tokio")) { 1 + size_of::<usize>() } else { 0 };

/// Says that a partial message is text so far.
#[cfg(any(feature = "smol", feature = "tokio"))]
const IS_TEXT: u8 = 1;

/// Says that it is not, or that this is not known.
#[cfg(any(feature = "smol", feature = "tokio"))]
const IS_UNKNOWN: u8 = 0;
