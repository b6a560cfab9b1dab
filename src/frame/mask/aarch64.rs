//! Masking with NEON.

#![cfg(all(target_arch = "aarch64", target_feature = "neon"))]
#![expect(unsafe_code, reason = "bytes become vectors")]

use core::arch::aarch64::{uint32x4_t, vdupq_n_u32, veorq_u32};
use core::mem::{MaybeUninit, transmute};

use super::key::MaskKey;
use super::vectors::{SHORT, Span, Vector, mask};

#[inline]
pub(super) fn apply(payload: &mut [u8], key: MaskKey) {
    if payload.len() > SHORT {
        return apply_long(payload, key);
    }
    // SAFETY: the target has NEON.
    unsafe { mask::<Neon, 16>(Span::in_place(payload), key) };
}

#[inline]
pub(super) fn copy(payload: &[u8], target: &mut [MaybeUninit<u8>], key: MaskKey) {
    if payload.len() > SHORT {
        return copy_long(payload, target, key);
    }
    // SAFETY: the target has NEON.
    unsafe { mask::<Neon, 16>(Span::copy(payload, target), key) };
}

#[inline(never)]
fn apply_long(payload: &mut [u8], key: MaskKey) {
    // SAFETY: the target has NEON.
    unsafe { mask::<Neon, 16>(Span::in_place(payload), key) };
}

#[inline(never)]
fn copy_long(payload: &[u8], target: &mut [MaybeUninit<u8>], key: MaskKey) {
    // SAFETY: the target has NEON.
    unsafe { mask::<Neon, 16>(Span::copy(payload, target), key) };
}

struct Neon;

impl Vector<16> for Neon {
    #[inline(always)]
    unsafe fn mask(bytes: [u8; 16], key: MaskKey) -> [u8; 16] {
        // SAFETY: any 16 bytes are a vector, and back; the target has NEON.
        unsafe {
            let bytes: uint32x4_t = transmute(bytes);
            transmute(veorq_u32(bytes, vdupq_n_u32(key.word)))
        }
    }
}
