//! Masking (§5.3): every byte of a client's payload is XORed with a byte of a four-byte key.
//!
//! These functions can be used on their own, for whole payloads and for parts of them:
//!
//! ```
//! use websocket_proto::frame::mask::{self, MaskKey};
//!
//! let key = MaskKey::new([0x37, 0xFA, 0x21, 0x3D]);
//! let mut sent = Vec::new();
//! mask::append(b"Hel", &mut sent, key);
//! mask::append(b"lo", &mut sent, key.rotated(3));
//! assert_eq!(sent, [0x7F, 0x9F, 0x4D, 0x51, 0x58]);
//!
//! mask::apply(&mut sent, key);
//! assert_eq!(sent, b"Hello");
//! ```

mod aarch64;
mod key;
#[allow(dead_code, reason = "where there are vectors, only the tests refer to it")]
mod portable;
#[cfg(test)]
mod tests;
mod vectors;
mod x86_64;

use alloc::vec::Vec;
use core::mem::MaybeUninit;

pub use key::MaskKey;

#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
use aarch64 as kernel;
#[cfg(not(any(
    all(target_arch = "aarch64", target_feature = "neon"),
    all(target_arch = "x86_64", target_feature = "sse2")
)))]
use portable as kernel;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use x86_64 as kernel;

/// Masks or unmasks `payload` in place, which is the same operation.
///
/// A payload in several parts is masked part by part, each with the key [rotated](MaskKey::rotated)
/// by the length of the parts before. The address need not be aligned. The fastest instructions of
/// the target are used or, with the feature `std`, those of the processor.
#[inline]
pub fn apply(payload: &mut [u8], key: MaskKey) {
    kernel::apply(payload, key);
}

/// Copies `payload` to the front of `target`, masked or unmasked. `target` is at least as long.
#[inline]
#[expect(unsafe_code, reason = "the kernels also write to memory that was not written before")]
pub(crate) fn copy(payload: &[u8], target: &mut [u8], key: MaskKey) {
    let target = &raw mut target[..payload.len()];
    // SAFETY: the same bytes, borrowed only by this function; the kernels write only initialised
    // bytes to them.
    kernel::copy(payload, unsafe { &mut *(target as *mut [MaybeUninit<u8>]) }, key);
}

/// Appends `payload` to `target`, masked or unmasked; each byte is read and written once.
///
/// Otherwise like [`apply`].
#[inline]
#[expect(unsafe_code, reason = "the spare capacity is not zeroed first")]
pub fn append(payload: &[u8], target: &mut Vec<u8>, key: MaskKey) {
    target.reserve(payload.len());
    kernel::copy(payload, target.spare_capacity_mut(), key);
    // SAFETY: there was room for all of the payload, so `copy` has written all of it.
    unsafe { target.set_len(target.len() + payload.len()) };
}
