//! The table of the memory that idle connections take.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

use common::{Better, Progress, Row, Table};

use crate::Effort;
use crate::peers::{Server, plain_servers};
use crate::process::Process;
use crate::serving::allow_many_files;
use crate::traffic::Traffic;
use crate::work::Work;

/// The length of the message that each connection carries once, in bytes.
const MESSAGE_LEN: usize = 64 << 10;

/// The table of the server's memory for a connection on which nothing happens.
#[derive(Clone, Copy, Debug)]
pub struct Idle;

impl Idle {
    /// The name of the table.
    pub const NAME: &str = "idle-memory";
    /// The headings of the columns.
    pub const COLUMNS: [&str; 2] = ["after the handshake", "after 64 KiB"];

    /// How many steps [`measure`](Self::measure) has, and about how long they take.
    pub fn cost(self, effort: Effort) -> (usize, Duration) {
        (plain_servers().count(), cost_of_server(effort) * plain_servers().count() as u32)
    }

    /// Measures the table.
    pub fn measure(self, effort: Effort, progress: &mut Progress) -> io::Result<Table> {
        allow_many_files()?;
        let mut rows = Vec::new();
        for server in plain_servers() {
            let step = format!("{}, {}", Self::NAME, server.name);
            progress.begin_step(&step, cost_of_server(effort).as_secs_f64());
            let values = measure(server, effort)?.to_vec();
            rows.push(Row { name: server.name.into(), kind: server.kind, values });
        }
        Ok(Table {
            name: Self::NAME.into(),
            title: format!(
                "Memory for each of {} idle connections: bytes",
                effort.idle_connections
            ),
            better: Better::Less,
            columns: Self::COLUMNS.map(String::from).to_vec(),
            rows,
        })
    }
}

fn cost_of_server(effort: Effort) -> Duration {
    Duration::from_millis(500) + Duration::from_micros(150) * effort.idle_connections as u32
}

fn measure(server: Server, effort: Effort) -> io::Result<[f64; 2]> {
    let process = Process::start(server, Work::Echo, effort.server_core)?;
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

fn exchange(stream: &mut TcpStream, traffic: &Traffic) -> io::Result<()> {
    stream.write_all(traffic.requests())?;
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
