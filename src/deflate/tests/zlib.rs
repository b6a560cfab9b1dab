//! D16: against the C library, both ways.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use proptest::collection::vec as vec_of;
use proptest::prelude::*;

use super::*;

const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// Inflates the payloads of a connection with a window of just the size that was agreed on, a few
/// bytes at a time, so that no distance is longer.
pub(super) fn inflate_with_zlib(payloads: &[Vec<u8>], bits: u8, step: usize) -> Vec<u8> {
    let mut zlib = Decompress::new_with_window_bits(false, bits.max(9));
    let (mut message, mut output) = (Vec::new(), vec![0; step]);
    let mut input: &[u8] =
        &payloads.iter().flat_map(|p| [p, &TAIL[..]].concat()).collect::<Vec<_>>();
    loop {
        let (read, written) = (zlib.total_in(), zlib.total_out());
        let status = zlib.decompress(input, &mut output, FlushDecompress::None).unwrap();
        input = &input[(zlib.total_in() - read) as usize..];
        let produced = (zlib.total_out() - written) as usize;
        message.extend(&output[..produced]);
        if status == Status::BufError || (input.is_empty() && produced < step) {
            assert!(input.is_empty());
            return message;
        }
    }
}

/// What a peer with the C library sends; a final block for each message, if it finishes them.
pub(super) fn deflate_with_zlib(
    messages: &[Vec<u8>],
    level: u8,
    bits: u8,
    finishes: bool,
) -> Vec<Vec<u8>> {
    let mut zlib =
        Compress::new_with_window_bits(Compression::new(level.into()), false, bits.max(9));
    let mut deflate = |message: &Vec<u8>| {
        let mut payload = Vec::with_capacity(message.len() + message.len() / 4 + 100);
        if finishes {
            zlib.compress_vec(message, &mut payload, FlushCompress::Finish).unwrap();
            zlib.reset();
        } else if message.is_empty() {
            payload.push(0);
        } else {
            zlib.compress_vec(message, &mut payload, FlushCompress::Sync).unwrap();
            payload.truncate(payload.len() - TAIL.len());
        }
        payload
    };
    messages.iter().map(&mut deflate).collect()
}

/// Noise, repetitions and something between, up to `most` bytes.
pub(super) fn message(most: usize) -> impl Strategy<Value = Vec<u8>> {
    let len = prop_oneof![0..40_usize, 0..most];
    prop_oneof![
        (len.clone(), 0..1000_usize).prop_map(|(len, from)| noise(from + len).split_off(from)),
        (len.clone(), 0..1000_usize).prop_map(|(len, from)| records(from + len).split_off(from)),
        (len.clone(), any::<u8>()).prop_map(|(len, byte)| vec![byte; len]),
        (len, vec_of(0..4_u8, 1..100)).prop_map(|(len, part)| part.repeat(len / part.len() + 1)),
    ]
}

fn compress(sender: &mut Deflater, message: &[u8], piece: usize) -> Vec<u8> {
    let mut payload = Vec::new();
    let mut pieces = message.chunks(piece).peekable();
    while let Some(piece) = pieces.next_if(|_| true) {
        if pieces.peek().is_none() {
            sender.finish(piece, &mut payload);
            return payload;
        }
        sender.compress(piece, &mut payload);
    }
    sender.finish(&[], &mut payload);
    payload
}

/// Sends the messages and inflates them by zlib and here, with the windows that were agreed on.
fn both_inflate(sender: &mut Deflater, bits: u8, messages: &[Vec<u8>], piece: usize) {
    let payloads: Vec<_> =
        messages.iter().map(|message| compress(sender, message, piece)).collect();
    assert!(payloads.iter().all(|payload| !payload.ends_with(&TAIL)));
    for step in [1, 5000] {
        assert!(inflate_with_zlib(&payloads, bits, step) == messages.concat());
    }
    let mut receiver = Inflater::new(window(bits), true);
    for (payload, message) in payloads.iter().zip(messages) {
        assert!(inflate_whole(&mut receiver, payload).as_ref() == Ok(message));
    }
}

#[test]
fn d16_levels_windows_takeover() {
    let messages = [records(3000), noise(700), records(2000), vec![], vec![b'a'; 2000]];
    for level in 0..=9 {
        for bits in 8..=15 {
            for takeover in [true, false] {
                let mut sender = Deflater::new(settings(level, bits, 8), takeover);
                both_inflate(&mut sender, bits, &messages, 1000);
            }
        }
    }
}

#[test]
fn d16_a_mebibyte() {
    for (level, memory) in [(0, 1), (1, 1), (1, 8), (6, 8), (9, 9)] {
        let mut sender = Deflater::new(settings(level, 15, memory), true);
        let messages = [records(1 << 20), noise(1 << 20)];
        both_inflate(&mut sender, 15, &messages, 1 << 20);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn d16_our_output(
        level in 0..=9_u8, bits in 8..=15_u8, memory in 1..=9_u8, takeover: bool,
        piece in prop_oneof![1..200_usize, 1..70_000_usize],
        messages in vec_of(message(20_000), 1..8),
    ) {
        let mut sender = Deflater::new(settings(level, bits, memory), takeover);
        both_inflate(&mut sender, bits, &messages, piece);
    }

    #[test]
    fn d16_output_of_zlib(
        level in 0..=9_u8, bits in 9..=15_u8, takeover: bool, finishes: bool,
        step in prop_oneof![1..200_usize, 1..70_000_usize],
        messages in vec_of(message(20_000), 1..8),
    ) {
        let mut receiver = Inflater::new(window(bits), takeover || !finishes);
        for (payload, message) in deflate_with_zlib(&messages, level, bits, finishes).iter().zip(&messages) {
            prop_assert!(inflate(&mut receiver, [&**payload], step).as_ref() == Ok(message));
        }
    }
}
