//! All kernels against the definition, byte for byte.

#![expect(unsafe_code, reason = "kernels for processors are called by name")]

use alloc::vec;
use alloc::vec::Vec;
use core::mem::MaybeUninit;

use super::{MaskKey, kernel, portable};

struct Kernel {
    name: &'static str,
    apply: fn(&mut [u8], MaskKey),
    copy: fn(&[u8], &mut [MaybeUninit<u8>], MaskKey),
}

/// All that this target and this processor have.
fn kernels() -> Vec<Kernel> {
    let portable = Kernel { name: "portable", apply: portable::apply, copy: portable::copy };
    let chosen = Kernel { name: "chosen", apply: kernel::apply, copy: kernel::copy };
    [portable, chosen].into_iter().chain(of_x86_64()).collect()
}

#[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
fn of_x86_64() -> Vec<Kernel> {
    Vec::new()
}

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
fn of_x86_64() -> Vec<Kernel> {
    use super::x86_64::{
        apply_avx2, apply_avx512, apply_sse2, copy_avx2, copy_avx512, copy_sse2, has_avx2,
        has_avx512,
    };

    let sse2 = Kernel { name: "SSE2", apply: apply_sse2, copy: copy_sse2 };
    let avx2 = Kernel {
        name: "AVX2",
        // SAFETY: taken only where the processor has AVX2.
        apply: |payload, key| unsafe { apply_avx2(payload, key) },
        // SAFETY: the same.
        copy: |payload, target, key| unsafe { copy_avx2(payload, target, key) },
    };
    let avx512 = Kernel {
        name: "AVX-512",
        // SAFETY: taken only where the processor has AVX-512.
        apply: |payload, key| unsafe { apply_avx512(payload, key) },
        // SAFETY: the same.
        copy: |payload, target, key| unsafe { copy_avx512(payload, target, key) },
    };
    let avx2 = Some(avx2).filter(|_| has_avx2());
    let avx512 = Some(avx512).filter(|_| has_avx512());
    [sse2].into_iter().chain(avx2).chain(avx512).collect()
}

const KEY: MaskKey = MaskKey::new([0x37, 0xFA, 0x21, 0x3D]);
/// The length of a cache line, which is a multiple of every vector's.
const LINE: usize = 64;
/// The bytes around a payload.
const AROUND: [u8; 3 * LINE] = [0xA5; 3 * LINE];

#[test]
fn short_payloads_of_all_lengths() {
    for len in 0..=600 {
        check(len);
    }
}

#[test]
fn long_payloads() {
    for len in [4095, 4096, 4097, 4223, 65_535, 65_536, 65_537] {
        check(len);
    }
}

/// Checks a payload of this length with all kernels, in all phases of the key, and at all places of
/// a cache line.
fn check(len: usize) {
    let payload: Vec<u8> = (0..len).map(|at| (at * 31 + at / 256) as u8).collect();
    let (mut place, mut source) = (Place::new(len), Place::new(len));
    for kernel in kernels() {
        for key in [0, 1, 2, 3].map(|phase| KEY.rotated(phase)) {
            let expected = masked_one_by_one(&payload, key);
            for lead in 0..LINE {
                let what = (kernel.name, len, key, lead);
                place.fill(lead, &payload);
                (kernel.apply)(place.payload(lead), key);
                place.check(lead, &expected, what);

                // From an address that differs, to a target with room after it.
                let from = LINE - 1 - lead / 2;
                source.fill(from, &payload);
                place.clear();
                (kernel.copy)(source.payload(from), place.room(lead), key);
                place.check(lead, &expected, what);
                source.check(from, &payload, what);
            }
        }
    }
}

/// The definition in §5.3.
fn masked_one_by_one(payload: &[u8], key: MaskKey) -> Vec<u8> {
    payload.iter().enumerate().map(|(at, byte)| byte ^ key.bytes()[at % 4]).collect()
}

/// Memory for a payload at a place of a cache line, with something around it.
struct Place {
    memory: Vec<u8>,
    start: usize,
    len: usize,
}

impl Place {
    fn new(len: usize) -> Self {
        let memory = vec![0; len + 3 * LINE];
        let start = memory.as_ptr().align_offset(LINE);
        Self { memory, start, len }
    }

    fn clear(&mut self) {
        self.memory.fill(AROUND[0]);
    }

    fn fill(&mut self, lead: usize, payload: &[u8]) {
        self.clear();
        self.payload(lead).copy_from_slice(payload);
    }

    fn payload(&mut self, lead: usize) -> &mut [u8] {
        &mut self.memory[self.start + lead..][..self.len]
    }

    /// From `lead` to the end of the memory.
    fn room(&mut self, lead: usize) -> &mut [MaybeUninit<u8>] {
        let room = core::ptr::from_mut(&mut self.memory[self.start + lead..]);
        // SAFETY: the same bytes; nobody takes one out of a kernel's target.
        unsafe { &mut *(room as *mut [MaybeUninit<u8>]) }
    }

    fn check(&self, lead: usize, expected: &[u8], what: impl core::fmt::Debug) {
        let (before, rest) = self.memory.split_at(self.start + lead);
        let (payload, after) = rest.split_at(self.len);
        assert!(payload == expected, "{what:?}");
        assert_eq!(before, &AROUND[..before.len()], "{what:?}");
        assert_eq!(after, &AROUND[..after.len()], "{what:?}");
    }
}
