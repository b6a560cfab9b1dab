//! D08: payloads that are corrupt, and that nothing before the error is lost.

use flate2::{Decompress, FlushDecompress, Status};
use proptest::collection::vec as vec_of;
use proptest::prelude::*;

use super::bits::Bits;
use super::*;

/// Inflates "ab" and what follows it in the block, as a second message; also cut at every byte.
fn corrupt(name: &str, tail: impl FnOnce(Bits) -> Vec<u8>) {
    let payload = tail(Bits::fixed_block().literal(b'a').literal(b'b'));
    corrupt_behind(name, b"ab", &payload);
}

fn corrupt_behind(name: &str, before: &[u8], payload: &[u8]) {
    for step in [1, 2, 3, 4096] {
        for at in 0..=payload.len() {
            let mut receiver = inflater();
            assert_eq!(inflate_whole(&mut receiver, &[0x00]).unwrap(), b"");
            let (first, last) = payload.split_at(at);
            let inflated = inflate(&mut receiver, [first, last], step);
            assert_eq!(inflated, Err(before.to_vec()), "{name}, {step}, {at}");
            // It stays so, whatever comes.
            let step = receiver.inflate(&[0], &mut [0; 9]);
            let nothing = Step { consumed: 0, produced: 0, outcome: Outcome::Corrupt };
            assert_eq!((step, receiver.finish()), (nothing, Outcome::Corrupt));
            assert!(receiver.take_context().is_none());
        }
    }
}

#[test]
fn d08_symbols() {
    corrupt("length 286", |bits| bits.code(0xC6, 8).distance(1).end_of_block().empty_block());
    corrupt("length 287", |bits| bits.code(0xC7, 8).distance(1).end_of_block().empty_block());
    for symbol in [30, 31] {
        corrupt("distance", |bits| bits.length_3().code(symbol, 5).end_of_block().empty_block());
    }
    corrupt("too far", |bits| bits.length_3().distance(3).end_of_block().empty_block());
    corrupt("far too far", |bits| bits.length_3().distance(32_768).end_of_block().empty_block());
}

#[test]
fn d08_blocks() {
    corrupt("type 3", |bits| bits.end_of_block().number(0b110, 3).bytes());
    let stored = [0x00, 0x01, 0x00, 0xFF, 0xFF, b'a', 0x00];
    corrupt_behind("stored length", b"", &stored);
    corrupt_behind("too many literals", b"", &Bits::dynamic_block(287, 1, &[1; 4]).bytes());
    corrupt_behind("too many distances", b"", &Bits::dynamic_block(257, 31, &[1; 4]).bytes());
    corrupt_behind("over-subscribed", b"", &Bits::dynamic_block(257, 1, &[1; 5]).bytes());
    corrupt_behind("incomplete", b"", &Bits::dynamic_block(257, 1, &[0, 0, 0, 2]).bytes());
    // A repetition of the length before the first one.
    let bits = Bits::dynamic_block(257, 1, &[1, 1, 0, 0]);
    corrupt_behind("repeats nothing", b"", &bits.code(0, 1).number(0, 2).bytes());
}

#[test]
fn d08_truncated() {
    corrupt("within a block", |bits| bits.literal(b'c').bytes()[..3].to_vec());
    // Two bits to spare are no header; six would be one that nobody meant.
    let bits = Bits::fixed_block().literal(b'a').length_3().distance(1).end_of_block();
    corrupt_behind("no flush", b"aaaa", &bits.bytes());
    corrupt_behind("stored bytes missing", b"Hel", &[0, 5, 0, 0xFA, 0xFF, b'H', b'e', b'l']);
    corrupt_behind("stored length missing", b"", &[0x00, 0x05, 0x00]);
    corrupt_behind("tail not taken off", b"", &[0x00, 0x00, 0x00, 0xFF, 0xFF]);
    corrupt_behind("header of another block", b"", &Bits::dynamic_block(257, 1, &[1; 4]).bytes());
}

/// A message that was compressed without a flush, cut anywhere.
#[test]
fn d08_cut_anywhere() {
    let message = records(300);
    let payload = deflate(&mut deflater(), &message);
    for len in 1..payload.len() {
        let inflated = inflate_whole(&mut inflater(), &payload[..len]);
        let before = inflated.expect_err("no block boundary");
        assert!(message.starts_with(&before), "{len}");
    }
}

/// What the tail would complete was not cut where RFC 7692 §7.2.1 says.
#[test]
fn d20_tail_that_is_content() {
    // A stored block of four bytes, none of which came.
    corrupt_behind("stored", b"", &[0x00, 0x04, 0x00, 0xFB, 0xFF]);
    corrupt_behind("stored in part", b"ab", &[0x00, 0x06, 0x00, 0xF9, 0xFF, b'a', b'b']);
    // The same in a final block, and with the bytes behind the tail that end a stream.
    corrupt_behind("final", b"", &[0x01, 0x04, 0x00, 0xFB, 0xFF]);
    corrupt_behind("final, more", b"", &[0x01, 0x09, 0x00, 0xF6, 0xFF]);
}

/// A block with a header that goes on through the tail, and an end in its last byte, with six
/// bits to spare that the next message would begin with.
#[test]
fn tail_that_ends_a_block_too_early() {
    // Codes for a run of zeros, 1 and 2: "0", "10" and "11".
    let lengths = [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2, 0];
    let zeros = |bits: Bits, count: u32| bits.code(0, 1).number(count - 11, 7);
    let bits = zeros(Bits::dynamic_block(279, 4, &lengths), 97);
    // 'a', 'b' and, behind 157 zeros, the end of the block: "0", "10" and "11".
    let bits = bits.code(0b10, 2).code(0b11, 2);
    let payload = zeros(zeros(bits, 138), 19).code(0b11, 2).bytes();
    assert_eq!(ends_with_a_block(&payload), Some(false));
    corrupt_behind("six bits", b"", &payload);
    // What the tail stands for: two runs of zeros and four distances, then the end.
    let tail = [&*payload, &[0x00, 0x00, 0xFF, 0b11]].concat();
    assert_eq!(inflate_whole(&mut inflater(), &tail).unwrap(), b"");
}

/// Whether the payload and the tail end with a block to the bit, as zlib sees it: then a stored
/// block behind them comes out as it is. `None` if final blocks spoil this.
fn ends_with_a_block(payload: &[u8]) -> Option<bool> {
    let mut zlib = Decompress::new(false);
    let mut inflate = |input: &[u8], output: &mut Vec<u8>| {
        let before = zlib.total_in();
        let result = zlib.decompress_vec(input, output, FlushDecompress::None);
        (result, (zlib.total_in() - before) as usize == input.len())
    };
    let (mut before, mut after) = (Vec::with_capacity(5000), Vec::with_capacity(5000));
    let mark = noise(20);
    let (result, _) = inflate(payload, &mut before);
    if matches!(result, Ok(Status::StreamEnd)) {
        return None;
    }
    let marked = [&[0x00, 0x00, 0xFF, 0xFF, 0x00, 20, 0, !20, !0], &*mark].concat();
    match inflate(&marked, &mut after) {
        (Ok(Status::StreamEnd), _) => None,
        (Ok(_), consumed) => Some(consumed && after == mark),
        (Err(_), _) => Some(false),
    }
}

fn check_against_zlib(payload: &[u8]) {
    if let Some(complete) = ends_with_a_block(payload) {
        assert_eq!(inflate_whole(&mut inflater(), payload).is_ok(), complete, "{payload:x?}");
    }
}

#[test]
fn ends_of_short_payloads() {
    for first in 0..=255 {
        check_against_zlib(&[first]);
        for last in 0..=255 {
            check_against_zlib(&[first, last]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn ends_of_random_payloads(payload in vec_of(any::<u8>(), 0..20), rest in any::<u32>()) {
        check_against_zlib(&payload);
        // Most of that is corrupt at once; a block with dynamic codes has more ways to end.
        let bits = Bits::dynamic_block(257, 1, &[0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
        let bits = payload.iter().fold(bits, |bits, byte| bits.number((*byte).into(), 8));
        check_against_zlib(&bits.number(rest, rest as usize % 8).bytes());
    }
}
