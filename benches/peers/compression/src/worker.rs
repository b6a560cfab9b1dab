//! Each peer has a process of its own, so that none finds the heap as another left it.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::cell::Cell;
use crate::contestant::Contestant;

/// In the environment of a worker: what it has to do.
const JOB: &str = "COMPRESSION_JOB";

/// A process that runs a round for each line that it reads.
pub(crate) struct Worker {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    bytes: u64,
}

impl Worker {
    pub(crate) fn start(peer: &str, cell: Cell) -> io::Result<Self> {
        let mut process = Command::new(env::current_exe()?)
            .env(JOB, format!("{peer}:{}", cell.to_line()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let input = process.stdin.take();
        let mut worker = Self { process, input, output: BufReader::new(output), bytes: 0 };
        // The first round warms up.
        worker.round()?;
        Ok(worker)
    }

    pub(crate) fn round(&mut self) -> io::Result<Duration> {
        self.input.as_ref().ok_or(io::ErrorKind::BrokenPipe)?.write_all(b"\n")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let numbers = line.trim().split_once(' ');
        let numbers =
            numbers.and_then(|(time, bytes)| Some((time.parse().ok()?, bytes.parse().ok()?)));
        let (nanoseconds, bytes) = numbers.ok_or_else(|| io::Error::other("a worker failed"))?;
        self.bytes = bytes;
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// The payloads of the last round.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It ends with its input.
        self.input = None;
        let _ = self.process.wait();
    }
}

/// Whether this process is a worker; then it has done its work.
pub(crate) fn serve() -> io::Result<bool> {
    let Ok(job) = env::var(JOB) else { return Ok(false) };
    let job = job.split_once(':').and_then(|(peer, cell)| Some((peer, Cell::from_line(cell)?)));
    let (peer, cell) = job.ok_or_else(|| io::Error::other("no such job"))?;
    let mut contestant = Contestant::new(peer, cell);
    for line in io::stdin().lines() {
        line?;
        let (time, bytes) = contestant.round();
        println!("{} {bytes}", time.as_nanos());
    }
    Ok(true)
}
