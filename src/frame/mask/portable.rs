//! Masking in safe code for any target. It is also the reference for the kernels with vectors.

use core::mem::MaybeUninit;

use super::key::MaskKey;

pub(super) fn apply(payload: &mut [u8], key: MaskKey) {
    let (blocks, rest) = payload.as_chunks_mut::<32>();
    for block in blocks {
        for word in block.as_chunks_mut::<4>().0 {
            *word = mask_word(*word, key);
        }
    }
    let (words, tail) = rest.as_chunks_mut::<4>();
    for word in words {
        *word = mask_word(*word, key);
    }
    for (byte, key) in tail.iter_mut().zip(key.bytes()) {
        *byte ^= key;
    }
}

pub(super) fn copy(payload: &[u8], target: &mut [MaybeUninit<u8>], key: MaskKey) {
    let target = &mut target[..payload.len()];
    let ((words, tail), (places, last)) = (payload.as_chunks::<4>(), target.as_chunks_mut::<4>());
    for (word, place) in words.iter().zip(places) {
        *place = mask_word(*word, key).map(MaybeUninit::new);
    }
    for ((byte, key), place) in tail.iter().zip(key.bytes()).zip(last) {
        place.write(byte ^ key);
    }
}

#[inline(always)]
fn mask_word(word: [u8; 4], key: MaskKey) -> [u8; 4] {
    (u32::from_ne_bytes(word) ^ key.word).to_ne_bytes()
}
