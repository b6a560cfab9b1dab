//! What checking text costs: messages received as text, compared with the same bytes received as
//! binary and with the standard library's check alone.
//!
//! Text is checked as it arrives, so it is also received in fragments that are cut inside
//! characters. Figures mean something only as ratios within one run.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use websocket_proto::frame::{FrameHeader, MaskKey, OpCode, mask};
use websocket_proto::{Config, Connection, Event, Incoming, Outgoing, Progress, Role, Time};

/// The lengths of the messages, in bytes.
const LENGTHS: [usize; 5] = [16, 125, 1 << 10, 16 << 10, 256 << 10];
const SAMPLES: [(&str, &str); 2] =
    [("ASCII", r#"{"price":101.25,"size":3}"#), ("many scripts", "Grüße, мир! 你好 👋 καλημέρα ")];
/// How many fragments a message has that is not whole.
const FRAGMENTS: usize = 8;

criterion_group!(name = benches; config = short_runs(); targets = utf8);
criterion_main!(benches);

/// Short runs, as there are many cases, and their times hardly vary.
fn short_runs() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(300))
        .sample_size(20)
}

fn utf8(criterion: &mut Criterion) {
    for (script, sample) in SAMPLES {
        for len in LENGTHS {
            let text = text(sample, len);
            let mut group = criterion.benchmark_group(format!("utf8 {script} {len} B"));
            group.throughput(Throughput::Bytes(text.len() as u64));
            group.bench_function("std alone", |bencher| {
                bencher.iter(|| str::from_utf8(black_box(text.as_bytes())).is_ok());
            });
            for (kind, opcode) in [("binary", OpCode::Binary), ("text", OpCode::Text)] {
                for (cut, fragments) in [("whole", 1), ("in fragments", FRAGMENTS)] {
                    let input = message(opcode, text.as_bytes(), fragments);
                    let mut receiver = Receiver::new(input.len());
                    group.bench_function(format!("received as {kind}, {cut}"), |bencher| {
                        bencher.iter(|| receiver.receive(&input));
                    });
                }
            }
            group.finish();
        }
    }
}

/// Repeats the sample up to `len` bytes, or a few less where a character would be cut.
fn text(sample: &str, len: usize) -> String {
    let mut text = sample.repeat(len.div_ceil(sample.len()));
    let end = (0..=len).rfind(|&end| text.is_char_boundary(end));
    text.truncate(end.unwrap_or(0));
    text
}

/// A masked message on the wire, in fragments of equal length, whatever characters they cut.
fn message(opcode: OpCode, payload: &[u8], fragments: usize) -> Vec<u8> {
    let mut parts = payload.chunks(payload.len().div_ceil(fragments)).peekable();
    let (mut input, mut opcode) = (Vec::new(), opcode);
    while let Some(part) = parts.next() {
        let key = MaskKey::new([0x37, 0xFA, 0x21, 0x3D]);
        let header = FrameHeader {
            fin: parts.peek().is_none(),
            compressed: false,
            opcode,
            mask: Some(key),
            len: part.len() as u64,
        };
        input.extend_from_slice(header.encode().as_bytes());
        mask::append(part, &mut input, key);
        opcode = OpCode::Continuation;
    }
    input
}

struct Receiver {
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
}

impl Receiver {
    /// Makes a receiver with a window of this size, in bytes.
    fn new(window: usize) -> Self {
        let connection = Connection::established(Role::Server, None, Config::default(), Time::ZERO);
        let mut incoming = Incoming::new();
        incoming.lend_window(vec![0; window]);
        Self { connection, incoming, outgoing: Outgoing::new() }
    }

    /// Receives one message, which fills the window.
    fn receive(&mut self, input: &[u8]) {
        let Self { connection, incoming, outgoing } = self;
        incoming.space().copy_from_slice(input);
        incoming.commit(input.len());
        while connection.receive(Time::ZERO, incoming, outgoing) == Ok(Progress::Event) {
            match incoming.event() {
                Some(Event::Text(text)) => drop(black_box(text)),
                Some(Event::Binary(data)) => drop(black_box(data)),
                other => panic!("{other:?}"),
            }
        }
    }
}
