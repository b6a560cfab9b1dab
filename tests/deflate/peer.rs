//! A peer that compresses by zlib, the C library, and functions that build blocks and frames.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use websocket_proto::frame::OpCode;
use websocket_proto::handshake::{DeflateParameters, WindowBits};

use crate::support::{Framer, compressed};

const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// Agreed parameters that are the same for both directions.
pub(crate) fn parameters(bits: u8, takeover: bool) -> DeflateParameters {
    let mut agreed = DeflateParameters::default();
    agreed.server_no_context_takeover = !takeover;
    agreed.client_no_context_takeover = !takeover;
    agreed.server_max_window_bits = WindowBits::new(bits).unwrap();
    agreed.client_max_window_bits = WindowBits::new(bits).unwrap();
    agreed
}

/// The compressing side of a connection.
pub(crate) struct Sender {
    zlib: Compress,
    takeover: bool,
    /// Whether messages end with final blocks.
    finishes: bool,
}

impl Sender {
    /// A sender with this window. For 8 bits, which zlib lacks, it uses a window of 9 bits that
    /// refers at most 250 bytes back.
    pub(crate) fn new(level: u32, bits: u8, takeover: bool) -> Self {
        let zlib = Compress::new_with_window_bits(Compression::new(level), false, bits.max(9));
        Self { zlib, takeover, finishes: false }
    }

    /// A sender that ends each message with a final block and the zero byte of RFC 7692 §7.2.3.4.
    pub(crate) fn finishing(level: u32) -> Self {
        Self { finishes: true, ..Self::new(level, 15, false) }
    }

    /// The compressed payload of a message.
    pub(crate) fn message(&mut self, message: impl AsRef<[u8]>) -> Vec<u8> {
        self.pieces(&[message.as_ref()]).concat()
    }

    /// The compressed payloads of a message's fragments, each of which is flushed.
    pub(crate) fn pieces(&mut self, pieces: &[&[u8]]) -> Vec<Vec<u8>> {
        let flush = if self.finishes { FlushCompress::Finish } else { FlushCompress::Sync };
        let mut payloads: Vec<_> = pieces.iter().map(|piece| self.run(piece, flush)).collect();
        let last = payloads.last_mut().expect("a piece");
        if last.ends_with(&TAIL) {
            last.truncate(last.len() - TAIL.len());
        } else {
            last.push(0);
        }
        if !self.takeover {
            self.zlib.reset();
        }
        payloads
    }

    fn run(&mut self, piece: &[u8], flush: FlushCompress) -> Vec<u8> {
        let mut payload = Vec::with_capacity(piece.len() + piece.len() / 4 + 100);
        if !piece.is_empty() {
            self.zlib.compress_vec(piece, &mut payload, flush).unwrap();
        }
        if self.finishes {
            self.zlib.reset();
        }
        payload
    }
}

/// The inflating side of a connection, with a window of exactly the agreed size.
pub(crate) struct Receiver {
    zlib: Decompress,
    takeover: bool,
}

impl Receiver {
    pub(crate) fn new(bits: u8, takeover: bool) -> Self {
        Self { zlib: Decompress::new_with_window_bits(false, bits.max(9)), takeover }
    }

    /// Inflates a payload in small steps, as zlib would accept distances beyond its window
    /// otherwise. Panics if the payload is corrupt, or does not end where the tail was removed.
    pub(crate) fn message(&mut self, payload: &[u8]) -> Vec<u8> {
        assert!(!payload.ends_with(&TAIL), "the tail is left out");
        let whole = [payload, &TAIL].concat();
        let (mut input, mut message, mut output) = (&whole[..], Vec::new(), [0; 16]);
        loop {
            let (read, written) = (self.zlib.total_in(), self.zlib.total_out());
            self.zlib.decompress(input, &mut output, FlushDecompress::None).unwrap();
            input = &input[(self.zlib.total_in() - read) as usize..];
            let produced = (self.zlib.total_out() - written) as usize;
            message.extend(&output[..produced]);
            if input.is_empty() && produced < output.len() {
                break;
            }
        }
        if !self.takeover {
            self.zlib.reset(false);
        }
        message
    }
}

/// A stored block.
pub(crate) fn stored(data: &[u8]) -> Vec<u8> {
    let len = data.len() as u16;
    [&[0x00][..], &len.to_le_bytes(), &(!len).to_le_bytes(), data].concat()
}

/// The frames of a message with these payloads.
pub(crate) fn frames(frame: Framer, opcode: OpCode, payloads: &[impl AsRef<[u8]>]) -> Vec<u8> {
    frames_with(frame, opcode, payloads, &[])
}

/// The frames of a message with these payloads, with `between` after each but the last.
pub(crate) fn frames_with(
    frame: Framer,
    opcode: OpCode,
    payloads: &[impl AsRef<[u8]>],
    between: &[u8],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (at, payload) in payloads.iter().enumerate() {
        let last = at + 1 == payloads.len();
        let opcode = if at == 0 { opcode } else { OpCode::Continuation };
        let plain = frame(last, opcode, payload.as_ref());
        bytes.extend(if at == 0 { compressed(plain) } else { plain });
        bytes.extend_from_slice(if last { &[] } else { between });
    }
    bytes
}

/// Bytes with hardly any repetitions.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..len).map(|_| next()).collect()
}

/// A text as applications send it.
pub(crate) fn records(len: usize) -> Vec<u8> {
    let records = (0..).flat_map(|at: u32| {
        let hash = at.wrapping_mul(2_654_435_761);
        format!("{{\"id\":{at},\"name\":\"né{}\",\"value\":{hash}}},\n", hash % 97).into_bytes()
    });
    let mut records: Vec<u8> = records.take(len).collect();
    while str::from_utf8(&records).is_err() {
        records.pop();
    }
    records
}
