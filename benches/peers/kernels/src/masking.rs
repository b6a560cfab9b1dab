//! Masking in place (RFC 6455 §5.3).

use std::hint::black_box;
use std::io;
use std::time::Duration;

use common::{Better, Kind, Progress, Row, Table, format_length};
use websocket_proto::frame::{MaskKey, mask};

use crate::{cost_of_column, measure};

type Kernel = fn(&mut [u8], [u8; 4]);

const LENGTHS: [usize; 10] =
    [4, 16, 64, 125, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 1 << 20, 16 << 20];
/// Short payloads are spread over this many bytes, so that no call reads what the last one stored.
const SPREAD: usize = 16 << 10;
/// How many bytes after the start of a cache line payloads begin. Most payloads are not aligned, as
/// they follow headers.
const OFFSETS: [usize; 3] = [0, 1, 3];

const KERNELS: [(&str, Kind, Kernel); 6] = [
    ("memcpy", Kind::Baseline, copy),
    ("websocket-proto", Kind::Ours, |payload, key| mask::apply(payload, MaskKey::new(key))),
    ("fastwebsockets", Kind::Peer, fastwebsockets::unmask),
    ("yawc", Kind::Peer, yawc::mask::apply_mask),
    ("sockudo-ws", Kind::Peer, sockudo_ws::mask::apply_mask),
    ("a loop over bytes", Kind::Incomplete, byte_by_byte),
];

static SOURCE: [u8; 1 << 20] = [0x5A; 1 << 20];

/// The table of masking at one offset, with the loops that can be called from outside their crates.
#[derive(Clone, Copy, Debug)]
pub struct Masking {
    offset: usize,
}

impl Masking {
    /// The tables for all offsets.
    pub fn all() -> impl Iterator<Item = Self> {
        OFFSETS.into_iter().map(|offset| Self { offset })
    }

    /// The name of the table: `kernel-mask-1` for payloads one byte after the start of a cache
    /// line.
    pub fn name(self) -> String {
        format!("kernel-mask-{}", self.offset)
    }

    /// How many steps [`measure`](Self::measure) has, and about how long they take.
    pub fn cost(self, rounds: usize) -> (usize, Duration) {
        (LENGTHS.len(), cost_of_column(rounds) * LENGTHS.len() as u32)
    }

    /// Measures the table.
    pub fn measure(self, rounds: usize, progress: &mut Progress) -> io::Result<Table> {
        let row = |(name, kind, _): (&str, Kind, Kernel)| Row {
            name: name.into(),
            kind,
            values: Vec::new(),
        };
        let mut rows = KERNELS.map(row);
        for len in LENGTHS {
            let step = format!("{}, {}", self.name(), format_length(len));
            progress.begin_step(&step, cost_of_column(rounds).as_secs_f64());
            let times = measure_length(len, self.offset, rounds)?;
            rows.iter_mut().zip(times).for_each(|(row, time)| row.values.push(time));
        }
        Ok(Table {
            name: self.name(),
            title: format!(
                "Masking in place, at offset {} in a cache line: ns of processor time a payload",
                self.offset
            ),
            better: Better::Less,
            columns: LENGTHS.map(format_length).to_vec(),
            rows: rows.to_vec(),
        })
    }
}

fn measure_length(len: usize, offset: usize, rounds: usize) -> io::Result<Vec<f64>> {
    let stride = (len + offset).next_multiple_of(64);
    let places = (SPREAD / stride).max(1);
    let mut memory = vec![0xA5; places * stride + 64];
    let start = memory.as_ptr().align_offset(64) + offset;
    measure(len, rounds, KERNELS.len(), |contestant, calls| {
        let kernel = black_box(KERNELS[contestant].2);
        let mut place = 0;
        for call in 0..calls {
            let payload = &mut memory[start + place * stride..][..len];
            kernel(black_box(payload), black_box((call as u32).to_le_bytes()));
            place = if place + 1 == places { 0 } else { place + 1 };
        }
    })
}

fn copy(payload: &mut [u8], _: [u8; 4]) {
    // The source is at most 1 MiB: a longer one would push the payload of the next contestant out
    // of the caches.
    for part in payload.chunks_mut(SOURCE.len()) {
        part.copy_from_slice(&SOURCE[..part.len()]);
    }
}

fn byte_by_byte(payload: &mut [u8], key: [u8; 4]) {
    for (index, byte) in payload.iter_mut().enumerate() {
        *byte ^= key[index & 3];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_kernels_mask_alike() {
        let key = [1, 2, 3, 4];
        for (name, kind, kernel) in KERNELS {
            for len in [0, 1, 16, 125, 4096] {
                let mut payload: Vec<u8> = (0..len).map(|index| index as u8).collect();
                let mut expected = payload.clone();
                byte_by_byte(&mut expected, key);
                kernel(&mut payload, key);
                assert!(payload == expected || kind == Kind::Baseline, "{name}, {len} bytes");
            }
        }
    }
}
