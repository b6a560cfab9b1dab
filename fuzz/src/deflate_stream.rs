//! Compressed messages: the laws of `frames`, and zlib as a second opinion.

use arbitrary::Arbitrary;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use websocket_proto::ProtocolError;
use websocket_proto::frame::OpCode;

use crate::frames::Terms;
use crate::told::Told;
use crate::wire::{Frame, frame, frames};

#[derive(Arbitrary, Debug)]
pub struct Input<'b> {
    sender: Sender,
    terms: Terms,
    /// Unmasked frames. Their payloads are compressed data, or `sender` compresses them.
    bytes: &'b [u8],
}

/// What the peer does.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct Sender {
    flags: u8,
    level: u8,
}

impl Input<'_> {
    /// The fuzzer's bytes for these frames: as they are, compressed by zlib with small windows, and
    /// with streams that end, each with contexts that come and go.
    pub fn seeds(bytes: &[u8]) -> [Vec<u8>; 3] {
        [(0, 0x7F), (1, 0x11), (3, 0x7F)].map(|(sender, windows)| {
            [&[sender, 6], &Terms::seed(2, 1, windows)[..], bytes].concat()
        })
    }

    pub fn check(self) {
        let terms = Terms { agreed: self.terms.agreed.wanted(), ..self.terms };
        let agreed = terms.agreed.parameters();
        let takeover = !agreed.server_no_context_takeover;
        let compresses = self.sender.flags & 1 == 1;
        let stream = if compresses {
            let bits = agreed.server_max_window_bits.bits().max(9);
            self.sender.compress(self.bytes, bits, takeover)
        } else {
            self.bytes.into()
        };
        let log = terms.play(&stream);
        if compresses {
            assert!(!log.contains(&Told::Failed(ProtocolError::BadDeflateData)), "{log:?}");
        }
        compare(&log, &stream, takeover);
    }
}

impl Sender {
    /// The same frames with what zlib makes of the messages' payloads.
    fn compress(self, bytes: &[u8], bits: u8, takeover: bool) -> Vec<u8> {
        let level = Compression::new(u32::from(self.level % 10));
        let mut zlib = Compress::new_with_window_bits(level, false, bits);
        let flush = if self.finishes() { FlushCompress::Finish } else { FlushCompress::Sync };
        let mut stream = Vec::new();
        for Frame { first, payload } in frames(bytes) {
            let Some(opcode) = OpCode::from_first_byte(first) else { break };
            let fin = first & 0x80 != 0;
            if opcode.is_control() {
                stream.extend(frame(fin, false, opcode, payload));
                continue;
            }
            let payload = deflate(&mut zlib, payload, flush, fin);
            stream.extend(frame(fin, opcode != OpCode::Continuation, opcode, &payload));
            if self.finishes() || (fin && !takeover) {
                zlib.reset();
            }
        }
        stream
    }

    /// Whether the streams of messages and fragments end with final blocks.
    const fn finishes(self) -> bool {
        self.flags & 2 == 2
    }
}

/// RFC 7692 §7.2.1: what a sender leaves out.
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

fn deflate(zlib: &mut Compress, payload: &[u8], flush: FlushCompress, fin: bool) -> Vec<u8> {
    let mut compressed = Vec::with_capacity(payload.len() + payload.len() / 4 + 100);
    zlib.compress_vec(payload, &mut compressed, flush).expect("room for all of it");
    if !fin {
        return compressed;
    }
    // The same bytes at the end of a final block are its content.
    match compressed.strip_suffix(&TAIL).filter(|_| flush == FlushCompress::Sync) {
        Some(short) => short.into(),
        // A flush of nothing is nothing; RFC 7692 §7.2.3.6 and §7.2.3.4 have a zero byte there.
        None => [compressed, vec![0]].concat(),
    }
}

/// What was delivered is what zlib makes of it, as long as no stream ends.
fn compare(log: &[Told], stream: &[u8], takeover: bool) {
    let mut delivered = log.iter().filter_map(message);
    let mut zlib = Decompress::new(false);
    for (compressed, payload) in messages(stream) {
        let Some(message) = delivered.next() else { return };
        match compressed.then(|| inflate(&mut zlib, &payload, message.len())) {
            None => {}
            Some(Ok(inflated)) => assert_eq!(inflated, message, "zlib finds something else"),
            Some(Err(Unknown::Ended)) => return,
            Some(Err(Unknown::Corrupt)) => panic!("zlib finds it corrupt"),
        }
        if !takeover {
            zlib.reset(false);
        }
    }
}

/// The payloads of whole messages, and whether they are compressed.
fn messages(stream: &[u8]) -> impl Iterator<Item = (bool, Vec<u8>)> {
    let mut data = frames(stream).filter(|frame| frame.first & 8 == 0);
    std::iter::from_fn(move || {
        let Frame { first, payload } = data.next()?;
        let (mut fin, mut whole) = (first & 0x80 != 0, payload.to_vec());
        while !fin {
            let Frame { first, payload } = data.next()?;
            whole.extend_from_slice(payload);
            fin = first & 0x80 != 0;
        }
        Some((first & 0x40 != 0, whole))
    })
}

fn message(told: &Told) -> Option<&[u8]> {
    match told {
        Told::Text(message) | Told::Binary(message) => Some(message),
        _ => None,
    }
}

/// Why zlib has no opinion.
enum Unknown {
    /// A stream ends, behind which zlib reads no other.
    Ended,
    Corrupt,
}

/// What zlib makes of a payload, up to a byte more than it should be.
fn inflate(zlib: &mut Decompress, payload: &[u8], expected: usize) -> Result<Vec<u8>, Unknown> {
    let whole = [payload, &TAIL].concat();
    let mut inflated = Vec::with_capacity(expected + 1);
    match zlib.decompress_vec(&whole, &mut inflated, FlushDecompress::Sync) {
        Ok(Status::StreamEnd) => Err(Unknown::Ended),
        Ok(_) => Ok(inflated),
        Err(_) => Err(Unknown::Corrupt),
    }
}
