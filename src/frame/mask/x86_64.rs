//! Masking with SSE2, and with AVX2 and AVX-512 where the processor has them.

#![cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
#![expect(unsafe_code, reason = "instructions that not every processor has")]

use core::arch::x86_64::{
    __m128i, __m256i, __m512i, _mm_set1_epi32, _mm_xor_si128, _mm256_set1_epi32, _mm256_xor_si256,
    _mm512_set1_epi32, _mm512_xor_si512,
};
use core::mem::{MaybeUninit, transmute};

use super::key::MaskKey;
use super::vectors::{SHORT, Span, Vector, mask, mask_aligned};

/// The longest payload in bytes for which vectors of 32 bytes are as fast as those of 64.
const WIDE: usize = 4 * 64;

#[inline]
pub(super) fn apply(payload: &mut [u8], key: MaskKey) {
    if payload.len() > SHORT {
        return apply_long(payload, key);
    }
    // SAFETY: the target has SSE2.
    unsafe { mask::<Sse2, 16>(Span::in_place(payload), key) };
}

#[inline]
pub(super) fn copy(payload: &[u8], target: &mut [MaybeUninit<u8>], key: MaskKey) {
    if payload.len() > SHORT {
        return copy_long(payload, target, key);
    }
    // SAFETY: the target has SSE2.
    unsafe { mask::<Sse2, 16>(Span::copy(payload, target), key) };
}

#[inline(never)]
fn apply_long(payload: &mut [u8], key: MaskKey) {
    if has_avx512() {
        // SAFETY: the processor has AVX-512.
        return unsafe { apply_avx512(payload, key) };
    }
    if !has_avx2() {
        return apply_sse2(payload, key);
    }
    // SAFETY: the processor has AVX2.
    unsafe { apply_avx2(payload, key) }
}

#[inline(never)]
fn copy_long(payload: &[u8], target: &mut [MaybeUninit<u8>], key: MaskKey) {
    if has_avx512() {
        // SAFETY: the processor has AVX-512.
        return unsafe { copy_avx512(payload, target, key) };
    }
    if !has_avx2() {
        return copy_sse2(payload, target, key);
    }
    // SAFETY: the processor has AVX2.
    unsafe { copy_avx2(payload, target, key) }
}

/// The processor is asked once; from then on this is a load and a branch.
#[cfg(feature = "std")]
pub(super) fn has_avx2() -> bool {
    std::is_x86_feature_detected!("avx2")
}

/// The same, of the instructions of AVX-512 that are used here.
#[cfg(feature = "std")]
pub(super) fn has_avx512() -> bool {
    std::is_x86_feature_detected!("avx512f")
}

/// Only the standard library can ask the processor.
#[cfg(not(feature = "std"))]
pub(super) const fn has_avx2() -> bool {
    cfg!(target_feature = "avx2")
}

/// The same, of AVX-512.
#[cfg(not(feature = "std"))]
pub(super) const fn has_avx512() -> bool {
    cfg!(target_feature = "avx512f")
}

#[target_feature(enable = "avx512f")]
pub(super) fn apply_avx512(payload: &mut [u8], key: MaskKey) {
    // SAFETY: the processor has AVX-512.
    unsafe { mask_avx512(Span::in_place(payload), key) };
}

#[target_feature(enable = "avx512f")]
pub(super) fn copy_avx512(payload: &[u8], target: &mut [MaybeUninit<u8>], key: MaskKey) {
    // SAFETY: the processor has AVX-512.
    unsafe { mask_avx512(Span::copy(payload, target), key) };
}

/// # Safety
///
/// The processor has AVX-512, of which AVX2 is a part.
#[inline(always)]
unsafe fn mask_avx512(span: Span<'_>, key: MaskKey) {
    // SAFETY: the caller answers for the instructions; vectors of 64 bytes get the lengths that they
    // are for.
    unsafe {
        if span.len() > WIDE {
            mask_aligned::<Avx512, 64>(span, key);
        } else {
            mask::<Avx2, 32>(span, key);
        }
    }
}

#[target_feature(enable = "avx2")]
pub(super) fn apply_avx2(payload: &mut [u8], key: MaskKey) {
    // SAFETY: the processor has AVX2.
    unsafe { mask::<Avx2, 32>(Span::in_place(payload), key) };
}

#[target_feature(enable = "avx2")]
pub(super) fn copy_avx2(payload: &[u8], target: &mut [MaybeUninit<u8>], key: MaskKey) {
    // SAFETY: the processor has AVX2.
    unsafe { mask::<Avx2, 32>(Span::copy(payload, target), key) };
}

// These two are not inlined, as the functions that choose would have to save registers.

#[inline(never)]
pub(super) fn apply_sse2(payload: &mut [u8], key: MaskKey) {
    // SAFETY: the target has SSE2.
    unsafe { mask::<Sse2, 16>(Span::in_place(payload), key) };
}

#[inline(never)]
pub(super) fn copy_sse2(payload: &[u8], target: &mut [MaybeUninit<u8>], key: MaskKey) {
    // SAFETY: the target has SSE2.
    unsafe { mask::<Sse2, 16>(Span::copy(payload, target), key) };
}

struct Avx512;

impl Vector<64> for Avx512 {
    #[inline(always)]
    unsafe fn mask(bytes: [u8; 64], key: MaskKey) -> [u8; 64] {
        // SAFETY: any 64 bytes are a vector, and back; the caller answers for AVX-512.
        unsafe {
            let bytes: __m512i = transmute(bytes);
            transmute(_mm512_xor_si512(bytes, _mm512_set1_epi32(key.word as i32)))
        }
    }
}

struct Avx2;

impl Vector<32> for Avx2 {
    #[inline(always)]
    unsafe fn mask(bytes: [u8; 32], key: MaskKey) -> [u8; 32] {
        // SAFETY: any 32 bytes are a vector, and back; the caller answers for AVX2.
        unsafe {
            let bytes: __m256i = transmute(bytes);
            transmute(_mm256_xor_si256(bytes, _mm256_set1_epi32(key.word as i32)))
        }
    }
}

struct Sse2;

impl Vector<16> for Sse2 {
    #[inline(always)]
    unsafe fn mask(bytes: [u8; 16], key: MaskKey) -> [u8; 16] {
        // SAFETY: any 16 bytes are a vector, and back; the target has SSE2.
        unsafe {
            let bytes: __m128i = transmute(bytes);
            transmute(_mm_xor_si128(bytes, _mm_set1_epi32(key.word as i32)))
        }
    }
}
