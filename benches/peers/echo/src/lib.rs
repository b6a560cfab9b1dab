//! Echo over loopback: servers of one thread each, and clients that use no library.

mod idle;
mod load;
mod peers;
mod process;
mod serving;
mod speed;
mod traffic;

use std::time::Duration;

pub use idle::Idle;
pub use serving::serve;
pub use speed::Speed;

/// How long it may take, and where it runs.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Of each cell; the medians count.
    pub rounds: usize,
    /// Of each round, without warming up.
    pub duration: Duration,
    /// Connections in the tables of idle memory.
    pub idle: usize,
    /// Where servers run; the clients run where this process does.
    pub core: usize,
}
