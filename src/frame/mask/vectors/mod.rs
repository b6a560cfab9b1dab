//! Masking with vectors, whatever the instruction set.
//!
//! A payload is covered from both ends. Where its length asks for it the two overlap, so no length
//! needs a loop over its last bytes; all that overlaps is loaded before it is stored.

#![cfg(any(
    all(target_arch = "aarch64", target_feature = "neon"),
    all(target_arch = "x86_64", target_feature = "sse2")
))]
#![expect(unsafe_code, reason = "bounds that are checked once for a payload, not for each vector")]

mod span;

use super::key::MaskKey;
pub(super) use span::Span;

/// The longest payload in bytes that is worth masking inline, without a call.
pub(super) const SHORT: usize = 64;

/// Registers of `N` bytes.
pub(super) trait Vector<const N: usize> {
    /// # Safety
    ///
    /// The processor has the instructions.
    unsafe fn mask(bytes: [u8; N], key: MaskKey) -> [u8; N];
}

/// Masks a payload of any length, with vectors of at most 32 bytes. Up to four vectors take no
/// loop.
///
/// # Safety
///
/// The processor has the instructions of `V`.
#[inline(always)]
pub(super) unsafe fn mask<V: Vector<N>, const N: usize>(span: Span<'_>, key: MaskKey) {
    const { assert!(N <= 32) };
    // SAFETY: each gets the lengths that it is for; the caller answers for `V`.
    unsafe {
        if span.len() >= N {
            mask_vectors::<V, N>(span, key);
        } else {
            mask_words(span, key);
        }
    }
}

/// Masks `N` bytes or more.
///
/// # Safety
///
/// The processor has the instructions of `V`, and the payload has such a length.
#[inline(always)]
unsafe fn mask_vectors<V: Vector<N>, const N: usize>(span: Span<'_>, key: MaskKey) {
    // SAFETY: each gets the lengths that it is for; the caller answers for `V`.
    unsafe {
        if span.len() > 4 * N {
            mask_aligned::<V, N>(span, key);
        } else if span.len() > 2 * N {
            mask_four::<V, N>(span, key);
        } else {
            mask_two::<V, N>(span, key);
        }
    }
}

/// Masks more than `4 * N` bytes: the ends where they are, and between them vectors that are
/// aligned in the target, as a store across two cache lines costs as much as two.
///
/// # Safety
///
/// The processor has the instructions of `V`, and the payload has such a length.
#[inline(always)]
pub(super) unsafe fn mask_aligned<V: Vector<N>, const N: usize>(span: Span<'_>, key: MaskKey) {
    let last = span.len() - N;
    // SAFETY: all places are at most `last`; the caller answers for `V`.
    unsafe {
        let head = V::mask(span.load(0), key);
        let tail = V::mask(span.load(last), key.rotated(last));
        let mut at = span.first_aligned(N);
        let key = key.rotated(at);
        while at + 3 * N <= last {
            for part in 0..4 {
                mask_one::<V, N>(span, at + part * N, key);
            }
            at += 4 * N;
        }
        while at < last {
            mask_one::<V, N>(span, at, key);
            at += N;
        }
        span.store(0, head);
        span.store(last, tail);
    }
}

/// Masks the `N` bytes at the offset `at`, for which the key is rotated already.
///
/// # Safety
///
/// The processor has the instructions of `V`, and the bytes are inside the payload.
#[inline(always)]
unsafe fn mask_one<V: Vector<N>, const N: usize>(span: Span<'_>, at: usize, key: MaskKey) {
    // SAFETY: the caller answers for both.
    unsafe { span.store(at, V::mask(span.load(at), key)) };
}

/// Masks `2 * N` to `4 * N` bytes.
///
/// # Safety
///
/// The processor has the instructions of `V`, and the payload has such a length.
#[inline(always)]
unsafe fn mask_four<V: Vector<N>, const N: usize>(span: Span<'_>, key: MaskKey) {
    let tail = span.len() - 2 * N;
    let rotated = key.rotated(tail);
    // SAFETY: all places are at most `tail + N`; the caller answers for `V`.
    unsafe {
        let first = V::mask(span.load(0), key);
        let second = V::mask(span.load(N), key);
        let third = V::mask(span.load(tail), rotated);
        let fourth = V::mask(span.load(tail + N), rotated);
        span.store(0, first);
        span.store(N, second);
        span.store(tail, third);
        span.store(tail + N, fourth);
    }
}

/// Masks `N` to `2 * N` bytes.
///
/// # Safety
///
/// The processor has the instructions of `V`, and the payload has such a length.
#[inline(always)]
unsafe fn mask_two<V: Vector<N>, const N: usize>(span: Span<'_>, key: MaskKey) {
    let tail = span.len() - N;
    // SAFETY: all places are at most `tail`; the caller answers for `V`.
    unsafe {
        let first = V::mask(span.load(0), key);
        let second = V::mask(span.load(tail), key.rotated(tail));
        span.store(0, first);
        span.store(tail, second);
    }
}

/// Masks fewer than 32 bytes.
///
/// # Safety
///
/// The payload has such a length.
#[inline(always)]
unsafe fn mask_words(span: Span<'_>, key: MaskKey) {
    // SAFETY: each gets the lengths that it is for; every processor has the instructions.
    unsafe {
        match span.len() {
            16.. => mask_four::<Word, 8>(span, key),
            8.. => mask_two::<Word, 8>(span, key),
            4.. => mask_two::<Word, 4>(span, key),
            1.. => mask_bytes(span, key),
            0 => {}
        }
    }
}

/// Masks one to three bytes.
///
/// # Safety
///
/// The payload has such a length.
#[inline(always)]
unsafe fn mask_bytes(span: Span<'_>, key: MaskKey) {
    let (middle, last) = (span.len() / 2, span.len() - 1);
    // SAFETY: all places are at most `last`; bytes need no instructions of their own.
    unsafe {
        let first: [u8; 1] = Word::mask(span.load(0), key);
        let second: [u8; 1] = Word::mask(span.load(middle), key.rotated(middle));
        let third: [u8; 1] = Word::mask(span.load(last), key.rotated(last));
        span.store(0, first);
        span.store(middle, second);
        span.store(last, third);
    }
}

/// The registers for whole numbers, which every processor has.
struct Word;

impl Vector<1> for Word {
    #[inline(always)]
    unsafe fn mask([byte]: [u8; 1], key: MaskKey) -> [u8; 1] {
        [byte ^ key.bytes()[0]]
    }
}

impl Vector<4> for Word {
    #[inline(always)]
    unsafe fn mask(bytes: [u8; 4], key: MaskKey) -> [u8; 4] {
        (u32::from_ne_bytes(bytes) ^ key.word).to_ne_bytes()
    }
}

impl Vector<8> for Word {
    #[inline(always)]
    unsafe fn mask(bytes: [u8; 8], key: MaskKey) -> [u8; 8] {
        let key = u64::from(key.word);
        (u64::from_ne_bytes(bytes) ^ (key << 32 | key)).to_ne_bytes()
    }
}
