//! D18: contexts that come and go, and the memory that stays.

use super::bits::Bits;
use super::*;

#[test]
fn nothing_is_made_before_it_is_needed() {
    let mut receiver = inflater();
    assert!(receiver.take_context().is_none());
    assert_eq!(receiver.heap(), 0);
    let mut sender = deflater();
    assert_eq!(deflate(&mut sender, b""), [0]);
    assert!(sender.take_context().is_none());
}

#[test]
fn history_grows_with_what_comes() {
    let (mut sender, mut receiver) = (deflater(), inflater());
    for (len, heap) in [(0, 0), (5, 8), (1000, 1024), (20_000, 32_768), (200_000, 32_768)] {
        let payload = deflate(&mut sender, &noise(len));
        assert_eq!(inflate_whole(&mut receiver, &payload).unwrap(), noise(len));
        assert!(receiver.heap() <= heap, "{len}: {}", receiver.heap());
        assert!(receiver.take_context().is_some());
    }
}

#[test]
fn nothing_stays_without_takeover() {
    let mut receiver = Inflater::new(WindowBits::MAX, false);
    let payload = deflate(&mut deflater(), &noise(1000));
    assert_eq!(inflate_whole(&mut receiver, &payload).unwrap(), noise(1000));
    assert!(receiver.take_context().is_some());
    assert_eq!(receiver.heap(), 0);
}

/// One context serves two connections by turns, and nothing gets from one to the other.
#[test]
fn d18_context_of_another_connection() {
    for bits in [9, 15] {
        let mut pool = None;
        let mut ends = [(); 2].map(|()| {
            (deflater(), Inflater::new(window(15), true), Inflater::new(window(bits), false))
        });
        for message in records(5000).chunks(500) {
            for (sender, receiver, other) in &mut ends {
                receiver.lend_context(|| pool.take());
                let payload = deflate(sender, message);
                assert_eq!(inflate_whole(receiver, &payload).unwrap(), message);
                pool = receiver.take_context();
                // One that may not look back finds nothing of it.
                other.lend_context(|| pool.take());
                let far = Bits::fixed_block().length_3().distance(1);
                assert_eq!(
                    inflate_whole(other, &far.end_of_block().empty_block()),
                    Err(Vec::new())
                );
                *other = Inflater::new(window(bits), false);
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
    receiver.lend_context(|| unreachable!("it has one"));
    assert_eq!(inflate_whole(&mut receiver, last).unwrap().len(), 5 - first.len().min(1));
}

/// Between messages, and between fragments that were flushed.
#[test]
fn deflating_context_may_go_any_time() {
    let (mut sender, mut receiver) = (deflater(), inflater());
    for message in records(5000).chunks(500) {
        let mut payload = Vec::new();
        for part in message.chunks(200) {
            sender.compress(part, &mut payload);
            let context = sender.take_context();
            assert!(context.is_some());
            sender.lend_context(|| context);
        }
        sender.finish(&[], &mut payload);
        assert!(sender.take_context().is_some());
        assert_eq!(inflate_whole(&mut receiver, &payload).unwrap(), message);
    }
}

#[test]
fn deflating_context_of_other_settings() {
    let mut other = Deflater::new(settings(1, 9, 1), true);
    deflate(&mut other, b"Hello");
    let context = other.take_context().unwrap();
    assert_eq!(context.settings(), settings(1, 9, 1));
    let mut sender = deflater();
    sender.lend_context(|| Some(context));
    assert!(sender.take_context().is_none());
}

/// A message that was compressed and not sent is one that the peer does not know.
#[test]
fn discarded_message() {
    let (mut sender, mut receiver) = (deflater(), inflater());
    for message in records(2000).chunks(200) {
        deflate(&mut sender, message);
        sender.discard();
        sender.compress(message, &mut Vec::new());
        sender.discard();
        let payload = deflate(&mut sender, message);
        assert_eq!(inflate_whole(&mut receiver, &payload).unwrap(), message);
    }
}
