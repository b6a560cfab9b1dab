//! Each contestant has a process of its own, so that none finds the heap as another left it.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// In the environment of a worker: what it has to do.
const JOB: &str = "PEERS_JOB";

/// What this process has to do, if it is a worker.
pub fn job() -> Option<String> {
    env::var(JOB).ok()
}

/// This program again, as a worker that ends with its input.
pub fn worker(job: &str) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.env(JOB, job).stdin(Stdio::piped()).stdout(Stdio::piped());
    Ok(command)
}

/// A process that runs a round for each line that it reads.
pub struct Worker {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// What one round told.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    /// Of the processor.
    pub time: Duration,
    /// Of all payloads.
    pub bytes: u64,
}

impl Worker {
    /// Starts it; the first round, which warms up, is over then.
    pub fn start(job: &str) -> io::Result<Self> {
        let mut process = worker(job)?.spawn()?;
        let output = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let input = process.stdin.take();
        let mut worker = Self { process, input, output: BufReader::new(output) };
        worker.round()?;
        Ok(worker)
    }

    /// One more.
    pub fn round(&mut self) -> io::Result<Round> {
        self.input.as_ref().ok_or(io::ErrorKind::BrokenPipe)?.write_all(b"\n")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let numbers = line.trim().split_once(' ');
        let numbers =
            numbers.and_then(|(time, bytes)| Some((time.parse().ok()?, bytes.parse().ok()?)));
        let (nanoseconds, bytes) = numbers.ok_or_else(|| io::Error::other("a worker failed"))?;
        Ok(Round { time: Duration::from_nanos(nanoseconds), bytes })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It ends with its input.
        self.input = None;
        let _ = self.process.wait();
    }
}

/// The other side of a [`Worker`].
pub fn serve_rounds(mut round: impl FnMut() -> Round) -> io::Result<()> {
    for line in io::stdin().lines() {
        line?;
        let Round { time, bytes } = round();
        println!("{} {bytes}", time.as_nanos());
    }
    Ok(())
}
