//! The tables of how fast servers echo.

use std::io;
use std::thread::sleep;
use std::time::Duration;

use common::{Better, Progress, Row, Table, format_length};

use crate::Effort;
use crate::load::{Load, Measured};
use crate::peers::SERVERS;
use crate::process::Process;
use crate::traffic::{Echo, Traffic};

const LENGTHS: [usize; 4] = [20, 1 << 10, 16 << 10, 64 << 10];
const CLIENTS: usize = 100;
/// After this many rounds, a server has a new process: some run faster than others because of where
/// their buffers happen to be.
const ROUNDS_OF_PROCESS: usize = 3;

/// Two tables: the server's time for a message, and messages a second.
#[derive(Clone, Copy, Debug)]
pub enum Speed {
    /// One message is in flight on each connection.
    ClosedLoop,
    /// Many messages are in flight on each connection.
    Pipelined,
}

impl Speed {
    /// The tables of both kinds.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::ClosedLoop, Self::Pipelined].into_iter()
    }

    /// The name of the table of times: `echo-closed-loop` or `echo-pipelined`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClosedLoop => "echo-closed-loop",
            Self::Pipelined => "echo-pipelined",
        }
    }

    /// How many steps [`measure`](Self::measure) has, and about how long they take.
    pub fn cost(self, effort: Effort) -> (usize, Duration) {
        (LENGTHS.len(), cost_of_length(effort) * LENGTHS.len() as u32)
    }

    /// Measures both tables.
    pub fn measure(self, effort: Effort, progress: &mut Progress) -> io::Result<[Table; 2]> {
        let mut columns = Vec::new();
        for len in LENGTHS {
            let step = format!("{}, {}", self.name(), format_length(len));
            progress.begin_step(&step, cost_of_length(effort).as_secs_f64());
            columns.push(self.column(len, effort)?);
        }
        let name = self.name();
        let flight = match self {
            Self::ClosedLoop => "one message in flight on each",
            Self::Pipelined => "many in flight on each (20 B and 1 KiB: 64, 16 KiB: 16, 64 KiB: 8)",
        };
        let title = format!("Echo over {CLIENTS} connections, {flight}");
        Ok([
            Table {
                name: name.into(),
                title: format!("{title}: ns of the server's time a message"),
                better: Better::Less,
                columns: LENGTHS.map(format_length).to_vec(),
                rows: rows(&columns, |measured| measured.server_time),
            },
            Table {
                name: format!("{name}-rate"),
                title: format!("{title}: messages a second"),
                better: Better::More,
                columns: LENGTHS.map(format_length).to_vec(),
                rows: rows(&columns, |measured| measured.rate),
            },
        ])
    }

    /// Measures all servers, and returns the medians of each.
    fn column(self, len: usize, effort: Effort) -> io::Result<Vec<Measured>> {
        let (messages, bytes) = (self.traffic(len, Echo::Messages), self.traffic(len, Echo::Bytes));
        let start = |server| Process::start(server, effort.server_core);
        let mut all = SERVERS.map(|_| Vec::new());
        for process in 0..effort.rounds.div_ceil(ROUNDS_OF_PROCESS) {
            let servers = SERVERS.into_iter().map(start).collect::<io::Result<Vec<_>>>()?;
            for turn in 0..servers.len() * ROUNDS_OF_PROCESS {
                // A different server begins each time.
                let index = (turn + turn / servers.len() + process) % servers.len();
                let traffic = match servers[index].server().echo() {
                    Echo::Messages => &messages,
                    Echo::Bytes => &bytes,
                };
                all[index].push(measure(&servers[index], traffic, effort.round_duration)?);
            }
        }
        Ok(all.into_iter().map(medians).collect())
    }

    fn traffic(self, len: usize, echo: Echo) -> Traffic {
        Traffic::new(len, self.in_flight(len), echo)
    }

    /// How many messages are in flight on a connection.
    const fn in_flight(self, len: usize) -> usize {
        match (self, len) {
            (Self::ClosedLoop, _) => 1,
            (Self::Pipelined, ..=1024) => 64,
            (Self::Pipelined, 1025..=16_384) => 16,
            (Self::Pipelined, _) => 8,
        }
    }
}

/// About how long the column of one length takes, with connecting and warming up.
fn cost_of_length(effort: Effort) -> Duration {
    let round = effort.round_duration.mul_f64(1.25) + Duration::from_millis(60);
    round * (SERVERS.len() * effort.rounds) as u32
}

fn measure(process: &Process, traffic: &Traffic, duration: Duration) -> io::Result<Measured> {
    let round = || Load::connect(process, traffic, CLIENTS)?.round(duration);
    let measured =
        round().map_err(|error| io::Error::other(format!("{}: {error}", process.server().name)));
    // Lets the server close its ends of the connections before the next server is measured.
    sleep(Duration::from_millis(20));
    measured
}

fn medians(rounds: Vec<Measured>) -> Measured {
    let median = |of: fn(&Measured) -> f64| common::median(rounds.iter().map(of).collect());
    Measured {
        server_time: median(|measured| measured.server_time),
        rate: median(|measured| measured.rate),
    }
}

fn rows(columns: &[Vec<Measured>], of: fn(&Measured) -> f64) -> Vec<Row> {
    let row = |(index, server): (usize, &crate::peers::Server)| Row {
        name: server.name.into(),
        kind: server.kind,
        values: columns.iter().map(|column| of(&column[index])).collect(),
    };
    SERVERS.iter().enumerate().map(row).collect()
}
