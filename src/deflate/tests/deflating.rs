//! D16 and D17: the payloads that this side sends.

use super::*;

#[test]
fn d17_lengths() {
    for takeover in TAKEOVERS {
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

/// The bounds are those that the documentation of [`Deflater`] gives.
#[test]
fn d17_growth_of_what_cannot_be_compressed() {
    let message = noise(200_000);
    for memory_level in 1..=9 {
        for level in 0..=9 {
            let mut sender = Deflater::new(settings(level, 15, memory_level), Takeover::On);
            let growth = deflate(&mut sender, &message).len() - message.len();
            let stored = (message.len() / 25) >> (memory_level - 1);
            let bound = if level == 1 { message.len() / 8 } else { stored + message.len() / 700 };
            assert!(growth <= bound, "level {level}, memory level {memory_level}: {growth}");
        }
    }
}

#[test]
fn takeover_refers_to_earlier_messages() {
    let message = records(1000);
    let mut sender = deflater();
    let first = deflate(&mut sender, &message);
    assert!(deflate(&mut sender, &message).len() < first.len() / 4);
    let mut sender = Deflater::new(settings(6, 15, 8), Takeover::Off);
    assert_eq!(deflate(&mut sender, &message), first);
    assert_eq!(deflate(&mut sender, &message), first);
}

/// Each piece can be inflated before anything follows it, and is flushed only once.
#[test]
fn pieces_can_be_inflated_immediately() {
    let (mut sender, mut receiver) = (deflater(), inflater());
    for message in records(5000).chunks(500) {
        for piece in message.chunks(100) {
            let (mut payload, mut output) = (Vec::new(), [0; 101]);
            sender.compress(piece, &mut payload).unwrap();
            let len = payload.len();
            sender.compress(&[], &mut payload).unwrap();
            assert_eq!(payload.len(), len);
            let step = receiver.inflate(&payload, &mut output);
            assert_eq!(&output[..step.produced], piece);
        }
        let mut payload = Vec::new();
        sender.finish(&[], &mut payload).unwrap();
        assert_eq!(payload, [0]);
        assert_eq!(inflate_whole(&mut receiver, &payload).unwrap(), b"");
    }
}

/// Some of these lengths make a flush end exactly where the room of one call of zlib ends.
#[test]
fn flushes_at_the_end_of_the_room() {
    let (mut sender, mut receiver) = (Deflater::new(settings(0, 15, 8), Takeover::On), inflater());
    for len in 0..200 {
        let message = noise(len);
        let mut payload = Vec::new();
        sender.compress(&message, &mut payload).unwrap();
        sender.finish(&[], &mut payload).unwrap();
        assert!(payload.len() <= len + 11, "{len}: {}", payload.len());
        assert_eq!(inflate_whole(&mut receiver, &payload).unwrap(), message);
    }
}

/// An agreed window of 8 bits is respected, although zlib's smallest has 9. The messages are so
/// short that nearly all references are to earlier ones.
#[test]
fn window_of_8_bits() {
    for level in 1..=9 {
        let mut sender = Deflater::new(settings(level, 8, 8), Takeover::On);
        let mut receiver = Inflater::new(WindowBits::MIN, Takeover::On);
        for message in records(20_000).chunks(6) {
            let payload = deflate(&mut sender, message);
            assert_eq!(inflate_whole(&mut receiver, &payload).as_deref(), Ok(message));
        }
    }
}
