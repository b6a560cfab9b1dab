//! A payload and the place that it is written to.

use core::marker::PhantomData;
use core::mem::MaybeUninit;

/// A payload, and the place that it is written to, masked: its own place, or one of the same length
/// that does not overlap it.
#[derive(Clone, Copy)]
pub(in crate::frame::mask) struct Span<'a> {
    from: *const u8,
    to: *mut u8,
    len: usize,
    borrowed: PhantomData<&'a mut [u8]>,
}

impl<'a> Span<'a> {
    /// Writes to the payload's own place.
    #[inline(always)]
    pub(in crate::frame::mask) fn in_place(payload: &'a mut [u8]) -> Self {
        let (to, len) = (payload.as_mut_ptr(), payload.len());
        Self { from: to, to, len, borrowed: PhantomData }
    }

    /// Writes to the front of `target`. The payload ends where the shorter of the two does.
    #[inline(always)]
    pub(in crate::frame::mask) fn copy(
        payload: &'a [u8],
        target: &'a mut [MaybeUninit<u8>],
    ) -> Self {
        let len = payload.len().min(target.len());
        let (from, to) = (payload.as_ptr(), target.as_mut_ptr().cast());
        Self { from, to, len, borrowed: PhantomData }
    }

    #[inline(always)]
    pub(in crate::frame::mask) fn len(self) -> usize {
        self.len
    }

    /// The offset of the first byte in the target whose address is a multiple of `align`, a power
    /// of two.
    #[inline(always)]
    pub(super) fn first_aligned(self, align: usize) -> usize {
        self.to.addr().wrapping_neg() % align
    }

    /// The payload's bytes at `at`.
    ///
    /// # Safety
    ///
    /// They are inside the payload.
    #[inline(always)]
    pub(super) unsafe fn load<const N: usize>(self, at: usize) -> [u8; N] {
        debug_assert!(at + N <= self.len);
        // SAFETY: inside the payload; bytes need no alignment.
        unsafe { self.from.add(at).cast::<[u8; N]>().read() }
    }

    /// Writes to the target at `at`.
    ///
    /// # Safety
    ///
    /// The place is inside the target.
    #[inline(always)]
    pub(super) unsafe fn store<const N: usize>(self, at: usize, bytes: [u8; N]) {
        debug_assert!(at + N <= self.len);
        // SAFETY: inside the target; bytes need no alignment.
        unsafe { self.to.add(at).cast::<[u8; N]>().write(bytes) };
    }
}
