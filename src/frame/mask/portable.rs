//! Masking in safe code for any target; the reference for every faster kernel.

use alloc::vec::Vec;

pub(super) fn apply(payload: &mut [u8], key: [u8; 4]) {
    let (blocks, rest) = payload.as_chunks_mut::<32>();
    for block in blocks {
        for word in block.as_chunks_mut::<4>().0 {
            mask_word(word, key);
        }
    }
    let (words, tail) = rest.as_chunks_mut::<4>();
    for word in words {
        mask_word(word, key);
    }
    for (byte, key) in tail.iter_mut().zip(key) {
        *byte ^= key;
    }
}

pub(super) fn append(payload: &[u8], target: &mut Vec<u8>, key: [u8; 4]) {
    // Blocks are masked while the copy is still in the first-level cache; their length keeps
    // the key's phase.
    const BLOCK: usize = 8 << 10;
    target.reserve(payload.len());
    for block in payload.chunks(BLOCK) {
        let start = target.len();
        target.extend_from_slice(block);
        apply(&mut target[start..], key);
    }
}

#[inline(always)]
fn mask_word(word: &mut [u8; 4], key: [u8; 4]) {
    *word = (u32::from_ne_bytes(*word) ^ u32::from_ne_bytes(key)).to_ne_bytes();
}
