//! Bytes that pass between a C program and the library: `wsp_bytes`.

#![expect(unsafe_code, reason = "a C program says where bytes are by a pointer and a length")]

use std::marker::PhantomData;
use std::ptr;
use std::slice;

use crate::code::Failure;

/// Bytes of a C program, good for one call.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Bytes<'a> {
    data: *const u8,
    pub(crate) len: usize,
    lifetime: PhantomData<&'a [u8]>,
}

/// Bytes of the library. The header says until when each is good.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct LentBytes {
    pub(crate) data: *const u8,
    pub(crate) len: usize,
}

impl<'a> Bytes<'a> {
    pub(crate) fn get(self) -> Result<&'a [u8], Failure> {
        if self.len == 0 {
            return Ok(&[]);
        }
        if self.data.is_null() {
            return Err(Failure::Null);
        }
        if self.len > isize::MAX as usize {
            return Err(Failure::BadValue);
        }
        // SAFETY: the header asks for `len` bytes at `data` that do not change during the call. It is
        // not null, and no object is longer than checked above.
        Ok(unsafe { slice::from_raw_parts(self.data, self.len) })
    }

    pub(crate) fn text(self) -> Result<&'a str, Failure> {
        str::from_utf8(self.get()?).map_err(|_| Failure::NotUtf8)
    }
}

#[cfg(test)]
impl<'a> From<&'a [u8]> for Bytes<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self { data: bytes.as_ptr(), len: bytes.len(), lifetime: PhantomData }
    }
}

impl LentBytes {
    /// Tells nothing from no bytes: a null pointer.
    pub(crate) const NOTHING: Self = Self { data: ptr::null(), len: 0 };

    pub(crate) const fn new(bytes: &[u8]) -> Self {
        Self { data: bytes.as_ptr(), len: bytes.len() }
    }

    pub(crate) fn optional(text: Option<&str>) -> Self {
        text.map_or(Self::NOTHING, |text| Self::new(text.as_bytes()))
    }
}
