//! Masking alone, in place and while appending to a vector, at several offsets in a cache line.
//!
//! The comparison is the simplest code that is not slow: a loop over words, which the compiler
//! vectorises for the oldest processors of the target. Figures mean something only as ratios within
//! one run.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use websocket_proto::frame::mask::{self, MaskKey};

/// The lengths of the payloads, in bytes.
const LENGTHS: [usize; 11] =
    [4, 16, 64, 125, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 1 << 20, 16 << 20];
/// How many bytes after the start of a cache line payloads begin.
const OFFSETS: [usize; 3] = [0, 1, 3];
/// The size of a cache line, in bytes.
const CACHE_LINE: usize = 64;
const KEY: MaskKey = MaskKey::new([0x37, 0xFA, 0x21, 0x3D]);

criterion_group!(name = benches; config = short_runs(); targets = in_place, appended);
criterion_main!(benches);

/// Short runs, as there are many cases, and their times hardly vary.
fn short_runs() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(50))
        .measurement_time(Duration::from_millis(100))
        .sample_size(20)
        .nresamples(2000)
}

fn in_place(criterion: &mut Criterion) {
    for (len, offset) in cases() {
        let mut group = criterion.benchmark_group(format!("mask {len} B at {offset}"));
        group.throughput(Throughput::Bytes(len as u64));
        let mut payloads = Payloads::new(len, offset);
        group.bench_function("word by word", |bencher| {
            bencher.iter(|| apply_by_words(black_box(payloads.next()), black_box(KEY)));
        });
        group.bench_function("websocket-proto", |bencher| {
            bencher.iter(|| mask::apply(black_box(payloads.next()), black_box(KEY)));
        });
        group.finish();
    }
}

fn appended(criterion: &mut Criterion) {
    for (len, offset) in cases() {
        let mut group = criterion.benchmark_group(format!("append masked {len} B at {offset}"));
        group.throughput(Throughput::Bytes(len as u64));
        let payload = vec![0x5A; len];
        let mut target = Vec::<u8>::with_capacity(CACHE_LINE + offset + len);
        target.resize(target.as_ptr().align_offset(CACHE_LINE) + offset, 0);
        let start = target.len();
        group.bench_function("word by word", |bencher| {
            bencher.iter(|| {
                target.truncate(start);
                target.extend_from_slice(black_box(&payload));
                apply_by_words(&mut target[start..], black_box(KEY));
                black_box(&mut target);
            });
        });
        group.bench_function("websocket-proto", |bencher| {
            bencher.iter(|| {
                target.truncate(start);
                mask::append(black_box(&payload), &mut target, black_box(KEY));
                black_box(&mut target);
            });
        });
        group.finish();
    }
}

/// All lengths with all offsets.
fn cases() -> impl Iterator<Item = (usize, usize)> {
    LENGTHS.into_iter().flat_map(|len| OFFSETS.map(|offset| (len, offset)))
}

/// Payloads that take turns. To read a payload right after it was written would cost more than to
/// mask it.
struct Payloads {
    memory: Vec<u8>,
    len: usize,
    /// The index of the first payload in the memory.
    first: usize,
    /// The index of the next payload in the memory.
    next: usize,
}

impl Payloads {
    /// The size of all payloads, in bytes, unless one is longer: they stay in the first-level
    /// cache.
    const MEMORY: usize = 16 << 10;

    fn new(len: usize, offset: usize) -> Self {
        let memory = vec![0x5A; CACHE_LINE + offset + len.max(Self::MEMORY)];
        let first = memory.as_ptr().align_offset(CACHE_LINE) + offset;
        Self { memory, len, first, next: first }
    }

    fn next(&mut self) -> &mut [u8] {
        if self.next + self.len > self.memory.len() {
            self.next = self.first;
        }
        let at = self.next;
        self.next += self.len.next_multiple_of(CACHE_LINE) + CACHE_LINE;
        &mut self.memory[at..at + self.len]
    }
}

/// Masks word by word.
fn apply_by_words(payload: &mut [u8], key: MaskKey) {
    let (words, tail) = payload.as_chunks_mut::<4>();
    for word in words {
        let masked = u32::from_ne_bytes(*word) ^ u32::from_ne_bytes(key.bytes());
        *word = masked.to_ne_bytes();
    }
    for (byte, key) in tail.iter_mut().zip(key.bytes()) {
        *byte ^= key;
    }
}
