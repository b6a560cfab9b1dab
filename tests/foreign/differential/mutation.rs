//! Changes to a dialogue, most of which break a rule.

use crate::frames::{BINARY, CLOSE, CONTINUATION, Form, Frame, PING, PONG, Span, TEXT};
use crate::random::Random;

/// Invalid UTF-8: impossible bytes, overlong forms, a surrogate, a number that is too large, cut
/// sequences.
const NOT_UTF8: [&[u8]; 8] = [
    b"\xFF",
    b"\x80",
    b"\xC0\x80",
    b"\xE0\x9F\xBF",
    b"\xED\xA0\x80",
    b"\xF4\x90\x80\x80",
    b"\xE2\x82",
    b"\xF0\x9F\x98",
];

const CODES: [u16; 12] = [0, 999, 1000, 1004, 1005, 1006, 1014, 1015, 1016, 2999, 5000, u16::MAX];

/// The bytes of a dialogue, changed in one to three places.
pub(crate) fn mutated(random: &mut Random, mut frames: Vec<Frame>) -> Vec<u8> {
    for _ in 0..random.below(3) {
        change_frames(random, &mut frames);
    }
    let mut bytes: Vec<u8> = frames.iter().flat_map(Frame::encode).collect();
    change_bytes(random, &mut bytes);
    bytes
}

fn change_frames(random: &mut Random, frames: &mut Vec<Frame>) {
    if frames.is_empty() {
        return;
    }
    let at = random.below(frames.len());
    match random.below(14) {
        0 => drop(frames.remove(at)),
        1 => frames.insert(at, frames[at].clone()),
        2 => {
            let other = random.below(frames.len());
            frames.swap(at, other);
        }
        3 => frames.truncate(at + 1),
        4 => {
            let unfinished = Frame { fin: false, ..frames[at].clone() };
            frames.insert(at, unfinished);
            let empty = Frame::new(true, CONTINUATION, [], frames[at].masked);
            frames.insert(at + 1, empty);
        }
        5 => {
            if let Some(close) = frames.iter_mut().find(|frame| frame.opcode == CLOSE) {
                change_payload(random, close);
            }
        }
        _ => change_frame(random, &mut frames[at]),
    }
}

fn change_frame(random: &mut Random, frame: &mut Frame) {
    match random.below(8) {
        0 => frame.opcode = random.below(16) as u8,
        1 => frame.opcode = random.pick(&[CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG]),
        2 => frame.fin = !frame.fin,
        3 => frame.masked = !frame.masked,
        4 => frame.reserved = random.below(8) as u8,
        5 => frame.form = random.pick(&[Form::Bits16, Form::Bits64]),
        6 => frame.declared = Some(other_len(random, frame.payload.len() as u64)),
        _ => change_payload(random, frame),
    }
}

fn other_len(random: &mut Random, len: u64) -> u64 {
    random.pick(&[
        len.saturating_sub(1),
        len + 1,
        0,
        125,
        126,
        127,
        65_535,
        65_536,
        1 << 62,
        1 << 63,
        u64::MAX,
    ])
}

fn change_payload(random: &mut Random, frame: &mut Frame) {
    if frame.opcode == CLOSE {
        frame.payload = match random.below(6) {
            0 => random.bytes(1),
            1 => random.bytes(2),
            _ => random.pick(&CODES).to_be_bytes().to_vec(),
        };
    }
    let few = if frame.is_control() { 121_usize.saturating_sub(frame.payload.len()) } else { 9 };
    if few > 4 && random.once_in(2) {
        let least = if frame.opcode == CLOSE { frame.payload.len().min(2) } else { 0 };
        let at = least + random.below(frame.payload.len() - least + 1);
        let bad = random.pick(&NOT_UTF8);
        frame.payload.splice(at..at, bad.iter().copied());
    }
}

fn change_bytes(random: &mut Random, bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        return;
    }
    match random.below(6) {
        0 => bytes.truncate(random.below(bytes.len())),
        1 | 2 => {
            let spans = Span::all(bytes);
            let Span { start, key, .. } = random.pick(&spans);
            let at = start + random.below(key - start);
            flip(random, bytes, at);
        }
        3 => {
            let at = random.below(bytes.len());
            flip(random, bytes, at);
        }
        _ => {}
    }
}

fn flip(random: &mut Random, bytes: &mut [u8], at: usize) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << random.below(8);
    }
}
