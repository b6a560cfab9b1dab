//! The tables of how fast servers echo and receive.

use std::io;
use std::thread::sleep;
use std::time::Duration;

use common::{Better, Progress, Row, Table, format_length};

use crate::Effort;
use crate::channel::Channel;
use crate::job::Job;
use crate::load::{Load, Measured};
use crate::over::Over;
use crate::peers::{Server, plain_servers, servers};
use crate::process::Process;
use crate::serving::allow_many_files;
use crate::traffic::{Echo, Traffic};

const ECHOED: [usize; 4] = [20, 1 << 10, 16 << 10, 64 << 10];
const SHORT: [usize; 2] = [20, 1 << 10];
const RECEIVED: [usize; 5] = [20, 1 << 10, 16 << 10, 64 << 10, 1 << 20];
/// About how many bytes are received before one message is answered.
const UNANSWERED: usize = 512 << 10;
/// After this many rounds, a server has a new process: some run faster than others because of where
/// their buffers happen to be.
const ROUNDS_OF_PROCESS: usize = 3;

/// Two tables: the server's time for a message, and messages a second.
#[derive(Clone, Copy, Debug)]
pub enum Speed {
    /// One message is in flight on each connection.
    ClosedLoop(Over),
    /// Many messages are in flight on each connection.
    Pipelined(Over),
    /// The same, and the server has two worker threads.
    TwoWorkers,
    /// One message is in flight on each connection, while many more are idle.
    AmongIdle,
    /// Messages are received, and one of many is answered.
    Receiving,
}

impl Speed {
    /// The tables of all kinds.
    pub fn all() -> impl Iterator<Item = Self> {
        [
            Self::ClosedLoop(Over::Tcp),
            Self::Pipelined(Over::Tcp),
            Self::TwoWorkers,
            Self::AmongIdle,
            Self::Receiving,
            Self::ClosedLoop(Over::Tls),
            Self::Pipelined(Over::Tls),
        ]
        .into_iter()
    }

    /// The name of the table of times: `sockets-receive`, `echo-two-workers`, `echo-among-idle`, or
    /// `echo-closed-loop` and `echo-pipelined`, over TLS with `-tls`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClosedLoop(Over::Tcp) => "echo-closed-loop",
            Self::ClosedLoop(Over::Tls) => "echo-closed-loop-tls",
            Self::Pipelined(Over::Tcp) => "echo-pipelined",
            Self::Pipelined(Over::Tls) => "echo-pipelined-tls",
            Self::TwoWorkers => "echo-two-workers",
            Self::AmongIdle => "echo-among-idle",
            Self::Receiving => "sockets-receive",
        }
    }

    const fn lengths(self) -> &'static [usize] {
        match self {
            Self::ClosedLoop(_) | Self::Pipelined(_) => &ECHOED,
            Self::TwoWorkers | Self::AmongIdle => &SHORT,
            Self::Receiving => &RECEIVED,
        }
    }

    const fn clients(self) -> usize {
        match self {
            Self::Receiving => 10,
            _ => 100,
        }
    }

    /// How many steps [`measure`](Self::measure) has, and about how long they take.
    pub fn cost(self, effort: Effort) -> (usize, Duration) {
        (self.lengths().len(), self.cost_of_length(effort) * self.lengths().len() as u32)
    }

    /// Measures both tables.
    pub fn measure(self, effort: Effort, progress: &mut Progress) -> io::Result<[Table; 2]> {
        let mut columns = Vec::new();
        for &len in self.lengths() {
            let step = format!("{}, {}", self.name(), format_length(len));
            progress.begin_step(&step, self.cost_of_length(effort).as_secs_f64());
            columns.push(match self {
                Self::AmongIdle => self.column_among_idle(len, effort)?,
                _ => self.column(len, effort)?,
            });
        }
        let (name, clients) = (self.name(), self.clients());
        let connections = match self {
            Self::AmongIdle => format!("{clients} of {} ", clients + effort.quiet_connections),
            _ => format!("{clients} "),
        };
        let title = format!("{} {connections}connections, {}", self.what(), self.flight());
        let lengths: Vec<_> = self.lengths().iter().copied().map(format_length).collect();
        Ok([
            Table {
                name: name.into(),
                title: format!("{title}: ns of the server's time a message"),
                better: Better::Less,
                columns: lengths.clone(),
                rows: self.rows(&columns, |measured| measured.server_time),
            },
            Table {
                name: format!("{name}-rate"),
                title: format!("{title}: messages a second"),
                better: Better::More,
                columns: lengths,
                rows: self.rows(&columns, |measured| measured.rate),
            },
        ])
    }

    fn rows(self, columns: &[Vec<Measured>], of: fn(&Measured) -> f64) -> Vec<Row> {
        let row = |(index, server): (usize, Server)| Row {
            name: server.name.into(),
            kind: server.kind,
            values: columns.iter().map(|column| of(&column[index])).collect(),
        };
        self.servers().into_iter().enumerate().map(row).collect()
    }

    const fn what(self) -> &'static str {
        match self {
            Self::ClosedLoop(Over::Tls) | Self::Pipelined(Over::Tls) => "Echo over TLS,",
            Self::TwoWorkers => "Echo by two worker threads over",
            Self::Receiving => "Receiving over",
            _ => "Echo over",
        }
    }

    const fn flight(self) -> &'static str {
        match self {
            Self::ClosedLoop(_) => "one message in flight on each",
            Self::AmongIdle => "one message in flight on each that is not idle",
            Self::TwoWorkers => "64 in flight on each",
            Self::Pipelined(_) => {
                "many in flight on each (20 B and 1 KiB: 64, 16 KiB: 16, 64 KiB: 8)"
            }
            Self::Receiving => "1 MiB in flight on each",
        }
    }

    /// Measures all servers, and returns the medians of each.
    fn column(self, len: usize, effort: Effort) -> io::Result<Vec<Measured>> {
        let (messages, bytes) = (self.traffic(len, Echo::Messages), self.traffic(len, Echo::Bytes));
        let traffic_of = |server: Server| match server.echo() {
            Echo::Messages => &messages,
            Echo::Bytes => &bytes,
        };
        let workers = if let Self::TwoWorkers = self { 2 } else { 1 };
        let start = |server| {
            let job = Job { over: self.over(), work: traffic_of(server).work(), workers };
            Process::start(server, job, effort.server_core)
        };
        let mut all = vec![Vec::new(); self.servers().len()];
        for process in 0..effort.rounds.div_ceil(ROUNDS_OF_PROCESS) {
            let servers = self.servers().into_iter().map(start).collect::<io::Result<Vec<_>>>()?;
            for turn in 0..servers.len() * ROUNDS_OF_PROCESS {
                // A different server begins each time.
                let index = (turn + turn / servers.len() + process) % servers.len();
                let traffic = traffic_of(servers[index].server());
                let load = Load::connect(&servers[index], traffic, self.clients());
                all[index].push(measure(load, &servers[index], effort.round_duration)?);
            }
        }
        Ok(all.into_iter().map(medians).collect())
    }

    /// The same with idle connections beside. Those of one server are open at a time, as a process may
    /// not have so many files that those of all could be.
    fn column_among_idle(self, len: usize, effort: Effort) -> io::Result<Vec<Measured>> {
        allow_many_files()?;
        let mut all = vec![Vec::new(); self.servers().len()];
        for process in 0..effort.rounds.div_ceil(ROUNDS_OF_PROCESS) {
            for turn in 0..all.len() {
                let index = (turn + process) % all.len();
                let server = self.servers()[index];
                let traffic = self.traffic(len, server.echo());
                let job = Job::of_one(Over::Tcp, traffic.work());
                let process = Process::start(server, job, effort.server_core)?;
                let connect = |_| process.connect();
                let idle = (0..effort.quiet_connections).map(connect);
                let idle = idle.collect::<io::Result<Vec<Channel>>>()?;
                for _ in 0..ROUNDS_OF_PROCESS {
                    let load = Load::connect(&process, &traffic, self.clients());
                    all[index].push(measure(load, &process, effort.round_duration)?);
                }
                drop(idle);
            }
        }
        Ok(all.into_iter().map(medians).collect())
    }

    fn servers(self) -> Vec<Server> {
        match self {
            Self::ClosedLoop(over) | Self::Pipelined(over) => servers(over),
            Self::TwoWorkers => servers(Over::Tcp),
            // Batches make no difference where one message is in flight.
            Self::AmongIdle | Self::Receiving => plain_servers(Over::Tcp).collect(),
        }
    }

    const fn over(self) -> Over {
        match self {
            Self::ClosedLoop(over) | Self::Pipelined(over) => over,
            Self::TwoWorkers | Self::AmongIdle | Self::Receiving => Over::Tcp,
        }
    }

    /// About how long the column of one length takes, with connecting and warming up.
    fn cost_of_length(self, effort: Effort) -> Duration {
        let mut round = effort.round_duration.mul_f64(1.25) + Duration::from_millis(60);
        if let Self::AmongIdle = self {
            let idle = Duration::from_micros(200) * effort.quiet_connections as u32;
            round += idle / ROUNDS_OF_PROCESS as u32;
        }
        round * (self.servers().len() * effort.rounds) as u32
    }

    fn traffic(self, len: usize, echo: Echo) -> Traffic {
        match self {
            Self::Receiving => Traffic::one_way(len, (UNANSWERED / len).max(1), 2, echo),
            _ => Traffic::new(len, self.in_flight(len), echo),
        }
    }

    /// How many messages are in flight on a connection.
    const fn in_flight(self, len: usize) -> usize {
        match (self, len) {
            (Self::ClosedLoop(_) | Self::AmongIdle, _) => 1,
            (_, ..=1024) => 64,
            (_, 1025..=16_384) => 16,
            _ => 8,
        }
    }
}

fn measure(
    load: io::Result<Load<'_>>,
    process: &Process,
    duration: Duration,
) -> io::Result<Measured> {
    let measured = load
        .and_then(|mut load| load.round(duration))
        .map_err(|error| io::Error::other(format!("{}: {error}", process.server().name)));
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
