//! Receiving in memory as a server: masked messages, reads of 64 KiB, borrowed events.
//!
//! The comparison is the least that any receiver has to do: walk over the headers and unmask,
//! without checks, state or events. Figures mean something only as ratios within one run.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use websocket_proto::frame::{FrameHeader, MaskKey, OpCode, mask};
use websocket_proto::{Config, Connection, Event, Incoming, Outgoing, Progress, Role, Time};

/// The size of a read, in bytes.
const READ_LEN: usize = 64 << 10;

criterion_group!(benches, receive);
criterion_main!(benches);

fn receive(criterion: &mut Criterion) {
    for (kind, opcode) in [("binary", OpCode::Binary), ("text", OpCode::Text)] {
        for len in [16, 125, 1024, 16 << 10] {
            let (input, messages) = stream(opcode, len);
            let mut group = criterion.benchmark_group(format!("receive {kind} {len} B"));
            group.throughput(Throughput::Elements(messages));
            let mut window = vec![0; READ_LEN];
            group.bench_function("headers and unmasking alone", |bencher| {
                bencher.iter(|| walk(&input, &mut window));
            });
            group.bench_function("websocket-proto", |bencher| {
                let mut receiver = Receiver::new();
                bencher.iter(|| assert_eq!(receiver.receive(&input), messages));
            });
            group.finish();
        }
    }
}

/// About a megabyte of messages on the wire, and how many there are.
fn stream(opcode: OpCode, len: usize) -> (Vec<u8>, u64) {
    let payload = r#"{"price":101.25}"#.repeat(len.div_ceil(16));
    let payload = &payload.as_bytes()[..len];
    let messages = ((1 << 20) / (payload.len() + 6)) as u64;
    let mut input = Vec::new();
    for index in 0..messages as u32 {
        let key = MaskKey::new(index.wrapping_mul(0x9E37_79B9).to_le_bytes());
        let mask = Some(key);
        let header =
            FrameHeader { fin: true, compressed: false, opcode, mask, len: payload.len() as u64 };
        input.extend_from_slice(header.encode().as_bytes());
        mask::append(payload, &mut input, key);
    }
    (input, messages)
}

/// Copies the input read by read, as a transport does, and unmasks whole frames. It leaves out the
/// frames that a read cuts, which is an advantage over a real receiver.
fn walk(input: &[u8], window: &mut [u8]) {
    for read in input.chunks(READ_LEN) {
        let window = &mut window[..read.len()];
        window.copy_from_slice(read);
        let mut rest = window;
        while rest.len() >= 14 {
            let (len, at) = match rest[1] & 0x7F {
                126 => (usize::from(u16::from_be_bytes([rest[2], rest[3]])), 4),
                len => (usize::from(len), 2),
            };
            let key = MaskKey::new([rest[at], rest[at + 1], rest[at + 2], rest[at + 3]]);
            if rest.len() < at + 4 + len {
                break;
            }
            let (payload, after) = rest[at + 4..].split_at_mut(len);
            mask::apply(payload, key);
            black_box(&payload);
            rest = after;
        }
    }
}

struct Receiver {
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
}

impl Receiver {
    fn new() -> Self {
        let connection = Connection::established(Role::Server, None, Config::default(), Time::ZERO);
        let mut incoming = Incoming::new();
        incoming.lend_window(vec![0; READ_LEN]);
        Self { connection, incoming, outgoing: Outgoing::new() }
    }

    /// Receives the input, and returns how many messages it had.
    fn receive(&mut self, mut input: &[u8]) -> u64 {
        let mut messages = 0;
        while !input.is_empty() {
            let space = self.incoming.space();
            let len = space.len().min(input.len());
            space[..len].copy_from_slice(&input[..len]);
            self.incoming.commit(len);
            input = &input[len..];
            messages += self.receive_batch();
        }
        messages
    }

    /// Receives what is in the window, and returns how many messages ended there.
    fn receive_batch(&mut self) -> u64 {
        let Self { connection, incoming, outgoing } = self;
        let mut messages = 0;
        while connection.receive(Time::ZERO, incoming, outgoing) == Ok(Progress::Event) {
            match incoming.event() {
                Some(Event::Text(text)) => drop(black_box(text)),
                Some(Event::Binary(data)) => drop(black_box(data)),
                other => panic!("{other:?}"),
            }
            messages += 1;
        }
        messages
    }
}
