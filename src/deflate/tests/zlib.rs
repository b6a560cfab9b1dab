//! D16: each side against the C library zlib.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use proptest::collection::vec as vec_of;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// The two ways in which senders end their messages: with a flush, or with a final block.
pub(super) const FLUSHES: [FlushCompress; 2] = [FlushCompress::Sync, FlushCompress::Finish];

/// Inflates the payloads of a connection with `room` bytes of output at a time, and a window of
/// exactly the agreed size, so that a longer distance fails.
pub(super) fn inflate_with_zlib(payloads: &[Vec<u8>], bits: u8, room: usize) -> Vec<u8> {
    let mut zlib = Decompress::new_with_window_bits(false, bits.max(9));
    let (mut message, mut output) = (Vec::new(), vec![0; room]);
    let mut input: &[u8] =
        &payloads.iter().flat_map(|p| [p, &TAIL[..]].concat()).collect::<Vec<_>>();
    loop {
        let (total_in, total_out) = (zlib.total_in(), zlib.total_out());
        let status = zlib.decompress(input, &mut output, FlushDecompress::None).unwrap();
        input = &input[(zlib.total_in() - total_in) as usize..];
        let produced = (zlib.total_out() - total_out) as usize;
        message.extend(&output[..produced]);
        if status == Status::BufError || (input.is_empty() && produced < room) {
            assert!(input.is_empty());
            return message;
        }
    }
}

/// The payloads that a peer with the C library sends, if it ends its messages with `flush`.
pub(super) fn deflate_with_zlib(
    messages: &[Vec<u8>],
    level: u8,
    bits: u8,
    flush: FlushCompress,
) -> Vec<Vec<u8>> {
    let mut zlib =
        Compress::new_with_window_bits(Compression::new(level.into()), false, bits.max(9));
    let mut deflate = |message: &Vec<u8>| {
        let mut payload = Vec::with_capacity(message.len() + message.len() / 4 + 100);
        if flush == FlushCompress::Finish {
            zlib.compress_vec(message, &mut payload, flush).unwrap();
            zlib.reset();
        } else if message.is_empty() {
            payload.push(0);
        } else {
            zlib.compress_vec(message, &mut payload, flush).unwrap();
            payload.truncate(payload.len() - TAIL.len());
        }
        payload
    };
    messages.iter().map(&mut deflate).collect()
}

/// Noise, repetitions or something between, of about `max_len` bytes at most.
pub(super) fn any_message(max_len: usize) -> impl Strategy<Value = Vec<u8>> {
    let len = prop_oneof![0..40_usize, 0..max_len];
    prop_oneof![
        (len.clone(), 0..1000_usize).prop_map(|(len, skip)| noise(skip + len).split_off(skip)),
        (len.clone(), 0..1000_usize).prop_map(|(len, skip)| records(skip + len).split_off(skip)),
        (len.clone(), any::<u8>()).prop_map(|(len, byte)| vec![byte; len]),
        (len, vec_of(0..4_u8, 1..100)).prop_map(|(len, part)| part.repeat(len / part.len() + 1)),
    ]
}

/// Deflates a message in pieces of `piece_len` bytes.
fn deflate_in_pieces(sender: &mut Deflater, message: &[u8], piece_len: usize) -> Vec<u8> {
    let mut payload = Vec::new();
    let mut pieces = message.chunks(piece_len).peekable();
    while let Some(piece) = pieces.next_if(|_| true) {
        if pieces.peek().is_none() {
            sender.finish(piece, &mut payload).unwrap();
            return payload;
        }
        sender.compress(piece, &mut payload).unwrap();
    }
    sender.finish(&[], &mut payload).unwrap();
    payload
}

/// Deflates the messages, and checks that zlib and this crate inflate them with the agreed window.
fn check_inflated_by_both(sender: &mut Deflater, bits: u8, messages: &[Vec<u8>], piece_len: usize) {
    let payloads: Vec<_> =
        messages.iter().map(|message| deflate_in_pieces(sender, message, piece_len)).collect();
    assert!(payloads.iter().all(|payload| !payload.ends_with(&TAIL)));
    for room in [1, 5000] {
        assert!(inflate_with_zlib(&payloads, bits, room) == messages.concat());
    }
    let mut receiver = Inflater::new(window(bits), Takeover::On);
    for (payload, message) in payloads.iter().zip(messages) {
        assert!(inflate_whole(&mut receiver, payload).as_ref() == Ok(message));
    }
}

#[test]
fn d16_levels_windows_takeover() {
    let messages = [records(3000), noise(700), records(2000), vec![], vec![b'a'; 2000]];
    for level in 0..=9 {
        for bits in 8..=15 {
            for takeover in TAKEOVERS {
                let mut sender = Deflater::new(settings(level, bits, 8), takeover);
                check_inflated_by_both(&mut sender, bits, &messages, 1000);
            }
        }
    }
}

#[test]
fn d16_a_mebibyte() {
    for (level, memory_level) in [(0, 1), (1, 1), (1, 8), (6, 8), (9, 9)] {
        let mut sender = Deflater::new(settings(level, 15, memory_level), Takeover::On);
        let messages = [records(1 << 20), noise(1 << 20)];
        check_inflated_by_both(&mut sender, 15, &messages, 1 << 20);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn d16_zlib_inflates_our_output(
        level in 0..=9_u8, bits in 8..=15_u8, memory_level in 1..=9_u8,
        takeover in select(&TAKEOVERS[..]),
        piece_len in prop_oneof![1..200_usize, 1..70_000_usize],
        messages in vec_of(any_message(20_000), 1..8),
    ) {
        let mut sender = Deflater::new(settings(level, bits, memory_level), takeover);
        check_inflated_by_both(&mut sender, bits, &messages, piece_len);
    }

    #[test]
    fn d16_we_inflate_output_of_zlib(
        level in 0..=9_u8, bits in 9..=15_u8,
        takeover in select(&TAKEOVERS[..]), flush in select(&FLUSHES[..]),
        room in prop_oneof![1..200_usize, 1..70_000_usize],
        messages in vec_of(any_message(20_000), 1..8),
    ) {
        // Messages that end with a flush refer to earlier ones.
        let takeover = if flush == FlushCompress::Sync { Takeover::On } else { takeover };
        let mut receiver = Inflater::new(window(bits), takeover);
        let payloads = deflate_with_zlib(&messages, level, bits, flush);
        for (payload, message) in payloads.iter().zip(&messages) {
            prop_assert!(inflate(&mut receiver, [&**payload], room).as_ref() == Ok(message));
        }
    }
}
