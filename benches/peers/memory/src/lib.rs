//! Receiving, sending and opening handshakes in memory: all peers over the same stream, each in a process of its own.

mod handshakes;
mod openers;
mod opening;
mod peer;
mod peers;
mod receiving;
mod rounds;
mod sending;
mod workload;

use std::io;
use std::time::Duration;

pub use opening::Opening;
pub use receiving::Receiving;
pub use sending::Sending;
use workload::{Task, Workload};

/// How much is measured, and so how long it takes.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Rounds of each workload, of which the medians count.
    pub rounds: usize,
    /// About how many bytes of payload a pass has. A round has several passes.
    pub pass_bytes: usize,
}

impl Effort {
    /// About how long a workload takes.
    fn cost_of_workload(self) -> Duration {
        Duration::from_millis(900) + Duration::from_millis(60) * self.rounds as u32
    }
}

/// Runs one of the peers as a worker: the other side of a [`common::Worker`].
pub fn work(job: &str) -> io::Result<()> {
    let job = job
        .split_once(':')
        .and_then(|(peer, workload)| Some((peer, Workload::from_line(workload)?)));
    let (peer, workload) = job.ok_or_else(|| io::Error::other("no such job"))?;
    common::serve_rounds(match workload.task {
        Task::Open => openers::rounds_of(peer, workload),
        Task::Receive { .. } | Task::Send { .. } => peers::rounds_of(peer, workload),
    })
}
