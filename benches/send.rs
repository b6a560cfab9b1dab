//! Sending in memory: messages to bytes that wait to be written, 32 to a batch.
//!
//! Beside it stands the least that any sender has to do: append the payload and a header of its
//! length, or mask it on the way. Figures are good only as ratios within one run.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use websocket_proto::frame::{MaskKey, mask};
use websocket_proto::io::OsEntropy;
use websocket_proto::{Config, Connection, Outgoing, Role, Time};

const BATCH: u64 = 32;

criterion_group!(benches, send);
criterion_main!(benches);

fn send(criterion: &mut Criterion) {
    for side in ["server", "client"] {
        for len in [16, 125, 1024, 64 << 10] {
            let payload = vec![b'x'; len];
            let mut group = criterion.benchmark_group(format!("send as {side} {len} B"));
            group.throughput(Throughput::Elements(BATCH));
            let mut bytes = Vec::new();
            group.bench_function("appending alone", |bencher| {
                bencher.iter(|| append(black_box(&payload), side == "client", &mut bytes));
            });
            group.bench_function("websocket-proto", |bencher| {
                let role = if side == "client" { Role::Client(&OsEntropy) } else { Role::Server };
                let mut sender = Sender::new(role);
                bencher.iter(|| sender.send(black_box(&payload)));
            });
            group.finish();
        }
    }
}

fn append(payload: &[u8], masked: bool, bytes: &mut Vec<u8>) {
    const KEY: MaskKey = MaskKey::new([1, 2, 3, 4]);
    bytes.clear();
    for _ in 0..BATCH {
        bytes.extend_from_slice(&[0; 4]);
        if masked {
            mask::append(payload, bytes, KEY);
        } else {
            bytes.extend_from_slice(payload);
        }
    }
    black_box(bytes);
}

struct Sender {
    connection: Connection,
    outgoing: Outgoing,
}

impl Sender {
    fn new(role: Role) -> Self {
        let connection = Connection::established(role, None, Config::default(), Time::ZERO);
        Self { connection, outgoing: Outgoing::new() }
    }

    /// As a transport does that takes all at once.
    fn send(&mut self, payload: &[u8]) {
        for _ in 0..BATCH {
            let sent = self.connection.send_binary(payload, &mut self.outgoing);
            sent.expect("an open connection, whose output is written");
            // Larger ones reach the limit of what may wait.
            if self.outgoing.len() > 1 << 19 {
                self.write();
            }
        }
        self.write();
    }

    fn write(&mut self) {
        while !self.outgoing.is_empty() {
            let len = black_box(self.outgoing.chunk()).len();
            self.outgoing.advance(len);
        }
    }
}
