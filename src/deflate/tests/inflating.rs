//! D01 to D07, D13 to D15 and D19: the payloads that a peer may send.

use super::bits::BitWriter;
use super::receiving::output_room;
use super::*;
use crate::utf8::Utf8Validator;

/// "Hello" in a block with fixed codes.
const HELLO: &[u8] = &[0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00];
/// "Hello" as a reference to an earlier message that is the same.
const HELLO_AGAIN: &[u8] = &[0xF2, 0x00, 0x11, 0x00, 0x00];
/// "Hello" in a stored block.
const STORED: &[u8] = &[0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00];
/// "Hello" in a final block, followed by the zero byte of RFC 7692 §7.2.3.4.
const FINAL: &[u8] = &[0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00];
/// The final block alone, without the zero byte.
const FINAL_BLOCK: &[u8] = FINAL.split_at(7).0;
/// "Hello" in two blocks, the first of which was flushed.
const TWO_BLOCKS: &[u8] =
    &[0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00];
const EMPTY_BLOCK: &[u8] = &[0x00, 0x00, 0x00, 0xFF, 0xFF];

#[test]
fn d01_examples_of_the_rfc() {
    for payload in [HELLO, STORED, FINAL, TWO_BLOCKS] {
        for cut in 0..=payload.len() {
            let (first, last) = payload.split_at(cut);
            for room in [1, 2, 5, 100] {
                let mut inflater = inflater();
                let hello = Ok(b"Hello".to_vec());
                assert_eq!(inflate(&mut inflater, [first, last], room), hello);
                // D03: even if the first message ended the stream.
                assert_eq!(inflate(&mut inflater, [HELLO_AGAIN], room), hello, "{payload:x?}");
                assert_eq!(inflate(&mut inflater, [first, last], room), hello);
            }
        }
    }
}

#[test]
fn d02_no_reference_to_earlier_messages_without_takeover() {
    for first in [HELLO, FINAL] {
        let mut inflater = Inflater::new(WindowBits::MAX, Takeover::Off);
        assert_eq!(inflate_whole(&mut inflater, first).unwrap(), b"Hello");
        assert_eq!(inflate_whole(&mut inflater, first).unwrap(), b"Hello");
        assert_eq!(inflate_whole(&mut inflater, HELLO_AGAIN), Err(b"H".to_vec()));
    }
}

/// The blocks of one message may refer to each other whatever was agreed on.
#[test]
fn d04_blocks_after_a_final_block() {
    for takeover in TAKEOVERS {
        for next_block in [HELLO_AGAIN, FINAL_BLOCK, FINAL, STORED] {
            let payload = [FINAL_BLOCK, next_block].concat();
            for room in [1, 3, 100] {
                let mut inflater = Inflater::new(WindowBits::MAX, takeover);
                let inflated = inflate(&mut inflater, payload.chunks(1), room);
                assert_eq!(inflated.unwrap(), b"HelloHello");
                assert_eq!(inflate(&mut inflater, [&*payload], room).unwrap(), b"HelloHello");
            }
        }
        for junk in [&[0xFF][..], &[0x00, 0x01], b"junk"] {
            let mut inflater = Inflater::new(WindowBits::MAX, takeover);
            let payload = [FINAL, junk].concat();
            assert!(inflate_whole(&mut inflater, &payload).is_err(), "{junk:x?}");
        }
    }
}

/// A sender that ends each message with `Z_FINISH` leaves the zero byte out.
#[test]
fn d04_final_block_at_the_very_end() {
    for room in [1, 2, 5, 100] {
        let mut inflater = inflater();
        for _ in 0..2 {
            assert_eq!(inflate(&mut inflater, [FINAL_BLOCK], room).unwrap(), b"Hello");
            assert_eq!(inflate(&mut inflater, [FINAL_BLOCK, &[]], room).unwrap(), b"Hello");
            // An empty final block, and one whose header the tail completes.
            assert_eq!(inflate(&mut inflater, [&[0x03, 0x00][..]], room).unwrap(), b"");
            assert_eq!(inflate(&mut inflater, [&[0x01][..]], room).unwrap(), b"");
            assert_eq!(inflate(&mut inflater, [HELLO_AGAIN], room).unwrap(), b"Hello");
        }
    }
}

#[test]
fn d05_empty_message() {
    let mut inflater = inflater();
    for pieces in [&[&[0][..]][..], &[&[], &[0]], &[&[0], &[]]] {
        assert_eq!(inflate(&mut inflater, pieces.iter().copied(), 1).unwrap(), b"");
    }
}

#[test]
fn d06_no_payload_at_all() {
    for earlier in [None, Some(HELLO), Some(FINAL)] {
        for takeover in TAKEOVERS {
            let mut inflater = Inflater::new(WindowBits::MAX, takeover);
            if let Some(earlier) = earlier {
                assert_eq!(inflate_whole(&mut inflater, earlier).unwrap(), b"Hello");
            }
            assert_eq!(inflate_whole(&mut inflater, &[]), Err(Vec::new()));
            assert_eq!(inflate_whole(&mut inflater, HELLO), Err(Vec::new()));
        }
    }
}

#[test]
fn d07_empty_fragments() {
    for payload in [HELLO, STORED, FINAL, FINAL_BLOCK, TWO_BLOCKS] {
        for pieces in [[payload, &[]], [&[], payload]] {
            assert_eq!(inflate(&mut inflater(), pieces, 100).unwrap(), b"Hello");
            assert_eq!(inflate(&mut inflater(), pieces, 5).unwrap(), b"Hello");
        }
    }
}

#[test]
fn d13_runs_of_empty_blocks_take_no_output() {
    let fixed = (0..4).fold(BitWriter::default(), |bits, _| bits.number(0b010, 3).end_of_block());
    for block in [EMPTY_BLOCK, &fixed.bytes()] {
        let mut payload = block.repeat(10_000);
        let mut inflater = inflater();
        let step = inflater.inflate(&payload, &mut [0]);
        assert_eq!((step.consumed, step.produced), (payload.len(), 0));
        assert_eq!(step.outcome, Outcome::NeedsInput);
        payload.extend(HELLO);
        assert_eq!(inflate(&mut inflater, payload.chunks(7), 1).unwrap(), b"Hello");
    }
    // Each final block ends a stream, and the next one begins another.
    let final_blocks = [0x03, 0x00].repeat(1000);
    assert_eq!(inflate(&mut inflater(), final_blocks.chunks(7), 1).unwrap(), b"");
}

/// The room is cleared for each piece, so it must not depend on the message alone.
#[test]
fn d13_short_pieces_get_little_room() {
    for message_len in [0, 1000, 64 << 20] {
        let rooms = [0, 1, 64, 1000].map(|input_len| output_room(input_len, message_len));
        assert_eq!(rooms, [512, 512, 512, 8000]);
    }
    let rooms = [0, 1 << 20].map(|message_len| output_room(usize::MAX, message_len));
    assert_eq!(rooms, [256 << 10, 1 << 20]);
}

/// A distance of 20,000 bytes is allowed inside one message, but not into an earlier one with a
/// window below 15 bits, wherever the output is cut.
#[test]
fn d14_reach_beyond_the_window() {
    let (near, far) = (noise(30_000), noise(30_000)[10_000..11_000].to_vec());
    let mut sender = deflater();
    let first = deflate(&mut sender, &near);
    let second = deflate(&mut sender, &far);
    assert!(second.len() < 100);
    let joined = [&*first, &[0, 0, 0xFF, 0xFF], &*second].concat();
    let whole = [near.clone(), far.clone()].concat();
    for bits in 8..=15 {
        for room in [1, 100, 1000, 5000, 100_000] {
            let mut receiver = Inflater::new(window(bits), Takeover::On);
            assert_eq!(inflate(&mut receiver, [&*joined], room).as_deref(), Ok(&*whole));
            let mut receiver = Inflater::new(window(bits), Takeover::On);
            assert_eq!(inflate(&mut receiver, [&*first], room).as_deref(), Ok(&*near));
            let expected = if bits == 15 { Ok(far.clone()) } else { Err(Vec::new()) };
            assert_eq!(inflate(&mut receiver, [&*second], room), expected, "{bits} {room}");
        }
    }
}

/// A reference may reach exactly 2^bits bytes back, and not one byte further.
#[test]
fn d15_windows_from_8_bits() {
    for bits in 8..=15 {
        let size = 1 << bits;
        let mut receiver = Inflater::new(window(bits), Takeover::On);
        let message = noise(size - 5);
        assert_eq!(inflate_whole(&mut receiver, STORED).as_deref(), Ok(&b"Hello"[..]));
        assert_eq!(
            inflate_whole(&mut receiver, &stored_message(&message)).as_deref(),
            Ok(&*message)
        );
        assert_eq!(
            inflate_whole(&mut receiver, &reference_message(size)).as_deref(),
            Ok(&b"Hel"[..])
        );
        if bits < 15 {
            assert_eq!(inflate_whole(&mut receiver, &reference_message(size + 1)), Err(Vec::new()));
        }
        assert_eq!(receiver.history_capacity(), size);
    }
}

#[test]
fn d19_text_split_inside_a_character() {
    let text = "né".repeat(100);
    let (mut sender, mut utf8) = (deflater(), Utf8Validator::default());
    let mut receiver = inflater();
    let mut validate = |payload: &[u8], output: &mut [u8]| {
        let step = receiver.inflate(payload, output);
        assert_eq!((step.consumed, step.outcome), (payload.len(), Outcome::NeedsInput));
        utf8.push(&output[..step.produced]).unwrap();
        utf8.is_complete()
    };
    let (mut payload, mut output) = (Vec::new(), [0; 1000]);
    sender.compress(&text.as_bytes()[..2], &mut payload).unwrap();
    assert!(!validate(&payload, &mut output));
    assert!(validate(&deflate(&mut sender, &text.as_bytes()[2..]), &mut output));
    assert_eq!(receiver.finish(), Outcome::Complete);
}

/// The payload of a message in stored blocks.
fn stored_message(message: &[u8]) -> Vec<u8> {
    let block = |part: &[u8]| {
        let len = (part.len() as u16).to_le_bytes();
        [&[0, len[0], len[1], !len[0], !len[1]], part].concat()
    };
    let mut payload: Vec<u8> = message.chunks(60_000).flat_map(block).collect();
    payload.push(0);
    payload
}

/// The payload of a message of three bytes that refers `distance` bytes back.
fn reference_message(distance: usize) -> Vec<u8> {
    BitWriter::fixed_block().length_3().distance(distance).end_of_block().end_of_message()
}
