//! permessage-deflate in memory: sending and receiving compressed messages, with windows of 15 bits
//! and context takeover.
//!
//! The comparison is zlib, the C library, which compresses and inflates the same messages without
//! frames. Figures mean something only as ratios within one run.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use websocket_proto::frame::{FrameHeader, MaskKey, OpCode, mask};
use websocket_proto::handshake::DeflateParameters;
use websocket_proto::{
    Config, Connection, Deflate, Event, Incoming, Outgoing, Progress, Role, Time,
};

/// The lengths of the messages, in bytes.
const LENGTHS: [usize; 3] = [128, 1 << 10, 16 << 10];
/// How many messages an iteration sends or receives.
const MESSAGES: usize = 64;
const LEVEL: u8 = 6;
/// Payloads are raw DEFLATE.
const ZLIB_HEADER: bool = false;
/// The end of a compressed message, which its sender removes (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

criterion_group!(name = benches; config = short_runs(); targets = send, receive);
criterion_main!(benches);

fn short_runs() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
}

fn send(criterion: &mut Criterion) {
    for len in LENGTHS {
        let messages = messages(len);
        let mut group = criterion.benchmark_group(format!("compress and send {len} B"));
        group.throughput(Throughput::Elements(MESSAGES as u64));
        let mut zlib = compressor();
        group.bench_function("zlib alone", |bencher| {
            bencher.iter(|| {
                messages.iter().for_each(|message| drop(black_box(deflate(&mut zlib, message))))
            });
        });
        let (mut server, mut outgoing) = (server(), Outgoing::new());
        group.bench_function("websocket-proto", |bencher| {
            bencher.iter(|| {
                for message in &messages {
                    server.send_text(message, &mut outgoing).expect("an open connection");
                }
                outgoing.advance(black_box(&outgoing).len());
            });
        });
        group.finish();
    }
}

fn receive(criterion: &mut Criterion) {
    for len in LENGTHS {
        let messages = messages(len);
        let mut zlib = compressor();
        let payloads: Vec<_> = messages.iter().map(|message| deflate(&mut zlib, message)).collect();
        let mut group = criterion.benchmark_group(format!("receive and inflate {len} B"));
        group.throughput(Throughput::Elements(MESSAGES as u64));
        let mut zlib = Decompress::new(ZLIB_HEADER);
        group.bench_function("zlib alone", |bencher| {
            bencher.iter(|| payloads.iter().for_each(|payload| inflate(&mut zlib, payload, len)));
        });
        let frames: Vec<_> = payloads.iter().flat_map(|payload| frame(payload)).collect();
        let (mut server, mut incoming, mut outgoing) = (server(), Incoming::new(), Outgoing::new());
        incoming.lend_window(vec![0; frames.len()]);
        group.bench_function("websocket-proto", |bencher| {
            bencher.iter(|| {
                incoming.space().copy_from_slice(&frames);
                incoming.commit(frames.len());
                receive_batch(&mut server, &mut incoming, &mut outgoing, len);
            });
        });
        group.finish();
    }
}

fn server() -> Connection {
    let mut deflate = Deflate::default();
    // The level and the memory level are the defaults of zlib.
    (deflate.level, deflate.memory_level, deflate.minimum) = (LEVEL, 8, 0);
    let mut config = Config::default();
    config.deflate = Some(deflate);
    Connection::established(Role::Server, Some(DeflateParameters::default()), config, Time::ZERO)
}

/// Makes lists of records of `len` bytes each. No two records are equal.
fn messages(len: usize) -> Vec<String> {
    let mut number = 1_u32;
    let mut record = || {
        number = number.wrapping_mul(0x9E37_79B9).wrapping_add(1);
        format!(
            r#"{{"id":{},"name":"item {}","price":{}}},"#,
            number >> 8,
            number % 97,
            number % 9973
        )
    };
    let mut message = || {
        let mut list = String::new();
        while list.len() < len {
            list.push_str(&record());
        }
        list.truncate(len);
        list
    };
    (0..MESSAGES).map(|_| message()).collect()
}

fn compressor() -> Compress {
    Compress::new(Compression::new(LEVEL.into()), ZLIB_HEADER)
}

fn deflate(zlib: &mut Compress, message: &str) -> Vec<u8> {
    let mut payload = Vec::with_capacity(message.len() + 64);
    let done = zlib.compress_vec(message.as_bytes(), &mut payload, FlushCompress::Sync);
    done.expect("a message, and room for it");
    payload.truncate(payload.len() - TAIL.len());
    payload
}

fn inflate(zlib: &mut Decompress, payload: &[u8], len: usize) {
    let mut message = Vec::with_capacity(len + 1);
    for part in [payload, &TAIL] {
        let done = zlib.decompress_vec(part, &mut message, FlushDecompress::Sync);
        done.expect("what zlib compressed");
    }
    assert_eq!(black_box(message).len(), len);
}

fn frame(payload: &[u8]) -> Vec<u8> {
    let key = MaskKey::new([0x37, 0xFA, 0x21, 0x3D]);
    let (opcode, len) = (OpCode::Text, payload.len() as u64);
    let header = FrameHeader { fin: true, compressed: true, opcode, mask: Some(key), len };
    let mut frame = header.encode().as_bytes().to_vec();
    mask::append(payload, &mut frame, key);
    frame
}

/// Receives all messages, and checks their number and lengths.
fn receive_batch(
    server: &mut Connection,
    incoming: &mut Incoming,
    outgoing: &mut Outgoing,
    len: usize,
) {
    let mut seen = 0;
    while server.receive(Time::ZERO, incoming, outgoing) == Ok(Progress::Event) {
        match incoming.event() {
            Some(Event::Text(text)) => assert_eq!(black_box(text).len(), len),
            other => panic!("{other:?}"),
        }
        seen += 1;
    }
    assert_eq!(seen, MESSAGES);
}
