//! Incremental validation of UTF-8 (RFC 3629) that fails at the first impossible byte.

use crate::ProtocolError;

/// Whether all of `text` is UTF-8.
#[inline]
pub(crate) fn is_valid(text: &[u8]) -> bool {
    /// Up to this length, checking for ASCII, which most short texts are, costs less than calling a
    /// validator.
    const SHORT: usize = 128;
    (text.len() <= SHORT && is_ascii(text)) || passes_validator(text)
}

/// Whether all of `text` is ASCII, word by word: the standard library checks short texts byte by
/// byte.
#[inline]
fn is_ascii(text: &[u8]) -> bool {
    const HIGH_BITS: u64 = u64::from_ne_bytes([0x80; 8]);
    let (words, rest) = text.as_chunks();
    let mut all = words.iter().fold(0, |all, word| all | u64::from_ne_bytes(*word));
    all |= match text.last_chunk() {
        Some(last) => u64::from_ne_bytes(*last),
        None => rest.iter().fold(0, |all, byte| all | u64::from(*byte)),
    };
    all & HIGH_BITS == 0
}

#[cfg(feature = "std")]
fn passes_validator(text: &[u8]) -> bool {
    simdutf8::basic::from_utf8(text).is_ok()
}

#[cfg(not(feature = "std"))]
fn passes_validator(text: &[u8]) -> bool {
    str::from_utf8(text).is_ok()
}

/// Validates a text part by part. Between two parts it holds the character that is incomplete.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Utf8Validator {
    /// The bytes of the incomplete character, of which `len` have arrived.
    incomplete: [u8; 4],
    len: u8,
}

impl Utf8Validator {
    /// Checks the next part of the text.
    pub(crate) fn push(&mut self, mut part: &[u8]) -> Result<(), ProtocolError> {
        while self.len > 0 {
            let Some((&byte, rest)) = part.split_first() else { return Ok(()) };
            self.push_to_incomplete(byte)?;
            part = rest;
        }
        let end = &part[part.len() - check_part(part)?..];
        self.incomplete[..end.len()].copy_from_slice(end);
        self.len = end.len() as u8;
        Ok(())
    }

    /// Whether the text may end here.
    pub(crate) const fn is_complete(&self) -> bool {
        self.len == 0
    }

    fn push_to_incomplete(&mut self, byte: u8) -> Result<(), ProtocolError> {
        self.incomplete[usize::from(self.len)] = byte;
        self.len += 1;
        let sequence = &self.incomplete[..usize::from(self.len)];
        if str::from_utf8(sequence).is_ok() {
            self.len = 0;
        } else if !can_be_completed(sequence) {
            return Err(ProtocolError::InvalidUtf8);
        }
        Ok(())
    }
}

/// Checks a part of a text, which may end inside a character. Returns how many bytes of that
/// character the part has; zero if it ends with a complete one.
pub(crate) fn check_part(part: &[u8]) -> Result<usize, ProtocolError> {
    let (whole, end) = part.split_at(part.len() - incomplete_len(part));
    if is_valid(whole) && can_be_completed(end) {
        Ok(end.len())
    } else {
        Err(ProtocolError::InvalidUtf8)
    }
}

/// How many bytes at the end of `part`, at most three, belong to a character that is not complete,
/// going by its first byte alone.
pub(crate) fn incomplete_len(part: &[u8]) -> usize {
    let last = part.iter().rev().take(3);
    let sequence = last.zip(1..).find(|(byte, _)| !is_continuation(**byte));
    sequence.filter(|(first, len)| announced_len(**first) > *len).map_or(0, |(_, len)| len)
}

const fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

/// The length of a character that begins with this byte.
const fn announced_len(first: u8) -> usize {
    match first {
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xFF => 4,
        _ => 1,
    }
}

/// Whether the sequence is the beginning of a character; an empty one is.
fn can_be_completed(sequence: &[u8]) -> bool {
    str::from_utf8(sequence)
        .map_or_else(|error| error.error_len().is_none(), |_| sequence.is_empty())
}
