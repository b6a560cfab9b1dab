//! A payload that was taken: `wsp_owned`.

#![expect(unsafe_code, reason = "functions are exported under their C names")]

use std::ptr;

use crate::handle::guard;

/// Bytes that a C program owns, and what keeps them.
#[repr(C)]
pub(crate) struct Owned {
    pub(crate) data: *const u8,
    pub(crate) len: usize,
    pub(crate) owner: Option<Box<bytes::Bytes>>,
}

impl Owned {
    pub(crate) fn new(payload: bytes::Bytes) -> Self {
        let owner = Box::new(payload);
        Self { data: owner.as_ptr(), len: owner.len(), owner: Some(owner) }
    }

    pub(crate) const NOTHING: Self = Self { data: ptr::null(), len: 0, owner: None };
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_owned_free(owned: Option<&mut Owned>) {
    guard((), || {
        if let Some(owned) = owned {
            *owned = Owned::NOTHING;
        }
    });
}
