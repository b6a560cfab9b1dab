//! Processes of their own for the contestants, so that none finds the heap as another left it.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// The environment variable that tells a worker what to do.
const JOB: &str = "PEERS_JOB";

/// What this process has to do if it is a worker, and `None` if it is not.
pub fn job() -> Option<String> {
    env::var(JOB).ok()
}

/// A command that runs this program again as a worker, which ends when its input does.
pub fn worker_command(job: &str) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.env(JOB, job).stdin(Stdio::piped()).stdout(Stdio::piped());
    Ok(command)
}

/// A worker process that runs a round for each line that it reads.
pub struct Worker {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// What a worker measured in a round.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    /// The processor time of all messages.
    pub time: Duration,
    /// The bytes of all payloads.
    pub bytes: u64,
}

impl Worker {
    /// Starts a worker, and runs a first round to warm up.
    pub fn start(job: &str) -> io::Result<Self> {
        let mut process = worker_command(job)?.spawn()?;
        let output = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let input = process.stdin.take();
        let mut worker = Self { process, input, output: BufReader::new(output) };
        worker.round()?;
        Ok(worker)
    }

    /// Runs a round.
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
        // The process ends when its input does.
        self.input = None;
        let _ = self.process.wait();
    }
}

/// Runs a round for each line of the standard input: what a [`Worker`] talks to.
pub fn serve_rounds(mut round: impl FnMut() -> Round) -> io::Result<()> {
    for line in io::stdin().lines() {
        line?;
        let Round { time, bytes } = round();
        println!("{} {bytes}", time.as_nanos());
    }
    Ok(())
}
