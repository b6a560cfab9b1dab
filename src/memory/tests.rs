//! What an assembly knows of its bytes, and the send memory of its messages.

#[cfg(feature = "std")]
use alloc::{vec, vec::Vec};

use super::Assembly;
#[cfg(feature = "std")]
use super::outgoing::walked;
#[cfg(feature = "std")]
use super::{Made, NoMemory, Outgoing};
use crate::ProtocolError;
use crate::frame::MaskKey;
#[cfg(feature = "std")]
use crate::frame::{FrameHeader, OpCode};

fn text(bytes: &[u8]) -> Assembly {
    let mut assembly = Assembly::new();
    assembly.append(bytes, MaskKey::ZERO);
    assembly.check_text(usize::MAX).unwrap();
    assembly
}

#[test]
fn text_is_what_was_checked_and_ends_with_a_character() {
    assert!(Assembly::new().is_text());
    assert!(text("aé".as_bytes()).is_text());
    let mut cut = text(b"a\xC3");
    assert!(!cut.is_text());
    cut.append(b"\xA9", MaskKey::ZERO);
    assert!(!cut.is_text(), "not checked yet");
    assert_eq!(cut.check_text(usize::MAX), Ok(()));
    assert!(cut.is_text());
    cut.append(b"\xA9", MaskKey::ZERO);
    assert_eq!(cut.check_text(usize::MAX), Err(ProtocolError::InvalidUtf8));
    assert!(!cut.is_text());
}

#[test]
fn bytes_that_may_have_been_changed_are_not_text() {
    let mut changed = text(b"abc");
    changed.bytes_mut()[0] = 0xFF;
    assert!(!changed.is_text());
    assert_eq!(changed.check_text(usize::MAX), Err(ProtocolError::InvalidUtf8));
    let mut changed = text(b"abc");
    changed.vec_mut().push(0xFF);
    assert!(!changed.is_text());
    let mut cleared = text(b"abc");
    cleared.clear();
    cleared.append(b"\xFF\xFF\xFF", MaskKey::ZERO);
    assert!(!cleared.is_text());
}

#[cfg(any(feature = "smol", feature = "tokio"))]
#[test]
fn a_partial_message_is_text_if_it_was() {
    let again = |assembly: Assembly| Assembly::from_partial(assembly.into_partial());
    assert!(Assembly::new().into_partial().is_empty());
    assert!(again(text(b"abc")).is_text());
    let mut unknown = Assembly::new();
    unknown.append(b"a\xFFc", MaskKey::ZERO);
    assert!(!again(unknown).is_text());
    for cut in [&b"a\xC3"[..], b"\xE2\x82", b"\xF0\x9F\x98"] {
        let mut part = again(text(cut));
        assert!(!part.is_text(), "{cut:02x?}");
        assert_eq!(part.bytes(), cut);
        part.append(b"\xFF", MaskKey::ZERO);
        assert_eq!(part.check_text(usize::MAX), Err(ProtocolError::InvalidUtf8));
    }
}

/// What was zeroed once, or written to, is not zeroed again when a connection goes on.
#[cfg(any(feature = "smol", feature = "tokio"))]
#[test]
fn a_partial_message_keeps_its_spare_memory() {
    let mut assembly = text("à".as_bytes());
    assembly.try_reserve(100).unwrap();
    assembly.spare_mut(100).fill(7);
    assembly.commit(2);
    let (capacity, room) = (assembly.capacity(), assembly.room());
    let mut again = Assembly::from_partial(assembly.into_partial());
    assert_eq!((again.capacity(), again.room()), (capacity, room), "nothing had to move");
    assert_eq!((again.bytes(), again.spare_len()), (&b"\xC3\xA0\x07\x07"[..], 98));
    assert_eq!(again.spare_mut(98), [7; 98]);
}

/// The send memory, and where the messages end that were queued in it.
#[cfg(feature = "std")]
#[derive(Default)]
struct Queued {
    outgoing: Outgoing,
    queued: u64,
    ends: Vec<u64>,
    flushed: u64,
    /// The most bytes that were written at once.
    most_written: u64,
    numbers: u64,
}

#[cfg(feature = "std")]
impl Queued {
    /// A number that looks random (SplitMix64).
    fn below(&mut self, limit: u64) -> usize {
        self.numbers = self.numbers.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.numbers ^ (self.numbers >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit) as usize
    }

    fn header(&mut self, opcode: OpCode, fin: bool, len: usize) -> FrameHeader {
        let mask = (self.below(2) == 0).then_some(MaskKey::ZERO);
        FrameHeader { fin, compressed: false, opcode, mask, len: len as u64 }
    }

    fn push(&mut self, opcode: OpCode, fin: bool, len: usize) {
        let header = self.header(opcode, fin, len);
        let len = match self.below(2) {
            0 => self.outgoing.push_frame(header, &vec![0; len]).unwrap(),
            _ => {
                let make = |payload: &mut Vec<u8>| {
                    payload.resize(payload.len() + len, 0);
                    Ok(())
                };
                let made = self.outgoing.push_made_frame(make, |_| Ok::<_, NoMemory>(Some(header)));
                let Ok(Made::Frame(len)) = made else { panic!() };
                len
            }
        };
        self.note_queued(len, fin && !opcode.is_control());
    }

    fn note_queued(&mut self, len: usize, ends_message: bool) {
        self.queued += len as u64;
        self.ends.extend(ends_message.then_some(self.queued));
    }

    fn push_shared(&mut self, len: usize) {
        let header = FrameHeader { mask: None, ..self.header(OpCode::Text, true, len) };
        // Only long payloads are shared alone.
        let pushed = if len > 0 && self.below(2) == 0 {
            self.outgoing.push_shared_payload(header, &vec![0; len].into())
        } else {
            let bytes = [header.encode().as_bytes(), &vec![0; len]].concat();
            self.outgoing.push_shared(&bytes.into())
        };
        self.note_queued(pushed.unwrap(), true);
    }

    fn step(&mut self) {
        let len = [3, 200, 3_000, 80_000][self.below(4)];
        let len = self.below(len);
        match self.below(10) {
            0 => self.push(OpCode::Binary, true, len),
            1 => self.push(OpCode::Continuation, true, len),
            2 => self.push(OpCode::Text, false, len),
            3 => self.push(OpCode::Ping, true, len % 126),
            4 => self.push_shared(len),
            5 => {
                let header = self.header(OpCode::Pong, true, len % 126);
                self.outgoing.push_pong(header, &vec![0; len % 126]);
            }
            6 => self.advance(len),
            7 => self.advance(self.outgoing.first_piece().len()),
            8 => drop(self.outgoing.take_in_flight()),
            _ if len == 0 => self.advance(usize::MAX),
            _ => {
                self.outgoing.note_flushed();
                self.flushed = self.outgoing.taken_position();
            }
        }
    }

    fn advance(&mut self, len: usize) {
        let before = self.outgoing.written();
        self.outgoing.advance(len);
        self.most_written = self.most_written.max(self.outgoing.written() - before);
    }

    /// How many messages end after this position in the output.
    fn after(&self, position: u64) -> u64 {
        self.ends.iter().filter(|end| **end > position).count() as u64
    }

    /// Checks the count. A message that the transport took long ago has left: before this many bytes
    /// that it took last, or before twice as many and what came with them.
    fn check(&self) {
        let (unsent, taken) = (self.outgoing.unsent_messages(), self.outgoing.taken_position());
        assert_eq!(self.outgoing.queued_position(), self.queued);
        let held = [64 << 10, 2 * ((64 << 10) + self.most_written)];
        let [least, most] =
            held.map(|held| self.after(self.flushed.max(taken.saturating_sub(held))));
        assert!((least..=most).contains(&unsent), "{unsent} of {least} to {most}");
        if taken - self.flushed < 64 << 10 {
            assert_eq!(unsent, self.after(self.flushed));
        }
    }
}

#[cfg(feature = "std")]
#[test]
fn messages_that_have_not_left_are_counted() {
    for seed in 0..300 {
        let mut queued = Queued { numbers: seed, ..Queued::default() };
        let ((), head) = queued.outgoing.push_head(|head| head.extend(b"GET / HTTP/1.1\r\n\r\n"));
        queued.note_queued(head, false);
        for _ in 0..200 {
            queued.step();
            queued.check();
        }
        // What is dropped never leaves.
        let unsent = queued.outgoing.unsent_messages();
        queued.outgoing.clear();
        queued.push(OpCode::Close, true, 9);
        queued.outgoing.advance(usize::MAX);
        queued.outgoing.note_flushed();
        assert_eq!(queued.outgoing.unsent_messages(), unsent, "seed {seed}");
    }
}

/// Writes random output in random pieces, with as many pongs as pings come; returns how many frames
/// were looked at, and how many calls there were.
#[cfg(feature = "std")]
fn frames_walked(seed: u64, frames: usize) -> (usize, usize) {
    let mut queued = Queued { numbers: seed, ..Queued::default() };
    let (close_at, mut calls) = (queued.below(frames as u64 + 1), 0);
    let takes_pieces = queued.below(2) == 0;
    let longest = [1, 3, 200][queued.below(3)];
    walked::take();
    for frame in 0..frames {
        if frame == close_at {
            let header = FrameHeader { mask: None, ..queued.header(OpCode::Close, true, 2) };
            queued.outgoing.push_last_frame(header, &[3, 232]).unwrap();
            break;
        }
        let len = queued.below(longest);
        match queued.below(3) {
            0 => queued.push(OpCode::Binary, true, len),
            1 => queued.push(OpCode::Text, false, len),
            _ => queued.push_shared(len + 500),
        }
    }
    let step = [1, 50, 70_000][queued.below(3)];
    for _ in 0..frames {
        calls += 2;
        let pongs = queued.below(20);
        for _ in 0..pongs {
            calls += 1;
            let header = FrameHeader { mask: None, ..queued.header(OpCode::Pong, true, 0) };
            queued.outgoing.push_pong(header, b"");
        }
        match queued.below(8) {
            0 if takes_pieces => drop(queued.outgoing.take_in_flight()),
            1 => queued.outgoing.note_flushed(),
            _ => {
                let len = queued.below(step) + 1;
                queued.outgoing.advance(len);
            }
        }
    }
    (walked::take(), calls)
}

#[cfg(feature = "std")]
#[test]
fn each_frame_in_the_queue_is_looked_at_a_few_times_whatever_is_written_and_answered() {
    for seed in 0..300 {
        let frames = [10, 300, 1000][seed as usize % 3];
        let (walked, calls) = frames_walked(seed, frames);
        let most = 3 * frames + 2 * calls;
        assert!(walked <= most, "seed {seed}: {walked} frames in {calls} calls for {frames}");
    }
}
