//! Incremental validation of UTF-8 (RFC 3629) that fails at the first impossible byte.

use crate::ProtocolError;

/// The state between two parts of a text: the sequence that the end of the first one cut.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Utf8 {
    cut: [u8; 4],
    len: u8,
}

impl Utf8 {
    /// Checks the next part of the text.
    pub(crate) fn push(&mut self, mut part: &[u8]) -> Result<(), ProtocolError> {
        while self.len > 0 {
            let Some((&byte, rest)) = part.split_first() else { return Ok(()) };
            self.push_to_cut(byte)?;
            part = rest;
        }
        match incomplete_tail(part)? {
            [] => Ok(()),
            tail => {
                self.cut[..tail.len()].copy_from_slice(tail);
                self.len = tail.len() as u8;
                Ok(())
            }
        }
    }

    /// Whether the text may end here.
    pub(crate) const fn is_complete(&self) -> bool {
        self.len == 0
    }

    fn push_to_cut(&mut self, byte: u8) -> Result<(), ProtocolError> {
        self.cut[usize::from(self.len)] = byte;
        self.len += 1;
        if incomplete_tail(&self.cut[..usize::from(self.len)])?.is_empty() {
            self.len = 0;
        }
        Ok(())
    }
}

/// The sequence at the end of `part` that more bytes may complete: at most three bytes.
#[inline]
fn incomplete_tail(part: &[u8]) -> Result<&[u8], ProtocolError> {
    match str::from_utf8(part) {
        Ok(_) => Ok(&[]),
        Err(error) if error.error_len().is_none() => Ok(&part[error.valid_up_to()..]),
        Err(_) => Err(ProtocolError::InvalidUtf8),
    }
}
