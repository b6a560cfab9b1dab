//! The work that every peer does for one column of a table.

use std::io;
use std::str::FromStr;

use common::{Content, Side, Worker, interleave, median};

/// How many times a round goes over the same messages.
pub(crate) const PASSES: u32 = 4;

/// How many processes each peer has, one after the other. Some run faster than others because of
/// where their buffers happen to be.
const PROCESSES: usize = 3;

/// Work that is the same for every peer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Workload {
    pub(crate) task: Task,
    /// The length of a message, in bytes.
    pub(crate) len: usize,
    /// How many messages a pass has.
    pub(crate) count: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Task {
    /// Receive messages as a server.
    Receive {
        content: Content,
        /// How many fragments each message has.
        fragments: usize,
        /// How many bytes a read gives at most.
        read_limit: Option<usize>,
    },
    /// Send binary messages.
    Send {
        side: Side,
        /// How many messages are sent between two flushes.
        batch: usize,
    },
    /// Accept opening handshakes; the length is that of the request.
    Open,
}

impl Workload {
    /// Nanoseconds of processor time a message, in the order of `peers`.
    pub(crate) fn measure(self, peers: &[&str], rounds: usize) -> io::Result<Vec<f64>> {
        let once = |_| self.measure_once(peers, rounds.div_ceil(PROCESSES));
        let times = (0..PROCESSES).map(once).collect::<io::Result<Vec<_>>>()?;
        let of = |peer: usize| median(times.iter().map(|times| times[peer]).collect());
        Ok((0..peers.len()).map(of).collect())
    }

    fn measure_once(self, peers: &[&str], rounds: usize) -> io::Result<Vec<f64>> {
        let start = |peer: &&str| Worker::start(&format!("memory:{peer}:{}", self.to_line()));
        let mut workers = peers.iter().map(start).collect::<io::Result<Vec<_>>>()?;
        let times = interleave(rounds, workers.len(), |index| Ok(workers[index].round()?.time))?;
        Ok(times.iter().map(|time| time.as_nanos() as f64 / self.messages() as f64).collect())
    }

    /// How many messages a round has.
    const fn messages(self) -> usize {
        self.count * PASSES as usize
    }

    /// The workload as a line of text, which tells a worker what to do.
    fn to_line(self) -> String {
        let task = match self.task {
            Task::Receive { content, fragments, read_limit } => {
                // 0 stands for no limit.
                format!("{content:?} {fragments} {}", read_limit.unwrap_or(0))
            }
            Task::Send { side, batch } => format!("{side:?} {batch}"),
            Task::Open => "Open".into(),
        };
        format!("{} {} {task}", self.len, self.count)
    }

    /// The workload that [`to_line`](Self::to_line) wrote.
    pub(crate) fn from_line(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let (len, count) = (next(&mut words)?, next(&mut words)?);
        let task = match words.next()? {
            "Binary" => receive(Content::Binary, &mut words)?,
            "Ascii" => receive(Content::Ascii, &mut words)?,
            "MultiByte" => receive(Content::MultiByte, &mut words)?,
            "Server" => Task::Send { side: Side::Server, batch: next(&mut words)? },
            "Client" => Task::Send { side: Side::Client, batch: next(&mut words)? },
            "Open" => Task::Open,
            _ => return None,
        };
        Some(Self { task, len, count })
    }
}

fn receive<'l>(content: Content, words: &mut impl Iterator<Item = &'l str>) -> Option<Task> {
    let (fragments, read_limit) = (next(words)?, next(words)?);
    Some(Task::Receive { content, fragments, read_limit: Some(read_limit).filter(|&len| len > 0) })
}

fn next<'l, T: FromStr>(words: &mut impl Iterator<Item = &'l str>) -> Option<T> {
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_whole_cell() {
        let receive = |content, read_limit| Task::Receive { content, fragments: 16, read_limit };
        let send = |side| Task::Send { side, batch: 32 };
        for task in [
            receive(Content::Binary, None),
            receive(Content::Ascii, Some(1400)),
            receive(Content::MultiByte, None),
            send(Side::Server),
            send(Side::Client),
            Task::Open,
        ] {
            let workload = Workload { task, len: 125, count: 7 };
            assert_eq!(Workload::from_line(&workload.to_line()), Some(workload));
        }
        assert_eq!(Workload::from_line("125 7 Proxy 3"), None);
    }
}
