//! Compressed messages: checks what `frames` checks, and compares with zlib.

use arbitrary::Arbitrary;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use websocket_proto::ProtocolError;
use websocket_proto::frame::OpCode;

use crate::frames::Setup;
use crate::observed::Observed;
use crate::wire::{Frame, frame, frames};

#[derive(Arbitrary, Debug)]
pub struct Input<'b> {
    sender: Sender,
    setup: Setup,
    /// Unmasked frames. Their payloads are compressed data, or `sender` compresses them.
    bytes: &'b [u8],
}

/// How the peer compresses, if it does.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct Sender {
    flags: u8,
    level: u8,
}

impl Input<'_> {
    /// The fuzzer's bytes for these frames: unchanged, compressed by zlib with a small window, and
    /// compressed to streams that end. In all of them contexts are lent.
    pub fn seeds(bytes: &[u8]) -> [Vec<u8>; 3] {
        [(0, 0x7F), (1, 0x11), (3, 0x7F)].map(|(sender, windows)| {
            [&[sender, 6], &Setup::seed(2, 1, windows)[..], bytes].concat()
        })
    }

    pub fn check(self) {
        let setup = Setup { agreed: self.setup.agreed.with_compression(), ..self.setup };
        let agreed = setup.agreed.parameters();
        let takeover = !agreed.server_no_context_takeover;
        let compresses = self.sender.flags & 1 == 1;
        let stream = if compresses {
            let bits = agreed.server_max_window_bits.bits().max(9);
            self.sender.compress(self.bytes, bits, takeover)
        } else {
            self.bytes.into()
        };
        let log = setup.play(&stream);
        if compresses {
            assert!(!log.contains(&Observed::Failed(ProtocolError::BadDeflateData)), "{log:?}");
        }
        compare(&log, &stream, takeover);
    }
}

impl Sender {
    /// The same frames with the payloads of messages compressed by zlib.
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

    /// Whether the compressed data of every fragment ends with a final block.
    const fn finishes(self) -> bool {
        self.flags & 2 == 2
    }
}

/// The end of a message's compressed data, which senders leave out (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

fn deflate(zlib: &mut Compress, payload: &[u8], flush: FlushCompress, fin: bool) -> Vec<u8> {
    let mut compressed = Vec::with_capacity(payload.len() + payload.len() / 4 + 100);
    zlib.compress_vec(payload, &mut compressed, flush).expect("room for all of it");
    if !fin {
        return compressed;
    }
    // At the end of a final block, the same bytes would be content.
    match compressed.strip_suffix(&TAIL).filter(|_| flush == FlushCompress::Sync) {
        Some(short) => short.into(),
        // Flushing an empty message gives no bytes; RFC 7692 §7.2.3.6 has a zero byte there. After
        // a final block a zero byte follows as well (§7.2.3.4).
        None => [compressed, vec![0]].concat(),
    }
}

/// Checks that what was delivered is what zlib inflates, up to the first stream that ends.
fn compare(log: &[Observed], stream: &[u8], takeover: bool) {
    let mut delivered = log.iter().filter_map(message);
    let mut zlib = Decompress::new(false);
    for (compressed, payload) in messages(stream) {
        let Some(message) = delivered.next() else { return };
        match compressed.then(|| inflate(&mut zlib, &payload, message.len())) {
            None => {}
            Some(Ok(inflated)) => assert_eq!(inflated, message, "zlib finds something else"),
            Some(Err(NoVerdict::Ended)) => return,
            Some(Err(NoVerdict::Corrupt)) => panic!("zlib finds it corrupt"),
        }
        if !takeover {
            zlib.reset(false);
        }
    }
}

/// The whole messages of a stream: whether each is compressed, and its payload.
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

fn message(told: &Observed) -> Option<&[u8]> {
    match told {
        Observed::Text(message) | Observed::Binary(message) => Some(message),
        _ => None,
    }
}

/// Why zlib gives no result.
enum NoVerdict {
    /// A compressed stream ends. Zlib reads no other after it.
    Ended,
    Corrupt,
}

/// Inflates a payload by zlib, up to one byte more than expected.
fn inflate(zlib: &mut Decompress, payload: &[u8], expected: usize) -> Result<Vec<u8>, NoVerdict> {
    let whole = [payload, &TAIL].concat();
    let mut inflated = Vec::with_capacity(expected + 1);
    match zlib.decompress_vec(&whole, &mut inflated, FlushDecompress::Sync) {
        Ok(Status::StreamEnd) => Err(NoVerdict::Ended),
        Ok(_) => Ok(inflated),
        Err(_) => Err(NoVerdict::Corrupt),
    }
}
