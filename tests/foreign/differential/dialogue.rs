//! Dialogues of a peer that keeps all rules.

use crate::frames::{BINARY, CLOSE, CONTINUATION, Frame, PING, PONG, TEXT};
use crate::random::Random;

/// A length beyond those of 16 bits.
pub(crate) const LONG: usize = 70_000;

/// The close codes at the edges of what is allowed.
const CODES: [u16; 14] =
    [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999];

/// The frames of a dialogue, from its first message to its end.
pub(crate) struct Dialogue<'r> {
    random: &'r mut Random,
    masked: bool,
    /// The longest message, which few reach and some pass.
    limit: usize,
    frames: Vec<Frame>,
}

impl<'r> Dialogue<'r> {
    pub(crate) fn frames(random: &'r mut Random, masked: bool, limit: usize) -> Vec<Frame> {
        let mut dialogue = Self { random, masked, limit, frames: Vec::new() };
        for _ in 0..dialogue.random.below(8) {
            dialogue.turn();
        }
        if !dialogue.random.once_in(3) {
            dialogue.close();
        }
        if dialogue.random.once_in(4) {
            dialogue.turn();
        }
        dialogue.frames
    }

    fn push(&mut self, fin: bool, opcode: u8, payload: impl Into<Vec<u8>>) {
        self.frames.push(Frame::new(fin, opcode, payload, self.masked));
    }

    fn turn(&mut self) {
        match self.random.below(6) {
            0 => self.control(),
            1 | 2 => self.fragments(),
            _ => {
                let (opcode, payload) = self.message();
                self.push(true, opcode, payload);
            }
        }
    }

    fn control(&mut self) {
        let opcode = self.random.pick(&[PING, PING, PONG]);
        let len = self.random.pick(&[0, 1, 4, 124, 125]);
        let payload = self.random.bytes(len);
        self.push(true, opcode, payload);
    }

    /// A message in several frames, with control frames between them.
    fn fragments(&mut self) {
        let (mut opcode, mut rest) = self.message();
        for _ in 0..self.random.below(5) {
            let len = self.random.below(rest.len() + 1);
            let after = rest.split_off(len);
            self.push(false, opcode, rest);
            (opcode, rest) = (CONTINUATION, after);
            if self.random.once_in(3) {
                self.control();
            }
        }
        self.push(true, opcode, rest);
    }

    fn message(&mut self) -> (u8, Vec<u8>) {
        let len = self.len();
        match self.random.below(3) {
            0 => (BINARY, self.random.bytes(len)),
            _ => (TEXT, self.text(len)),
        }
    }

    fn len(&mut self) -> usize {
        let limit = self.limit;
        match self.random.below(40) {
            0..=4 => self.random.pick(&[0, 1, 2, 125, 126, 127, 128]),
            5 => self.random.pick(&[limit - 1, limit, limit + 1, 65_535, 65_536]).min(limit + 1),
            6 | 7 => self.random.below(600),
            _ => self.random.below(40),
        }
    }

    /// Characters of all lengths, so many bytes of them.
    fn text(&mut self, len: usize) -> Vec<u8> {
        let mut text = String::new();
        while text.len() < len {
            let among = ['a', '\0', '\u{7F}', 'é', '\u{7FF}', '€', '\u{FFFF}', '😀', '\u{10FFFF}'];
            let char = self.random.pick(&among);
            text.push(if text.len() + char.len_utf8() > len { 'z' } else { char });
        }
        text.into_bytes()
    }

    fn close(&mut self) {
        let mut payload = Vec::new();
        if !self.random.once_in(4) {
            payload.extend(self.random.pick(&CODES).to_be_bytes());
            let len = self.random.pick(&[0, 0, 1, 20, 123]);
            payload.extend(self.text(len));
        }
        self.push(true, CLOSE, payload);
    }
}
