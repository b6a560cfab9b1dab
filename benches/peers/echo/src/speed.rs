//! The tables of echo.

use std::io;
use std::thread::sleep;
use std::time::Duration;

use common::{Progress, Row, Table, length};

use crate::Effort;
use crate::load::{Load, Measured};
use crate::peers::SERVERS;
use crate::process::Process;
use crate::traffic::Traffic;

const LENGTHS: [usize; 4] = [20, 1 << 10, 16 << 10, 64 << 10];
const CLIENTS: usize = 100;
/// Of a process; then comes another, so that it does not depend on chance where it has its buffers.
const ROUNDS: usize = 3;

/// Two tables: the server's time for a message, and messages a second.
#[derive(Clone, Copy, Debug)]
pub struct Speed {
    pipelined: bool,
}

impl Speed {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        [false, true].into_iter().map(|pipelined| Self { pipelined })
    }

    /// Of the table of times: `echo-closed-loop` or `echo-pipelined`.
    pub const fn name(self) -> &'static str {
        if self.pipelined { "echo-pipelined" } else { "echo-closed-loop" }
    }

    /// Steps of [`measure`](Self::measure), and about how long they take.
    pub fn cost(self, effort: Effort) -> (usize, Duration) {
        (LENGTHS.len(), cost_of_length(effort) * LENGTHS.len() as u32)
    }

    /// The tables.
    pub fn measure(self, effort: Effort, progress: &mut Progress) -> io::Result<[Table; 2]> {
        let mut columns = Vec::new();
        for len in LENGTHS {
            let step = format!("{}, {}", self.name(), length(len));
            progress.step(&step, cost_of_length(effort).as_secs_f64());
            columns.push(self.column(len, effort)?);
        }
        let name = self.name();
        let flight = match self.pipelined {
            false => "one message in flight on each",
            true => "many in flight on each (20 B and 1 KiB: 64, 16 KiB: 16, 64 KiB: 8)",
        };
        let title = format!("Echo over {CLIENTS} connections, {flight}");
        Ok([
            Table {
                name: name.into(),
                title: format!("{title}: ns of the server's time a message"),
                more_is_better: false,
                columns: LENGTHS.map(length).to_vec(),
                rows: rows(&columns, |measured| measured.time),
            },
            Table {
                name: format!("{name}-rate"),
                title: format!("{title}: messages a second"),
                more_is_better: true,
                columns: LENGTHS.map(length).to_vec(),
                rows: rows(&columns, |measured| measured.rate),
            },
        ])
    }

    /// The medians of each server.
    fn column(self, len: usize, effort: Effort) -> io::Result<Vec<Measured>> {
        let traffic = [false, true].map(|raw| Traffic::new(len, self.window(len), raw));
        let start = |server| Process::start(server, effort.core);
        let mut all = SERVERS.map(|_| Vec::new());
        for rounds in 0..effort.rounds.div_ceil(ROUNDS) {
            let servers = SERVERS.into_iter().map(start).collect::<io::Result<Vec<_>>>()?;
            for turn in 0..servers.len() * ROUNDS {
                // Another one begins each time.
                let index = (turn + turn / servers.len() + rounds) % servers.len();
                let traffic = &traffic[usize::from(servers[index].server().is_raw())];
                all[index].push(measure(&servers[index], traffic, effort.duration)?);
            }
        }
        Ok(all.into_iter().map(medians).collect())
    }

    /// Messages in flight on a connection.
    const fn window(self, len: usize) -> usize {
        match len {
            _ if !self.pipelined => 1,
            ..=1024 => 64,
            1025..=16_384 => 16,
            _ => 8,
        }
    }
}

/// With the warming up, and connecting.
fn cost_of_length(effort: Effort) -> Duration {
    let round = effort.duration.mul_f64(1.25) + Duration::from_millis(60);
    round * (SERVERS.len() * effort.rounds) as u32
}

fn measure(process: &Process, traffic: &Traffic, duration: Duration) -> io::Result<Measured> {
    let round = || Load::connect(process, traffic, CLIENTS)?.round(duration);
    let measured =
        round().map_err(|error| io::Error::other(format!("{}: {error}", process.server().name)));
    // The server's end of the connections must not disturb the next one.
    sleep(Duration::from_millis(20));
    measured
}

fn medians(rounds: Vec<Measured>) -> Measured {
    let median = |of: fn(&Measured) -> f64| common::median(rounds.iter().map(of).collect());
    Measured { time: median(|measured| measured.time), rate: median(|measured| measured.rate) }
}

fn rows(columns: &[Vec<Measured>], of: fn(&Measured) -> f64) -> Vec<Row> {
    let row = |(index, server): (usize, &crate::peers::Server)| Row {
        name: server.name.into(),
        kind: server.kind,
        values: columns.iter().map(|column| of(&column[index])).collect(),
    };
    SERVERS.iter().enumerate().map(row).collect()
}
