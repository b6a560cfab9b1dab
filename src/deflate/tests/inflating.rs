//! D01 to D08, D13 to D15 and D19: what a peer may send.

use super::bits::Bits;
use super::receiving::room;
use super::*;
use crate::utf8::Utf8Validator;

const HELLO: &[u8] = &[0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00];
/// "Hello" as a reference to an earlier one.
const HELLO_AGAIN: &[u8] = &[0xF2, 0x00, 0x11, 0x00, 0x00];
const STORED: &[u8] = &[0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00];
/// In a final block, which the zero byte follows.
const FINAL: &[u8] = &[0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00];
const TWO_BLOCKS: &[u8] =
    &[0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00];
const EMPTY_BLOCK: &[u8] = &[0x00, 0x00, 0x00, 0xFF, 0xFF];

#[test]
fn d01_examples_of_the_rfc() {
    for payload in [HELLO, STORED, FINAL, TWO_BLOCKS] {
        for at in 0..=payload.len() {
            let (first, last) = payload.split_at(at);
            for step in [1, 2, 5, 100] {
                let mut inflater = inflater();
                let hello = Ok(b"Hello".to_vec());
                assert_eq!(inflate(&mut inflater, [first, last], step), hello);
                // D03: also when the first one ended the stream.
                assert_eq!(inflate(&mut inflater, [HELLO_AGAIN], step), hello, "{payload:x?}");
                assert_eq!(inflate(&mut inflater, [first, last], step), hello);
            }
        }
    }
}

#[test]
fn d02_no_reach_into_earlier_messages_without_takeover() {
    for first in [HELLO, FINAL] {
        let mut inflater = Inflater::new(WindowBits::MAX, false);
        assert_eq!(inflate_whole(&mut inflater, first).unwrap(), b"Hello");
        assert_eq!(inflate_whole(&mut inflater, first).unwrap(), b"Hello");
        assert_eq!(inflate_whole(&mut inflater, HELLO_AGAIN), Err(b"H".to_vec()));
    }
}

/// The blocks of one message share their history whatever was agreed on.
#[test]
fn d04_blocks_behind_a_final_one() {
    for takeover in [true, false] {
        for rest in [HELLO_AGAIN, &FINAL[..7], FINAL, STORED] {
            let payload = [&FINAL[..7], rest].concat();
            for step in [1, 3, 100] {
                let mut inflater = Inflater::new(WindowBits::MAX, takeover);
                let inflated = inflate(&mut inflater, payload.chunks(1), step);
                assert_eq!(inflated.unwrap(), b"HelloHello");
                assert_eq!(inflate(&mut inflater, [&*payload], step).unwrap(), b"HelloHello");
            }
        }
        for junk in [&[0xFF][..], &[0x00, 0x01], b"junk"] {
            let mut inflater = Inflater::new(WindowBits::MAX, takeover);
            let payload = [FINAL, junk].concat();
            assert!(inflate_whole(&mut inflater, &payload).is_err(), "{junk:x?}");
        }
    }
}

/// The zero byte is missing behind what `Z_FINISH` makes of each message.
#[test]
fn d04_final_block_at_the_very_end() {
    for step in [1, 2, 5, 100] {
        let mut inflater = inflater();
        for _ in 0..2 {
            assert_eq!(inflate(&mut inflater, [&FINAL[..7]], step).unwrap(), b"Hello");
            assert_eq!(inflate(&mut inflater, [&FINAL[..7], &[]], step).unwrap(), b"Hello");
            // An empty one, and one whose header the tail completes.
            assert_eq!(inflate(&mut inflater, [&[0x03, 0x00][..]], step).unwrap(), b"");
            assert_eq!(inflate(&mut inflater, [&[0x01][..]], step).unwrap(), b"");
            assert_eq!(inflate(&mut inflater, [HELLO_AGAIN], step).unwrap(), b"Hello");
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
    for before in [None, Some(HELLO), Some(FINAL)] {
        for takeover in [true, false] {
            let mut inflater = Inflater::new(WindowBits::MAX, takeover);
            if let Some(before) = before {
                assert_eq!(inflate_whole(&mut inflater, before).unwrap(), b"Hello");
            }
            assert_eq!(inflate_whole(&mut inflater, &[]), Err(Vec::new()));
            assert_eq!(inflate_whole(&mut inflater, HELLO), Err(Vec::new()));
        }
    }
}

#[test]
fn d07_empty_fragments() {
    for payload in [HELLO, STORED, FINAL, &FINAL[..7], TWO_BLOCKS] {
        for pieces in [[payload, &[]], [&[], payload]] {
            assert_eq!(inflate(&mut inflater(), pieces, 100).unwrap(), b"Hello");
            assert_eq!(inflate(&mut inflater(), pieces, 5).unwrap(), b"Hello");
        }
    }
}

#[test]
fn d13_runs_of_empty_blocks_take_no_output() {
    let fixed = (0..4).fold(Bits::default(), |bits, _| bits.number(0b010, 3).end_of_block());
    for block in [EMPTY_BLOCK, &fixed.bytes()] {
        let mut run = block.repeat(10_000);
        let mut inflater = inflater();
        let step = inflater.inflate(&run, &mut [0]);
        assert_eq!((step.consumed, step.produced), (run.len(), 0));
        assert_eq!(step.outcome, Outcome::NeedsInput);
        run.extend(HELLO);
        assert_eq!(inflate(&mut inflater, run.chunks(7), 1).unwrap(), b"Hello");
    }
    // And of final ones, each of which begins the stream anew.
    let run = [0x03, 0x00].repeat(1000);
    assert_eq!(inflate(&mut inflater(), run.chunks(7), 1).unwrap(), b"");
}

/// Distances of 20,000: inside one message they are allowed, into an earlier one they are not,
/// whatever the output.
/// All of it is filled for each piece.
#[test]
fn d13_short_pieces_get_little_room() {
    for message in [0, 1000, 64 << 20] {
        assert_eq!([0, 1, 64, 1000].map(|input| room(input, message)), [512, 512, 512, 8000]);
    }
    assert_eq!([0, 1 << 20].map(|message| room(usize::MAX, message)), [256 << 10, 1 << 20]);
}

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
        for step in [1, 100, 1000, 5000, 100_000] {
            let mut receiver = Inflater::new(window(bits), true);
            assert_eq!(inflate(&mut receiver, [&*joined], step).as_deref(), Ok(&*whole));
            let mut receiver = Inflater::new(window(bits), true);
            assert_eq!(inflate(&mut receiver, [&*first], step).as_deref(), Ok(&*near));
            let expected = if bits == 15 { Ok(far.clone()) } else { Err(Vec::new()) };
            assert_eq!(inflate(&mut receiver, [&*second], step), expected, "{bits} {step}");
        }
    }
}

/// To the byte: what lies 2^bits bytes back is in reach, and nothing before it.
#[test]
fn d15_windows_from_8_bits() {
    for bits in 8..=15 {
        let size = 1 << bits;
        let mut receiver = Inflater::new(window(bits), true);
        let message = noise(size - 5);
        assert_eq!(inflate_whole(&mut receiver, STORED).as_deref(), Ok(&b"Hello"[..]));
        assert_eq!(inflate_whole(&mut receiver, &stored(&message)).as_deref(), Ok(&*message));
        assert_eq!(inflate_whole(&mut receiver, &reference(size)).as_deref(), Ok(&b"Hel"[..]));
        if bits < 15 {
            assert_eq!(inflate_whole(&mut receiver, &reference(size + 1)), Err(Vec::new()));
        }
        assert_eq!(receiver.heap(), size);
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
    sender.compress(&text.as_bytes()[..2], &mut payload);
    assert!(!validate(&payload, &mut output));
    assert!(validate(&deflate(&mut sender, &text.as_bytes()[2..]), &mut output));
    assert_eq!(receiver.finish(), Outcome::Complete);
}

/// A message in stored blocks.
fn stored(message: &[u8]) -> Vec<u8> {
    let block = |part: &[u8]| {
        let len = (part.len() as u16).to_le_bytes();
        [&[0, len[0], len[1], !len[0], !len[1]], part].concat()
    };
    let mut payload: Vec<u8> = message.chunks(60_000).flat_map(block).collect();
    payload.push(0);
    payload
}

/// A message of three bytes from `distance` bytes back.
fn reference(distance: usize) -> Vec<u8> {
    Bits::fixed_block().length_3().distance(distance).end_of_block().empty_block()
}
