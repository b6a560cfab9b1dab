//! D18: contexts are lent and taken back, and what memory stays.

use super::bits::BitWriter;
use super::*;

#[test]
fn memory_is_allocated_when_it_is_needed() {
    let mut receiver = inflater();
    assert!(receiver.take_context().is_none());
    assert_eq!(receiver.history_capacity(), 0);
    let mut sender = deflater();
    assert_eq!(deflate(&mut sender, b""), [0]);
    assert!(sender.take_context().is_none());
}

#[test]
fn history_grows_with_what_is_inflated() {
    let (mut sender, mut receiver) = (deflater(), inflater());
    for (len, max_capacity) in [(0, 0), (5, 8), (1000, 1024), (20_000, 32_768), (200_000, 32_768)] {
        let payload = deflate(&mut sender, &noise(len));
        assert_eq!(inflate_whole(&mut receiver, &payload).unwrap(), noise(len));
        let capacity = receiver.history_capacity();
        assert!(capacity <= max_capacity, "{len}: {capacity}");
        assert!(receiver.take_context().is_some());
    }
}

#[test]
fn history_is_freed_without_takeover() {
    let mut receiver = Inflater::new(WindowBits::MAX, Takeover::Off);
    let payload = deflate(&mut deflater(), &noise(1000));
    assert_eq!(inflate_whole(&mut receiver, &payload).unwrap(), noise(1000));
    assert!(receiver.take_context().is_some());
    assert_eq!(receiver.history_capacity(), 0);
}

/// One context serves two connections in turn, and neither sees anything of the other.
#[test]
fn d18_context_of_another_connection() {
    for bits in [9, 15] {
        let mut pool = None;
        let mut connections = [(); 2].map(|()| {
            (
                deflater(),
                Inflater::new(window(15), Takeover::On),
                Inflater::new(window(bits), Takeover::Off),
            )
        });
        for message in records(5000).chunks(500) {
            for (sender, receiver, intruder) in &mut connections {
                receiver.lend_context(|| pool.take());
                let payload = deflate(sender, message);
                assert_eq!(inflate_whole(receiver, &payload).unwrap(), message);
                pool = receiver.take_context();
                // A receiver without takeover finds nothing of it in the context.
                intruder.lend_context(|| pool.take());
                let reference = BitWriter::fixed_block().length_3().distance(1);
                assert_eq!(
                    inflate_whole(intruder, &reference.end_of_block().end_of_message()),
                    Err(Vec::new())
                );
                *intruder = Inflater::new(window(bits), Takeover::Off);
                assert!(pool.is_none());
            }
        }
    }
}

#[test]
fn d18_context_stays_within_a_message() {
    let mut receiver = inflater();
    let payload = deflate(&mut deflater(), b"Hello");
    let (first, last) = payload.split_at(2);
    assert_eq!(receiver.inflate(first, &mut [0; 9]).outcome, Outcome::NeedsInput);
    assert!(receiver.take_context().is_none());
    receiver.lend_context(|| unreachable!("it has a context"));
    assert_eq!(inflate_whole(&mut receiver, last).unwrap().len(), 5 - first.len().min(1));
}

/// Contexts are taken between messages, and between pieces of them.
#[test]
fn deflating_context_may_be_taken_at_any_time() {
    let (mut sender, mut receiver) = (deflater(), inflater());
    for message in records(5000).chunks(500) {
        let mut payload = Vec::new();
        for piece in message.chunks(200) {
            sender.compress(piece, &mut payload).unwrap();
            let context = sender.take_context();
            assert!(context.is_some());
            sender.lend_context(|| context);
        }
        sender.finish(&[], &mut payload).unwrap();
        assert!(sender.take_context().is_some());
        assert_eq!(inflate_whole(&mut receiver, &payload).unwrap(), message);
    }
}

#[test]
fn deflating_context_with_other_settings_is_dropped() {
    let mut other = Deflater::new(settings(1, 9, 1), Takeover::On);
    deflate(&mut other, b"Hello");
    let context = other.take_context().unwrap();
    assert_eq!(context.settings(), settings(1, 9, 1));
    let mut sender = deflater();
    sender.lend_context(|| Some(context));
    assert!(sender.take_context().is_none());
}

/// The peer does not know a message that was compressed and not sent, so no later message may
/// refer to it.
#[test]
fn unsent_message_is_not_referred_to() {
    let (mut sender, mut receiver) = (deflater(), inflater());
    for message in records(2000).chunks(200) {
        deflate(&mut sender, message);
        sender.forget_history();
        sender.compress(message, &mut Vec::new()).unwrap();
        sender.forget_history();
        let payload = deflate(&mut sender, message);
        assert_eq!(inflate_whole(&mut receiver, &payload).unwrap(), message);
    }
}
