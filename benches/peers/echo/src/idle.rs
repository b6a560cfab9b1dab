//! The table of the memory that idle connections take.

use std::io::{self, Read, Write};
use std::thread::sleep;
use std::time::Duration;

use common::{Better, Progress, Row, Table};

use crate::Effort;
use crate::channel::Channel;
use crate::job::Job;
use crate::over::Over;
use crate::peers::{Server, plain_servers};
use crate::process::Process;
use crate::serving::allow_many_files;
use crate::traffic::Traffic;
use crate::work::Work;

/// The length of the message that each connection carries once, in bytes.
const MESSAGE_LEN: usize = 64 << 10;

/// The tables of the server's memory for a connection on which nothing happens.
#[derive(Clone, Copy, Debug)]
pub struct Idle(Over);

impl Idle {
    /// The headings of the columns.
    pub const COLUMNS: [&str; 2] = ["after the handshake", "after 64 KiB"];

    /// The tables over TCP and over TLS.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self(Over::Tcp), Self(Over::Tls)].into_iter()
    }

    /// The name of the table: `idle-memory` or `idle-memory-tls`.
    pub const fn name(self) -> &'static str {
        match self.0 {
            Over::Tcp => "idle-memory",
            Over::Tls => "idle-memory-tls",
        }
    }

    /// How many steps [`measure`](Self::measure) has, and about how long they take.
    pub fn cost(self, effort: Effort) -> (usize, Duration) {
        let servers = plain_servers(self.0).count();
        (servers, self.cost_of_server(effort) * servers as u32)
    }

    /// Measures the table.
    pub fn measure(self, effort: Effort, progress: &mut Progress) -> io::Result<Table> {
        allow_many_files()?;
        let mut rows = Vec::new();
        for server in plain_servers(self.0) {
            let step = format!("{}, {}", self.name(), server.name);
            progress.begin_step(&step, self.cost_of_server(effort).as_secs_f64());
            let values = measure(server, self.0, effort)?.to_vec();
            rows.push(Row { name: server.name.into(), kind: server.kind, values });
        }
        let over = match self.0 {
            Over::Tcp => "",
            Over::Tls => " over TLS",
        };
        Ok(Table {
            name: self.name().into(),
            title: format!(
                "Memory for each of {} idle connections{over}: bytes",
                effort.idle_connections
            ),
            better: Better::Less,
            columns: Self::COLUMNS.map(String::from).to_vec(),
            rows,
        })
    }

    fn cost_of_server(self, effort: Effort) -> Duration {
        let connection = match self.0 {
            Over::Tcp => Duration::from_micros(150),
            Over::Tls => Duration::from_micros(1500),
        };
        Duration::from_millis(500) + connection * effort.idle_connections as u32
    }
}

fn measure(server: Server, over: Over, effort: Effort) -> io::Result<[f64; 2]> {
    let process = Process::start(server, Job::of_one(over, Work::Echo), effort.server_core)?;
    let traffic = Traffic::new(MESSAGE_LEN, 1, server.echo());
    // What the server allocates once is allocated before the memory is measured.
    exchange(&mut process.connect()?, &traffic)?;
    let before = memory_at_rest(&process)?;
    let connect = |_| process.connect();
    let mut streams = (0..effort.idle_connections).map(connect).collect::<io::Result<Vec<_>>>()?;
    let connected = memory_at_rest(&process)?;
    for stream in &mut streams {
        exchange(stream, &traffic)?;
    }
    let used = memory_at_rest(&process)?;
    Ok([connected, used].map(|memory| (memory - before) / effort.idle_connections as f64))
}

fn exchange(stream: &mut Channel, traffic: &Traffic) -> io::Result<()> {
    stream.write_all(traffic.requests())?;
    stream.flush()?;
    let mut echo = vec![0; traffic.replies().len()];
    stream.read_exact(&mut echo)?;
    match echo == traffic.replies() {
        true => Ok(()),
        false => Err(io::Error::other("the echo is another")),
    }
}

/// The memory of the server, in bytes, when it has nothing left to do.
fn memory_at_rest(process: &Process) -> io::Result<f64> {
    sleep(Duration::from_millis(150));
    process.memory()
}
