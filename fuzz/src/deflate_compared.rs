//! Compressed messages, compared with an implementation of DEFLATE that shares no code with zlib or
//! its descendants.

use arbitrary::Arbitrary;
use flate2::{Decompress, FlushDecompress, Status};
use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, compress_to_output, create_comp_flags_from_zip_params,
};
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};
use websocket_proto::frame::OpCode;
use websocket_proto::handshake::DeflateParameters;
use websocket_proto::{Config, Deflate, Event, Progress, ProtocolError, Time};

use crate::side::{Party, Side};
use crate::wire::{frame, frames};

#[derive(Arbitrary, Debug)]
pub struct Input<'b> {
    flags: u8,
    level: u8,
    strategy: u8,
    /// Messages, each after its length in two bytes: compressed ones, or ones to compress.
    bytes: &'b [u8],
}

/// The longest message. Longer ones come to no other code.
const LIMIT: usize = 300_000;

/// The end of a message's compressed data, which senders leave out (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

impl Input<'_> {
    /// The fuzzer's bytes for the payloads of these frames: taken as compressed, compressed by us, and
    /// compressed by the other.
    pub fn seeds(bytes: &[u8]) -> [Vec<u8>; 3] {
        [0, 1, 2].map(|direction| {
            let mut seed = vec![direction, 6, 0];
            for frame in frames(bytes).filter(|frame| frame.first & 8 == 0) {
                seed.extend((frame.payload.len() as u16).to_le_bytes());
                seed.extend_from_slice(frame.payload);
            }
            seed
        })
    }

    pub fn check(self) {
        let messages: Vec<&[u8]> = messages(self.bytes).collect();
        match self.flags & 3 {
            0 => self.compare(&messages),
            1 => self.check_ours(&messages),
            _ => self.check_theirs(&messages),
        }
    }

    /// Inflates the messages by both.
    fn compare(&self, messages: &[&[u8]]) {
        let (mut ours, mut theirs) = (Ours::new(self.config(), self.agreed()), Theirs::new());
        let mut zlib = Decompress::new(false);
        for message in messages {
            let (ours, theirs) = (ours.inflate(message), theirs.inflate(message));
            match (ours, theirs) {
                (Ok(ours), Verdict::Message(theirs)) => assert_eq!(ours, theirs),
                // Only the first stream is read by the other.
                (Ok(ours), Verdict::Ended(theirs)) => return assert!(ours.starts_with(&theirs)),
                (Ok(_), theirs) => panic!("{theirs:?}"),
                // The other takes some codes that do not fill their space.
                (Err(ProtocolError::BadDeflateData), Verdict::Message(_)) => {
                    return assert!(is_corrupt(&mut zlib, message), "the others take it");
                }
                (Err(ProtocolError::BadDeflateData), _) => return,
                (Err(error), _) => return assert_eq!(error, ProtocolError::MessageTooLong),
            }
            is_corrupt(&mut zlib, message);
        }
    }

    /// Lets the other inflate what we have compressed.
    fn check_ours(&self, messages: &[&[u8]]) {
        let mut side = Side::open(Party::Server, Some(self.agreed()), self.config());
        let mut theirs = Theirs::new();
        for message in messages {
            let Side { connection, outgoing, .. } = &mut side;
            connection.send_binary(message, outgoing).expect("an open connection");
            let sent = side.take_output();
            let sent = frames(&sent).next().expect("a frame");
            let inflated = match sent.first & 0x40 {
                0 => Verdict::Message(sent.payload.to_vec()),
                _ => theirs.inflate(sent.payload),
            };
            assert_eq!(inflated, Verdict::Message(message.to_vec()));
        }
    }

    /// Inflates what the other has compressed.
    fn check_theirs(&self, messages: &[&[u8]]) {
        let mut ours = Ours::new(self.config(), self.agreed());
        let level = i32::from(self.level % 11);
        let flags = create_comp_flags_from_zip_params(level, -15, i32::from(self.strategy % 5));
        let mut theirs = CompressorOxide::new(flags);
        for message in messages {
            let compressed = deflate(&mut theirs, message);
            assert_eq!(ours.inflate(&compressed).as_deref(), Ok(*message));
        }
    }

    /// The other has no windows but the largest.
    fn agreed(&self) -> DeflateParameters {
        let mut agreed = DeflateParameters::default();
        agreed.server_no_context_takeover = self.flags & 4 != 0 && self.flags & 3 == 1;
        agreed
    }

    fn config(&self) -> Config {
        let (mut config, mut deflate) = (Config::default(), Deflate::default());
        (deflate.level, deflate.minimum) = (self.level % 10, 0);
        config.deflate = Some(deflate);
        config.limits.message = LIMIT as u64;
        config
    }
}

/// Our side, which inflates.
struct Ours(Side);

impl Ours {
    fn new(config: Config, agreed: DeflateParameters) -> Self {
        Self(Side::open(Party::Client, Some(agreed), config))
    }

    fn inflate(&mut self, payload: &[u8]) -> Result<Vec<u8>, ProtocolError> {
        let Side { connection, incoming, outgoing } = &mut self.0;
        incoming.push(&frame(true, true, OpCode::Binary, payload));
        let progress = connection.receive(Time::ZERO, incoming, outgoing)?;
        assert_eq!(progress, Progress::Event, "the whole message is there");
        let Some(Event::Binary(message)) = incoming.event() else { panic!("a message") };
        Ok(message.to_vec())
    }
}

/// The other implementation, which inflates.
struct Theirs(Box<InflateState>);

/// What the other makes of a message.
#[derive(Debug, PartialEq)]
enum Verdict {
    Message(Vec<u8>),
    /// The compressed stream ends, after these bytes.
    Ended(Vec<u8>),
    /// The message ends inside a block.
    Unfinished,
    Corrupt,
    TooLong,
}

impl Theirs {
    fn new() -> Self {
        Self(InflateState::new_boxed(DataFormat::Raw))
    }

    fn inflate(&mut self, payload: &[u8]) -> Verdict {
        let mut message = Vec::new();
        if let Some(verdict) = self.read(payload, &mut message) {
            return verdict;
        }
        let len = message.len();
        match self.read(&TAIL, &mut message) {
            Some(verdict) => verdict,
            // The tail was content, or something has to follow it.
            None if message.len() > len || !self.is_between_blocks() => Verdict::Unfinished,
            None => Verdict::Message(message),
        }
    }

    /// Inflates a part of a message. `None` if more can follow.
    fn read(&mut self, mut bytes: &[u8], message: &mut Vec<u8>) -> Option<Verdict> {
        let mut space = vec![0; 1 << 15];
        while message.len() <= LIMIT {
            let result = inflate(&mut self.0, bytes, &mut space, MZFlush::None);
            bytes = &bytes[result.bytes_consumed..];
            message.extend_from_slice(&space[..result.bytes_written]);
            match result.status {
                Ok(MZStatus::StreamEnd) => return Some(Verdict::Ended(std::mem::take(message))),
                Ok(_) if !bytes.is_empty() || result.bytes_written == space.len() => {}
                Ok(_) | Err(MZError::Buf) => return None,
                Err(_) => return Some(Verdict::Corrupt),
            }
        }
        Some(Verdict::TooLong)
    }

    /// Whether a block could begin here.
    fn is_between_blocks(&self) -> bool {
        const LAST_AND_EMPTY: [u8; 5] = [0x01, 0x00, 0x00, 0xFF, 0xFF];
        let result = inflate(&mut self.0.clone(), &LAST_AND_EMPTY, &mut [0; 64], MZFlush::None);
        result.status == Ok(MZStatus::StreamEnd) && result.bytes_written == 0
    }
}

/// A compressed message, as RFC 7692 §7.2.1 has it.
fn deflate(theirs: &mut CompressorOxide, message: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::new();
    compress_to_output(theirs, message, TDEFLFlush::Sync, |bytes| {
        compressed.extend_from_slice(bytes);
        true
    });
    match compressed.strip_suffix(&TAIL) {
        Some(short) => short.into(),
        // §7.2.3.6: an empty message.
        None => vec![0],
    }
}

/// Whether zlib finds the message corrupt.
fn is_corrupt(zlib: &mut Decompress, payload: &[u8]) -> bool {
    let whole = [payload, &TAIL].concat();
    let mut message = Vec::with_capacity(LIMIT + 1);
    let status = zlib.decompress_vec(&whole, &mut message, FlushDecompress::Sync);
    matches!(status, Err(_) | Ok(Status::BufError))
}

/// The messages, each after its length. The last one has all bytes that are left.
fn messages(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (len, rest) = bytes.split_first_chunk()?;
        let (message, after) = rest.split_at(usize::from(u16::from_le_bytes(*len)).min(rest.len()));
        bytes = after;
        Some(message)
    })
}
