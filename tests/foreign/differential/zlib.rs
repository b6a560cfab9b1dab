//! Compressed messages from and to zlib, the C library, with all settings of both. Random messages
//! are in `tests/deflate/` and in the codec's own tests.

use flate2::{Compress, Compression, FlushCompress};
use serde::Deserialize;
use websocket_proto::frame::OpCode;
use websocket_proto::{Config, Deflate, Role};

use crate::peer::{Receiver, noise, parameters, records};
use crate::support::{CollectingConnection, compressed, frame, hex, plain_entropy};

const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// How pieces of a message may be flushed before its end.
const FLUSHES: [FlushCompress; 4] =
    [FlushCompress::None, FlushCompress::Partial, FlushCompress::Sync, FlushCompress::Full];

/// A receiving connection, and the length of reads; longer if the payload is long.
struct Reader {
    bare: CollectingConnection,
    read: usize,
}

impl Reader {
    fn all_ways(bits: u8, takeover: bool) -> [Self; 3] {
        let agreed = Some(parameters(bits, takeover));
        [(true, 1), (false, 1009), (true, usize::MAX)].map(|(client, read)| {
            let role = if client { Role::Client(&plain_entropy) } else { Role::Server };
            let bare = CollectingConnection::with_compression(role, agreed, Config::default());
            Self { bare, read }
        })
    }

    fn receive(&mut self, payload: &[u8], message: &[u8]) {
        let frame = compressed(self.bare.framed(true, OpCode::Binary, payload));
        self.bare.receive_in_parts(self.read.max(frame.len() / 200), &frame).unwrap();
        assert!(self.bare.messages.pop().is_some_and(|it| it == message), "another message");
    }
}

/// Compresses a message in pieces that are flushed in these ways.
fn compress(zlib: &mut Compress, message: &[u8], flushes: &[FlushCompress]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(message.len() * 2 + 1000);
    let mut rest = message;
    for flush in flushes {
        let (piece, after) = rest.split_at(rest.len() / 3);
        zlib.compress_vec(piece, &mut payload, *flush).expect("room");
        rest = after;
    }
    zlib.compress_vec(rest, &mut payload, FlushCompress::Sync).expect("room");
    match payload.strip_suffix(&TAIL) {
        Some(payload) => payload.to_vec(),
        // Nothing was added since the last flush.
        None => [&payload[..], &[0]].concat(),
    }
}

/// Messages with lengths around zlib's limits: empty, the shortest and the longest reference, the
/// farthest reference, the window, the longest stored block.
fn messages(bits: u8) -> Vec<Vec<u8>> {
    let window = 1_usize << bits;
    let borders = [0, 1, 3, 258, window.saturating_sub(262), window, 65_535];
    let lengths = borders.iter().flat_map(|border| [*border, border + 1]);
    let message = |(at, len)| match at % 3 {
        0 => noise(len),
        1 => vec![b'x'; len],
        _ => records(len),
    };
    (0..).zip(lengths).map(message).collect()
}

#[test]
fn what_zlib_sends_is_read() {
    for bits in 9..=15 {
        let messages = messages(bits);
        for level in 0..=9 {
            for takeover in [true, false] {
                check_received(bits, takeover, level, &messages);
            }
        }
    }
}

fn check_received(bits: u8, takeover: bool, level: u32, messages: &[Vec<u8>]) {
    let mut zlib = Compress::new_with_window_bits(Compression::new(level), false, bits);
    let mut readers = Reader::all_ways(bits, takeover);
    for (at, message) in messages.iter().enumerate() {
        let flushes = [FLUSHES[at % 4], FLUSHES[at / 4 % 4]];
        let payload = compress(&mut zlib, message, &flushes[..at % 3]);
        readers.iter_mut().for_each(|it| it.receive(&payload, message));
        if !takeover {
            zlib.reset();
        }
    }
}

/// Payloads that were written by `zlib_strategies.py`.
#[derive(Deserialize)]
struct Kept {
    messages: Vec<String>,
    streams: Vec<Stream>,
}

#[derive(Deserialize)]
struct Stream {
    strategy: String,
    level: u8,
    bits: u8,
    memory: u8,
    payloads: Vec<String>,
}

#[test]
fn all_strategies_of_zlib_are_read() {
    let kept: Kept = serde_json::from_str(include_str!("zlib_strategies.json")).unwrap();
    for Stream { strategy, level, bits, memory, payloads } in kept.streams {
        let name = format!("{strategy}, level {level}, window {bits}, memory {memory}");
        assert_eq!(payloads.len(), kept.messages.len(), "{name}");
        for mut reader in Reader::all_ways(bits, true) {
            for (payload, message) in payloads.iter().zip(&kept.messages) {
                reader.receive(&hex(payload), message.as_bytes());
            }
        }
    }
}

/// Each message in two fragments and two reads, cut at all places.
#[test]
fn what_zlib_sends_is_read_at_all_cuts() {
    let message = records(60);
    for (level, flush) in [0, 1, 6].into_iter().flat_map(|it| FLUSHES.map(|flush| (it, flush))) {
        let mut zlib = Compress::new_with_window_bits(Compression::new(level), false, 9);
        let payloads = [(); 2].map(|()| compress(&mut zlib, &message, &[flush, flush]));
        for cut in 0..=payloads[0].len() {
            let mut client = CollectingConnection::with_compression(
                Role::Client(&plain_entropy),
                Some(parameters(9, true)),
                Config::default(),
            );
            for payload in &payloads {
                let (first, rest) = payload.split_at(cut.min(payload.len()));
                client.receive(compressed(frame(false, OpCode::Text, first))).unwrap();
                client.receive(frame(true, OpCode::Continuation, rest)).unwrap();
                assert!(client.messages.pop().is_some_and(|it| it == message), "cut at {cut}");
            }
        }
    }
}

#[test]
fn what_is_sent_zlib_reads() {
    for bits in 8..=15 {
        let messages: Vec<_> = messages(bits).into_iter().filter(|it| it.len() < 40_000).collect();
        for memory in 1..=9 {
            for level in [0, 1, 2, 6, 9] {
                check_sent(bits, true, [level, memory], &messages);
                check_sent(bits, false, [level, memory], &messages);
            }
        }
    }
}

/// Checks that zlib reads what is sent with a window of the agreed size.
fn check_sent(bits: u8, takeover: bool, [level, memory]: [u8; 2], messages: &[Vec<u8>]) {
    let mut config = Config::default();
    let mut deflate = Deflate::default();
    (deflate.level, deflate.memory_level, deflate.minimum) = (level, memory, 0);
    config.deflate = Some(deflate);
    let agreed = Some(parameters(bits, takeover));
    let mut server = CollectingConnection::with_compression(Role::Server, agreed, config);
    let mut zlib = Receiver::new(bits, takeover);
    for message in messages {
        server.connection.send_binary(message, &mut server.outgoing).unwrap();
        let frame = server.take_all_output();
        let inflated = zlib.message(unmasked_payload(&frame));
        assert!(inflated == *message, "window {bits}, memory {memory}, level {level}, {takeover}");
    }
}

/// The payload of a server's frame that is a compressed message.
fn unmasked_payload(frame: &[u8]) -> &[u8] {
    assert_eq!(frame[0], 0xC2, "a compressed binary message");
    match frame[1] {
        126 => &frame[4..],
        127 => &frame[10..],
        _ => &frame[2..],
    }
}
