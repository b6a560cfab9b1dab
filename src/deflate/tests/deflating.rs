//! D16 and D17: what this side sends.

use super::*;

#[test]
fn d17_lengths() {
    for takeover in [true, false] {
        let mut sender = Deflater::new(settings(6, 15, 8), takeover);
        let mut receiver = inflater();
        for len in [0, 1, 65_535, 65_536, 0, 0, 2] {
            for message in [noise(len), vec![7; len]] {
                let payload = deflate(&mut sender, &message);
                assert_eq!(len == 0, payload == [0]);
                assert_eq!(inflate_whole(&mut receiver, &payload).unwrap(), message);
            }
        }
    }
}

/// As the docs of [`Deflater`] say.
#[test]
fn d17_growth_of_what_cannot_be_compressed() {
    let message = noise(200_000);
    for memory in 1..=9 {
        for level in 0..=9 {
            let mut sender = Deflater::new(settings(level, 15, memory), true);
            let growth = deflate(&mut sender, &message).len() - message.len();
            let stored = (message.len() / 25) >> (memory - 1);
            let most = if level == 1 { message.len() / 8 } else { stored + message.len() / 700 };
            assert!(growth <= most, "level {level}, memory {memory}: {growth}");
        }
    }
}

#[test]
fn takeover_refers_to_earlier_messages() {
    let message = records(1000);
    let mut sender = deflater();
    let first = deflate(&mut sender, &message);
    assert!(deflate(&mut sender, &message).len() < first.len() / 4);
    let mut sender = Deflater::new(settings(6, 15, 8), false);
    assert_eq!(deflate(&mut sender, &message), first);
    assert_eq!(deflate(&mut sender, &message), first);
}

/// What was flushed can be inflated before anything follows, and is not flushed twice.
#[test]
fn prompt_pieces() {
    let (mut sender, mut receiver) = (deflater(), inflater());
    for message in records(5000).chunks(500) {
        for part in message.chunks(100) {
            let (mut payload, mut output) = (Vec::new(), [0; 101]);
            sender.compress(part, &mut payload);
            let len = payload.len();
            sender.compress(&[], &mut payload);
            assert_eq!(payload.len(), len);
            let step = receiver.inflate(&payload, &mut output);
            assert_eq!(&output[..step.produced], part);
        }
        let mut payload = Vec::new();
        sender.finish(&[], &mut payload);
        assert_eq!(payload, [0]);
        assert_eq!(inflate_whole(&mut receiver, &payload).unwrap(), b"");
    }
}

/// Flushes that end exactly with the room that a step has: all lengths around it are met.
#[test]
fn flushes_at_the_end_of_a_step() {
    let (mut sender, mut receiver) = (Deflater::new(settings(0, 15, 8), true), inflater());
    for len in 0..200 {
        let message = noise(len);
        let mut payload = Vec::new();
        sender.compress(&message, &mut payload);
        sender.finish(&[], &mut payload);
        assert!(payload.len() <= len + 11, "{len}: {}", payload.len());
        assert_eq!(inflate_whole(&mut receiver, &payload).unwrap(), message);
    }
}

/// The window of 8 bits that is agreed on is kept, though zlib's smallest has 9: with messages
/// this short, nearly all references are to earlier ones.
#[test]
fn window_of_8_bits() {
    for level in 1..=9 {
        let mut sender = Deflater::new(settings(level, 8, 8), true);
        let mut receiver = Inflater::new(WindowBits::MIN, true);
        for message in records(20_000).chunks(6) {
            let payload = deflate(&mut sender, message);
            assert_eq!(inflate_whole(&mut receiver, &payload).as_deref(), Ok(message));
        }
    }
}
