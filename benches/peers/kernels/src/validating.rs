//! Validating UTF-8 (RFC 3629).

use std::hint::black_box;
use std::io;
use std::time::Duration;

use common::{Better, Content, Kind, Progress, Row, Table, format_length, payloads};

use crate::{cost_of_column, measure};

type Kernel = fn(&[u8]) -> bool;

const COLUMNS: [(Content, usize); 7] = [
    (Content::Ascii, 16),
    (Content::Ascii, 125),
    (Content::Ascii, 1 << 10),
    (Content::Ascii, 64 << 10),
    (Content::MultiByte, 125),
    (Content::MultiByte, 1 << 10),
    (Content::MultiByte, 64 << 10),
];

/// The validators that the crates use.
const KERNELS: [(&str, Kernel); 2] = [
    ("std", |text| str::from_utf8(text).is_ok()),
    ("simdutf8", |text| simdutf8::basic::from_utf8(text).is_ok()),
];

/// The table of validating UTF-8.
#[derive(Clone, Copy, Debug)]
pub struct Validating;

impl Validating {
    /// The name of the table.
    pub const NAME: &str = "kernel-utf8";

    /// How many steps [`measure`](Self::measure) has, and about how long they take.
    pub fn cost(self, rounds: usize) -> (usize, Duration) {
        (COLUMNS.len(), cost_of_column(rounds) * COLUMNS.len() as u32)
    }

    /// Measures the table.
    pub fn measure(self, rounds: usize, progress: &mut Progress) -> io::Result<Table> {
        let row = |(name, _): (&str, Kernel)| Row {
            name: name.into(),
            kind: Kind::Peer,
            values: Vec::new(),
        };
        let mut rows = KERNELS.map(row);
        for column in COLUMNS {
            let step = format!("{}, {}", Self::NAME, heading(column));
            progress.begin_step(&step, cost_of_column(rounds).as_secs_f64());
            let times = measure_text(column, rounds)?;
            rows.iter_mut().zip(times).for_each(|(row, time)| row.values.push(time));
        }
        Ok(Table {
            name: Self::NAME.into(),
            title: "Validating UTF-8: ns of processor time a text".into(),
            better: Better::Less,
            columns: COLUMNS.map(heading).to_vec(),
            rows: rows.to_vec(),
        })
    }
}

fn heading((content, len): (Content, usize)) -> String {
    let content = if content == Content::Ascii { "ASCII" } else { "many scripts" };
    format!("{content}, {}", format_length(len))
}

fn measure_text((content, len): (Content, usize), rounds: usize) -> io::Result<Vec<f64>> {
    let texts = payloads(content, len, (64 << 10) / len);
    measure(len, rounds, KERNELS.len(), |contestant, calls| {
        let kernel = black_box(KERNELS[contestant].1);
        let valid = texts.iter().cycle().take(calls).filter(|text| kernel(black_box(text))).count();
        assert_eq!(valid, calls);
    })
}
