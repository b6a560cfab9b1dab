//! The work that every peer does for one line of the table, and what is measured of it.

use std::fmt;
use std::io;
use std::str::FromStr;

use common::{Worker, interleave};

/// Work that is the same for every peer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Workload {
    pub(crate) direction: Direction,
    pub(crate) settings: Settings,
    /// The length of a message, in bytes.
    pub(crate) len: usize,
    /// How many messages a round has.
    pub(crate) count: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Direction {
    Receive,
    Send,
}

/// The settings of all peers, besides windows of 15 bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Settings {
    pub(crate) level: u8,
    /// The memory level of websocket-proto. That of the others is always 8.
    pub(crate) memory_level: u8,
    pub(crate) takeover: bool,
}

/// What a message costs with one peer.
pub(crate) struct Measured {
    /// Nanoseconds of processor time.
    pub(crate) nanoseconds: f64,
    /// The mean length of the compressed payload, in bytes.
    pub(crate) bytes: f64,
}

impl Workload {
    /// Measures the peers, in the order of `peers`.
    pub(crate) fn measure(self, peers: &[&str], rounds: usize) -> io::Result<Vec<Measured>> {
        let start = |peer: &&str| Worker::start(&format!("{peer}:{}", self.to_line()));
        let mut workers = peers.iter().map(start).collect::<io::Result<Vec<_>>>()?;
        let mut bytes = vec![0; workers.len()];
        let times = interleave(rounds, workers.len(), |index| {
            let round = workers[index].round()?;
            bytes[index] = round.bytes;
            Ok(round.time)
        })?;
        let count = self.count as f64;
        let measured = times.iter().zip(bytes).map(|(time, bytes)| Measured {
            nanoseconds: time.as_nanos() as f64 / count,
            bytes: bytes as f64 / count,
        });
        Ok(measured.collect())
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let takeover = if self.settings.takeover { "with" } else { "without" };
        write!(f, "{:?}, {takeover} takeover, {} B", self.direction, self.len)
    }
}

impl Workload {
    /// The workload as a line of text, which tells a worker what to do.
    fn to_line(self) -> String {
        let Settings { level, memory_level, takeover } = self.settings;
        format!(
            "{:?} {level} {memory_level} {takeover} {} {}",
            self.direction, self.len, self.count
        )
    }

    /// The workload that [`to_line`](Self::to_line) wrote.
    pub(crate) fn from_line(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let direction = match words.next()? {
            "Receive" => Direction::Receive,
            "Send" => Direction::Send,
            _ => return None,
        };
        let (level, memory_level) = (next(&mut words)?, next(&mut words)?);
        let settings = Settings { level, memory_level, takeover: next(&mut words)? };
        Some(Self { direction, settings, len: next(&mut words)?, count: next(&mut words)? })
    }
}

fn next<'l, T: FromStr>(words: &mut impl Iterator<Item = &'l str>) -> Option<T> {
    words.next()?.parse().ok()
}
