//! Receiving and sending in memory: all peers over the same stream, each in a process of its own.

mod cell;
mod peer;
mod peers;
mod receiving;
mod rounds;
mod sending;

use std::io;
use std::time::Duration;

pub use receiving::Receiving;
pub use sending::Sending;

/// How long it may take.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Of each cell; the medians count.
    pub rounds: usize,
    /// Of payload in a pass, about; there are several in a round.
    pub bytes: usize,
}

impl Effort {
    /// About.
    fn cost_of_cell(self) -> Duration {
        Duration::from_millis(900) + Duration::from_millis(60) * self.rounds as u32
    }
}

/// As one of the peers, over a [`common::Worker`]'s input and output.
pub fn work(job: &str) -> io::Result<()> {
    let job =
        job.split_once(':').and_then(|(peer, cell)| Some((peer, cell::Cell::from_line(cell)?)));
    let (peer, cell) = job.ok_or_else(|| io::Error::other("no such job"))?;
    common::serve_rounds(peers::rounds_of(peer, cell))
}
