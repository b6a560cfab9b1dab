//! One cell of a table: what all of them do.

use std::io;
use std::str::FromStr;

use common::{Content, Worker, interleave, median};

/// How many times a round goes over the same messages.
pub(crate) const PASSES: u32 = 4;

/// Processes of each peer, one after the other, so that it does not depend on chance where one has
/// its buffers.
const GENERATIONS: usize = 3;

/// For each peer the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cell {
    pub(crate) task: Task,
    /// Of a message, in bytes.
    pub(crate) len: usize,
    /// Messages in a pass.
    pub(crate) count: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Task {
    /// As a server.
    Receive {
        content: Content,
        /// Of each message.
        fragments: usize,
        /// Bytes that a read gives at most; 0 for no limit.
        reads: usize,
    },
    /// Binary messages.
    Send {
        side: Side,
        /// Messages between two flushes.
        batch: usize,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Side {
    Server,
    Client,
}

impl Cell {
    /// Nanoseconds of processor time a message, in the order of `peers`.
    pub(crate) fn measure(self, peers: &[&str], rounds: usize) -> io::Result<Vec<f64>> {
        let once = |_| self.measure_once(peers, rounds.div_ceil(GENERATIONS));
        let times = (0..GENERATIONS).map(once).collect::<io::Result<Vec<_>>>()?;
        let of = |peer: usize| median(times.iter().map(|times| times[peer]).collect());
        Ok((0..peers.len()).map(of).collect())
    }

    fn measure_once(self, peers: &[&str], rounds: usize) -> io::Result<Vec<f64>> {
        let start = |peer: &&str| Worker::start(&format!("memory:{peer}:{}", self.to_line()));
        let mut workers = peers.iter().map(start).collect::<io::Result<Vec<_>>>()?;
        let times = interleave(rounds, workers.len(), |index| Ok(workers[index].round()?.time))?;
        Ok(times.iter().map(|time| time.as_nanos() as f64 / self.messages() as f64).collect())
    }

    /// Of a round.
    const fn messages(self) -> usize {
        self.count * PASSES as usize
    }

    /// As a worker is told.
    fn to_line(self) -> String {
        let task = match self.task {
            Task::Receive { content, fragments, reads } => {
                format!("{content:?} {fragments} {reads}")
            }
            Task::Send { side, batch } => format!("{side:?} {batch}"),
        };
        format!("{} {} {task}", self.len, self.count)
    }

    pub(crate) fn from_line(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let (len, count) = (next(&mut words)?, next(&mut words)?);
        let task = match words.next()? {
            "Binary" => receive(Content::Binary, &mut words)?,
            "Ascii" => receive(Content::Ascii, &mut words)?,
            "MultiByte" => receive(Content::MultiByte, &mut words)?,
            "Server" => Task::Send { side: Side::Server, batch: next(&mut words)? },
            "Client" => Task::Send { side: Side::Client, batch: next(&mut words)? },
            _ => return None,
        };
        Some(Self { task, len, count })
    }
}

fn receive<'l>(content: Content, words: &mut impl Iterator<Item = &'l str>) -> Option<Task> {
    Some(Task::Receive { content, fragments: next(words)?, reads: next(words)? })
}

fn next<'l, T: FromStr>(words: &mut impl Iterator<Item = &'l str>) -> Option<T> {
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_are_told_all_of_it() {
        let receive = |content| Task::Receive { content, fragments: 16, reads: 1400 };
        let send = |side| Task::Send { side, batch: 32 };
        for task in [
            receive(Content::Binary),
            receive(Content::Ascii),
            receive(Content::MultiByte),
            send(Side::Server),
            send(Side::Client),
        ] {
            let cell = Cell { task, len: 125, count: 7 };
            assert_eq!(Cell::from_line(&cell.to_line()), Some(cell));
        }
        assert_eq!(Cell::from_line("125 7 Proxy 3"), None);
    }
}
