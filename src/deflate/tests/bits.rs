//! Writes DEFLATE (RFC 1951) by hand, for streams that no compressor makes.

use alloc::vec::Vec;

/// A stream of blocks under construction.
#[derive(Clone, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    bit_len: usize,
}

impl BitWriter {
    /// Begins a block with the fixed codes (RFC 1951 §3.2.6).
    pub(super) fn fixed_block() -> Self {
        Self::default().number(0, 1).number(0b01, 2)
    }

    /// Begins a block with codes of its own (RFC 1951 §3.2.7): how many literals and distances
    /// there are codes for, and the lengths of the codes that all other lengths are written in.
    pub(super) fn dynamic_block(literals: u32, distances: u32, lengths: &[u32]) -> Self {
        let bits = Self::default().number(0, 1).number(0b10, 2);
        let bits = bits.number(literals - 257, 5).number(distances - 1, 5);
        let bits = bits.number(lengths.len() as u32 - 4, 4);
        lengths.iter().fold(bits, |bits, len| bits.number(*len, 3))
    }

    /// Appends a number of `len` bits, lowest bit first.
    pub(super) fn number(mut self, value: u32, len: usize) -> Self {
        for index in 0..len {
            if self.bit_len == 8 * self.bytes.len() {
                self.bytes.push(0);
            }
            let bit = (value >> index & 1) as u8;
            self.bytes[self.bit_len / 8] |= bit << (self.bit_len % 8);
            self.bit_len += 1;
        }
        self
    }

    /// Appends a Huffman code of `len` bits, highest bit first.
    pub(super) fn code(self, code: u32, len: usize) -> Self {
        (0..len).rev().fold(self, |bits, index| bits.number(code >> index & 1, 1))
    }

    /// Appends a byte below 144, in the fixed codes.
    pub(super) fn literal(self, byte: u8) -> Self {
        self.code(0x30 + u32::from(byte), 8)
    }

    /// Begins a match of three bytes, in the fixed codes; its distance follows.
    pub(super) fn length_3(self) -> Self {
        self.code(1, 7)
    }

    /// Ends a match, in the fixed codes.
    pub(super) fn distance(self, distance: usize) -> Self {
        let value = (distance - 1) as u32;
        if value < 4 {
            return self.code(value, 5);
        }
        let extra_bits = value.ilog2() - 1;
        let symbol = 2 * extra_bits + (value >> extra_bits);
        self.code(symbol, 5).number(value & ((1 << extra_bits) - 1), extra_bits as usize)
    }

    /// Ends a block, in the fixed codes.
    pub(super) fn end_of_block(self) -> Self {
        self.code(0, 7)
    }

    /// Ends a message with the header of an empty block, without the tail that completes it.
    pub(super) fn end_of_message(self) -> Vec<u8> {
        self.number(0, 3).bytes
    }

    pub(super) fn bytes(self) -> Vec<u8> {
        self.bytes
    }
}
