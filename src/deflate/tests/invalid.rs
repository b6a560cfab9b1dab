//! D08: corrupt payloads are found, and no output from before the error is lost.

use flate2::{Decompress, FlushDecompress, Status};
use proptest::collection::vec as vec_of;
use proptest::prelude::*;

use super::bits::BitWriter;
use super::*;

/// Checks that a payload is corrupt right after the "ab" that its first block begins with. The
/// closure appends what follows "ab".
fn assert_corrupt(name: &str, append: impl FnOnce(BitWriter) -> Vec<u8>) {
    let payload = append(BitWriter::fixed_block().literal(b'a').literal(b'b'));
    assert_corrupt_after(name, b"ab", &payload);
}

/// Checks that a payload, as a second message and cut at any byte, gives the output `before` and is
/// corrupt then.
fn assert_corrupt_after(name: &str, before: &[u8], payload: &[u8]) {
    for room in [1, 2, 3, 4096] {
        for cut in 0..=payload.len() {
            let mut receiver = inflater();
            assert_eq!(inflate_whole(&mut receiver, &[0x00]).unwrap(), b"");
            let (first, last) = payload.split_at(cut);
            let inflated = inflate(&mut receiver, [first, last], room);
            assert_eq!(inflated, Err(before.to_vec()), "{name}, {room}, {cut}");
            // The receiver stays corrupt, whatever comes.
            let step = receiver.inflate(&[0], &mut [0; 9]);
            let corrupt = Step { consumed: 0, produced: 0, outcome: Outcome::Corrupt };
            assert_eq!((step, receiver.finish()), (corrupt, Outcome::Corrupt));
            assert!(receiver.take_context().is_none());
        }
    }
}

fn dynamic_header(literals: u32, distances: u32, lengths: &[u32]) -> Vec<u8> {
    BitWriter::dynamic_block(literals, distances, lengths).bytes()
}

#[test]
fn d08_symbols() {
    assert_corrupt("length 286", |bits| {
        bits.code(0xC6, 8).distance(1).end_of_block().end_of_message()
    });
    assert_corrupt("length 287", |bits| {
        bits.code(0xC7, 8).distance(1).end_of_block().end_of_message()
    });
    for symbol in [30, 31] {
        assert_corrupt("distance", |bits| {
            bits.length_3().code(symbol, 5).end_of_block().end_of_message()
        });
    }
    assert_corrupt("too far", |bits| bits.length_3().distance(3).end_of_block().end_of_message());
    assert_corrupt("far too far", |bits| {
        bits.length_3().distance(32_768).end_of_block().end_of_message()
    });
}

#[test]
fn d08_blocks() {
    assert_corrupt("type 3", |bits| bits.end_of_block().number(0b110, 3).bytes());
    let stored = [0x00, 0x01, 0x00, 0xFF, 0xFF, b'a', 0x00];
    assert_corrupt_after("stored length", b"", &stored);
    assert_corrupt_after("too many literals", b"", &dynamic_header(287, 1, &[1; 4]));
    assert_corrupt_after("too many distances", b"", &dynamic_header(257, 31, &[1; 4]));
    assert_corrupt_after("over-subscribed", b"", &dynamic_header(257, 1, &[1; 5]));
    assert_corrupt_after("incomplete", b"", &dynamic_header(257, 1, &[0, 0, 0, 2]));
    // A repetition of the length before the first one.
    let bits = BitWriter::dynamic_block(257, 1, &[1, 1, 0, 0]);
    assert_corrupt_after("repeats nothing", b"", &bits.code(0, 1).number(0, 2).bytes());
}

#[test]
fn d08_truncated() {
    assert_corrupt("within a block", |bits| bits.literal(b'c').bytes()[..3].to_vec());
    // The last byte has two bits to spare, too few for a header. Six would be read as a header
    // that nobody meant.
    let bits = BitWriter::fixed_block().literal(b'a').length_3().distance(1).end_of_block();
    assert_corrupt_after("no flush", b"aaaa", &bits.bytes());
    assert_corrupt_after("stored bytes missing", b"Hel", &[0, 5, 0, 0xFA, 0xFF, b'H', b'e', b'l']);
    assert_corrupt_after("stored length missing", b"", &[0x00, 0x05, 0x00]);
    assert_corrupt_after("tail not taken off", b"", &[0x00, 0x00, 0x00, 0xFF, 0xFF]);
    assert_corrupt_after("header of another block", b"", &dynamic_header(257, 1, &[1; 4]));
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

/// Without its tail, each of these payloads ends inside a stored block, not where RFC 7692 §7.2.1
/// lets it end.
#[test]
fn d20_tail_that_is_content() {
    // A stored block of four bytes, all of which are missing.
    assert_corrupt_after("stored", b"", &[0x00, 0x04, 0x00, 0xFB, 0xFF]);
    assert_corrupt_after("stored in part", b"ab", &[0x00, 0x06, 0x00, 0xF9, 0xFF, b'a', b'b']);
    // The same in final blocks. The second would end with the empty block that follows the tail.
    assert_corrupt_after("final", b"", &[0x01, 0x04, 0x00, 0xFB, 0xFF]);
    assert_corrupt_after("final, more", b"", &[0x01, 0x09, 0x00, 0xF6, 0xFF]);
}

/// The header of the last block goes on through the tail, and the block ends in its last byte: the
/// next message would begin with the six bits that are left.
#[test]
fn tail_that_ends_a_block_too_early() {
    // The codes for a run of zeros, a length of 1 and a length of 2 are "0", "10" and "11".
    let lengths = [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2, 0];
    let zeros = |bits: BitWriter, count: u32| bits.code(0, 1).number(count - 11, 7);
    let bits = zeros(BitWriter::dynamic_block(279, 4, &lengths), 97);
    // The codes for 'a', 'b' and, after 157 zeros, the end of the block are "0", "10" and "11".
    let bits = bits.code(0b10, 2).code(0b11, 2);
    let payload = zeros(zeros(bits, 138), 19).code(0b11, 2).bytes();
    assert_eq!(ends_with_a_block(&payload), Some(false));
    assert_corrupt_after("six bits", b"", &payload);
    // As content of the payload, the same bits are valid: two runs of zeros, the lengths of four
    // distances, and the end of the block.
    let continued = [&*payload, &[0x00, 0x00, 0xFF, 0b11]].concat();
    assert_eq!(inflate_whole(&mut inflater(), &continued).unwrap(), b"");
}

/// Whether, for zlib, a block ends exactly at the last bit of the payload and its tail: then a
/// stored block after them comes out unchanged. `None` if a final block ends the stream before that
/// can be seen.
fn ends_with_a_block(payload: &[u8]) -> Option<bool> {
    let mut zlib = Decompress::new(false);
    let mut inflate = |input: &[u8], output: &mut Vec<u8>| {
        let total_in = zlib.total_in();
        let result = zlib.decompress_vec(input, output, FlushDecompress::None);
        (result, (zlib.total_in() - total_in) as usize == input.len())
    };
    let (mut message, mut after) = (Vec::with_capacity(5000), Vec::with_capacity(5000));
    let marker = noise(20);
    let (result, _) = inflate(payload, &mut message);
    if matches!(result, Ok(Status::StreamEnd)) {
        return None;
    }
    let tail_and_marker = [&[0x00, 0x00, 0xFF, 0xFF, 0x00, 20, 0, !20, !0], &*marker].concat();
    match inflate(&tail_and_marker, &mut after) {
        (Ok(Status::StreamEnd), _) => None,
        (Ok(_), consumed) => Some(consumed && after == marker),
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
    fn ends_of_random_payloads(payload in vec_of(any::<u8>(), 0..20), last_bits in any::<u32>()) {
        check_against_zlib(&payload);
        // Most random payloads are corrupt at once. Blocks with dynamic codes can end in more ways.
        let lengths = [0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2];
        let bits = BitWriter::dynamic_block(257, 1, &lengths);
        let bits = payload.iter().fold(bits, |bits, byte| bits.number((*byte).into(), 8));
        check_against_zlib(&bits.number(last_bits, last_bits as usize % 8).bytes());
    }
}
