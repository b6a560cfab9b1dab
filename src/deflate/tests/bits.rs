//! DEFLATE (RFC 1951) by hand, for what no compressor makes.

use alloc::vec::Vec;

/// A stream of blocks under construction.
#[derive(Clone, Default)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    used: usize,
}

impl Bits {
    /// Begins a block with the codes of RFC 1951 §3.2.6.
    pub(super) fn fixed_block() -> Self {
        Self::default().number(0, 1).number(0b01, 2)
    }

    /// Begins a block with codes of its own (RFC 1951 §3.2.7): the counts of the three alphabets,
    /// then the lengths of the codes that the other lengths are written in.
    pub(super) fn dynamic_block(literals: u32, distances: u32, lengths: &[u32]) -> Self {
        let bits = Self::default().number(0, 1).number(0b10, 2);
        let bits = bits.number(literals - 257, 5).number(distances - 1, 5);
        let bits = bits.number(lengths.len() as u32 - 4, 4);
        lengths.iter().fold(bits, |bits, len| bits.number(*len, 3))
    }

    /// A number has its lowest bit first.
    pub(super) fn number(mut self, value: u32, len: usize) -> Self {
        for at in 0..len {
            if self.used == 8 * self.bytes.len() {
                self.bytes.push(0);
            }
            let bit = (value >> at & 1) as u8;
            self.bytes[self.used / 8] |= bit << (self.used % 8);
            self.used += 1;
        }
        self
    }

    /// A Huffman code has its highest bit first.
    pub(super) fn code(self, code: u32, len: usize) -> Self {
        (0..len).rev().fold(self, |bits, at| bits.number(code >> at & 1, 1))
    }

    /// A byte below 144, in the fixed codes.
    pub(super) fn literal(self, byte: u8) -> Self {
        self.code(0x30 + u32::from(byte), 8)
    }

    /// The beginning of a match of three bytes, in the fixed codes.
    pub(super) fn length_3(self) -> Self {
        self.code(1, 7)
    }

    /// The end of a match, in the fixed codes.
    pub(super) fn distance(self, distance: usize) -> Self {
        let below = (distance - 1) as u32;
        if below < 4 {
            return self.code(below, 5);
        }
        let extra = below.ilog2() - 1;
        let symbol = 2 * extra + (below >> extra);
        self.code(symbol, 5).number(below & ((1 << extra) - 1), extra as usize)
    }

    /// In the fixed codes.
    pub(super) fn end_of_block(self) -> Self {
        self.code(0, 7)
    }

    /// The end of a message: the header of an empty block, up to the tail.
    pub(super) fn empty_block(self) -> Vec<u8> {
        self.number(0, 3).bytes
    }

    pub(super) fn bytes(self) -> Vec<u8> {
        self.bytes
    }
}
