//! Sending in memory: encoding messages as bytes that are ready to be written, in batches of 32.
//!
//! The comparison is the least that any sender has to do: append a header and the payload, which a
//! client masks. Figures mean something only as ratios within one run.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use websocket_proto::frame::{MaskKey, mask};
use websocket_proto::io::OsEntropy;
use websocket_proto::{Config, Connection, Outgoing, Role, Time};

/// How many messages a batch has.
const BATCH: u64 = 32;

criterion_group!(benches, send);
criterion_main!(benches);

fn send(criterion: &mut Criterion) {
    for side in [Side::Server, Side::Client] {
        for len in [16, 125, 1024, 64 << 10] {
            let payload = vec![b'x'; len];
            let mut group = criterion.benchmark_group(format!("send as {} {len} B", side.name()));
            group.throughput(Throughput::Elements(BATCH));
            let mut bytes = Vec::new();
            group.bench_function("appending alone", |bencher| {
                bencher.iter(|| append(black_box(&payload), side, &mut bytes));
            });
            group.bench_function("websocket-proto", |bencher| {
                let mut sender = Sender::new(side);
                bencher.iter(|| sender.send(black_box(&payload)));
            });
            group.finish();
        }
    }
}

#[derive(Clone, Copy)]
enum Side {
    Server,
    Client,
}

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}

/// Appends a batch: for each message the bytes of a header, and the payload as this side sends it.
fn append(payload: &[u8], side: Side, bytes: &mut Vec<u8>) {
    const KEY: MaskKey = MaskKey::new([1, 2, 3, 4]);
    bytes.clear();
    for _ in 0..BATCH {
        bytes.extend_from_slice(&[0; 4]);
        match side {
            Side::Server => bytes.extend_from_slice(payload),
            Side::Client => mask::append(payload, bytes, KEY),
        }
    }
    black_box(bytes);
}

struct Sender {
    connection: Connection,
    outgoing: Outgoing,
}

impl Sender {
    fn new(side: Side) -> Self {
        let role = match side {
            Side::Server => Role::Server,
            Side::Client => Role::Client(&OsEntropy),
        };
        let connection = Connection::established(role, None, Config::default(), Time::ZERO);
        Self { connection, outgoing: Outgoing::new() }
    }

    /// Sends a batch over a transport that takes all bytes at once.
    fn send(&mut self, payload: &[u8]) {
        for _ in 0..BATCH {
            let sent = self.connection.send_binary(payload, &mut self.outgoing);
            sent.expect("an open connection, whose output is written");
            // A batch of long messages would reach the limit of bytes that may wait.
            if self.outgoing.len() > 1 << 19 {
                self.write();
            }
        }
        self.write();
    }

    fn write(&mut self) {
        while !self.outgoing.is_empty() {
            let len = black_box(self.outgoing.first_piece()).len();
            self.outgoing.advance(len);
        }
    }
}
