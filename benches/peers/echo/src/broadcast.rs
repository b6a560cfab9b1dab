//! The table of a message that is sent to all connections.

use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::{Better, Progress, Row, Table, median};
use rustix::event::{Timespec, epoll};

use crate::Effort;
use crate::channel::Channel;
use crate::job::Job;
use crate::over::Over;
use crate::peers::BROADCASTERS;
use crate::process::Process;
use crate::serving::allow_many_files;
use crate::traffic::{ReplyChecker, Traffic};
use crate::work::Work;

/// How many connections there are, and how long the message is in bytes.
const CASES: [(usize, usize); 3] = [(1000, 125), (1000, 1 << 10), (10_000, 125)];
/// After this many rounds, a server has a new process.
const ROUNDS_OF_PROCESS: usize = 3;
/// A server that sends nothing for this long has stalled.
const STALL_TIMEOUT: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };

/// The table of the server's time for each connection that a message is sent to.
#[derive(Clone, Copy, Debug)]
pub struct Broadcast;

impl Broadcast {
    /// The name of the table.
    pub const NAME: &str = "broadcast";

    /// How many steps [`measure`](Self::measure) has, and about how long they take.
    pub fn cost(self, effort: Effort) -> (usize, Duration) {
        let costs = CASES.map(|(connections, _)| cost_of_case(connections, effort));
        (CASES.len(), costs.into_iter().sum())
    }

    /// Measures the table.
    pub fn measure(self, effort: Effort, progress: &mut Progress) -> io::Result<Table> {
        allow_many_files()?;
        let mut rows = BROADCASTERS.map(|server| Row {
            name: server.name.into(),
            kind: server.kind,
            values: Vec::new(),
        });
        let mut columns = Vec::new();
        for (connections, len) in CASES {
            let column = format!("{connections} × {}", common::format_length(len));
            let step = format!("{}, {column}", Self::NAME);
            progress.begin_step(&step, cost_of_case(connections, effort).as_secs_f64());
            columns.push(column);
            for (row, value) in rows.iter_mut().zip(measure(connections, len, effort)?) {
                row.values.push(value);
            }
        }
        Ok(Table {
            name: Self::NAME.into(),
            title: "A message to all connections: ns of the server's time for each".into(),
            better: Better::Less,
            columns,
            rows: rows.to_vec(),
        })
    }
}

fn cost_of_case(connections: usize, effort: Effort) -> Duration {
    let rounds = effort.round_duration * ROUNDS_OF_PROCESS as u32;
    let process = rounds + Duration::from_micros(200) * connections as u32;
    process * (BROADCASTERS.len() * effort.rounds.div_ceil(ROUNDS_OF_PROCESS)) as u32
}

/// Measures all servers. The connections of one are open at a time, as a process may not have so many files
/// that those of all could be.
fn measure(connections: usize, len: usize, effort: Effort) -> io::Result<Vec<f64>> {
    let mut times = vec![Vec::new(); BROADCASTERS.len()];
    for process in 0..effort.rounds.div_ceil(ROUNDS_OF_PROCESS) {
        for turn in 0..BROADCASTERS.len() {
            // A different server begins each time.
            let index = (turn + process) % BROADCASTERS.len();
            let server = BROADCASTERS[index];
            let job = Job::of_one(Over::Tcp, Work::Broadcast);
            let process = Process::start(server, job, effort.server_core)?;
            let traffic = Traffic::new(len, 1, server.echo());
            let mut audience = Audience::gather(process, traffic, connections)?;
            for _ in 0..ROUNDS_OF_PROCESS {
                times[index].push(audience.round(effort.round_duration)?);
            }
        }
    }
    Ok(times.into_iter().map(median).collect())
}

/// The clients of one server, of which the first has it send to all.
struct Audience {
    process: Process,
    traffic: Traffic,
    listeners: Vec<Listener>,
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
    buffer: Vec<u8>,
}

struct Listener {
    stream: Channel,
    checker: ReplyChecker,
}

impl Audience {
    fn gather(process: Process, traffic: Traffic, connections: usize) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let flags = epoll::EventFlags::IN | epoll::EventFlags::ET;
        let mut listeners = Vec::new();
        for index in 0..connections as u64 {
            let stream = process.connect()?;
            stream.tcp().set_nonblocking(true)?;
            epoll::add(&epoll, stream.tcp(), epoll::EventData::new_u64(index), flags)?;
            listeners.push(Listener { stream, checker: ReplyChecker::default() });
        }
        // Until the server knows the last of them.
        sleep(Duration::from_millis(200));
        let (events, buffer) = (Vec::with_capacity(256), vec![0; 64 << 10]);
        let mut audience = Self { process, traffic, listeners, epoll, events, buffer };
        audience.tell()?;
        Ok(audience)
    }

    /// Has the server send again and again. Returns its time for each connection, in nanoseconds.
    fn round(&mut self, duration: Duration) -> io::Result<f64> {
        let (start, before) = (Instant::now(), self.process.run_time()?);
        let mut told = 0;
        while start.elapsed() < duration {
            self.tell()?;
            told += self.listeners.len();
        }
        Ok((self.process.run_time()? - before) as f64 / told as f64)
    }

    /// Has the server send one message, and waits until all have it.
    fn tell(&mut self) -> io::Result<()> {
        let name = self.process.server().name;
        let failed = |error: io::Error| io::Error::other(format!("{name}: {error}"));
        self.listeners[0].stream.write_all(self.traffic.requests()).map_err(failed)?;
        let mut missing = self.listeners.len();
        while missing > 0 {
            self.events.clear();
            let room = rustix::buffer::spare_capacity(&mut self.events);
            epoll::wait(&self.epoll, room, Some(&STALL_TIMEOUT))?;
            if self.events.is_empty() {
                return Err(failed(io::Error::other(format!("{missing} got nothing"))));
            }
            for event in &self.events {
                let listener = &mut self.listeners[event.data.u64() as usize];
                let got = listener.read(&self.traffic, &mut self.buffer).map_err(failed)?;
                missing = missing
                    .checked_sub(got)
                    .ok_or_else(|| failed(io::Error::other("a message came too often")))?;
            }
        }
        Ok(())
    }
}

impl Listener {
    /// Reads all that is there, and returns how many messages it completes.
    fn read(&mut self, traffic: &Traffic, buffer: &mut [u8]) -> io::Result<usize> {
        let mut messages = 0;
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return Err(io::Error::other("the server closed a connection")),
                Ok(len) => messages += self.checker.check(&buffer[..len], traffic)?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(messages),
                Err(error) => return Err(error),
            }
        }
    }
}
