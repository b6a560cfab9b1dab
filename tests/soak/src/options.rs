//! The options of the command line.

use std::time::Duration;

use lexopt::prelude::{Long, Short, ValueExt};

pub(crate) const HELP: &str = "\
Lets many connections come, talk, stall, break and go, and counts what came of each.

Usage: soak [OPTIONS]

Options:
      --connections N  how many connections there are at a time [default: 5000]
      --minutes N      for how long, once the first are there [default: 60]
      --seconds N      the same, for short runs
      --seed N         what the connections do is chosen by this number [default: the time]
  -h, --help           print this

Prints a line every ten seconds and a summary. The exit code is 1 if a message is missing, a connection
did not end once, or memory or open files grew. It needs about 0.3 MB for each connection, most of it in
the kernel's buffers.";

#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) connections: usize,
    pub(crate) duration: Duration,
    pub(crate) seed: u64,
}

impl Options {
    /// The options of this process; `None` if it was asked for help.
    pub(crate) fn read() -> Result<Option<Self>, lexopt::Error> {
        let mut options = Self {
            connections: 5000,
            duration: Duration::from_secs(3600),
            seed: std::time::UNIX_EPOCH.elapsed().map_or(1, |time| time.as_secs()),
        };
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("connections") => options.connections = parser.value()?.parse()?,
                Long("minutes") => {
                    options.duration = Duration::from_secs(60 * parser.value()?.parse::<u64>()?);
                }
                Long("seconds") => {
                    options.duration = Duration::from_secs(parser.value()?.parse()?);
                }
                Long("seed") => options.seed = parser.value()?.parse()?,
                Long("help") | Short('h') => return Ok(None),
                other => return Err(other.unexpected()),
            }
        }
        Ok(Some(options))
    }

    /// By how much all deadlines and stays are longer than in a small run: thousands of connections that
    /// begin at once wait for each other.
    pub(crate) const fn patience(self) -> u32 {
        if self.connections > 1000 { 4 } else { 1 }
    }

    /// The command line with these options.
    pub(crate) fn arguments(self) -> [String; 6] {
        let Self { connections, duration, seed } = self;
        [
            "--connections".into(),
            connections.to_string(),
            "--seconds".into(),
            duration.as_secs().to_string(),
            "--seed".into(),
            seed.to_string(),
        ]
    }
}
