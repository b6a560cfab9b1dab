//! Servers of one thread each that echo or receive over loopback, plain and over TLS, and clients that use no WebSocket
//! crate.

mod broadcast;
mod channel;
mod idle;
mod job;
mod load;
mod over;
mod peers;
mod process;
mod serving;
mod speed;
mod tls;
mod traffic;
mod work;

use std::time::Duration;

pub use broadcast::Broadcast;
pub use idle::Idle;
pub use over::Over;
pub use serving::serve;
pub use speed::Speed;

/// How much is measured, and so how long it takes, and where the servers run.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Rounds of each server and length, of which the medians count.
    pub rounds: usize,
    /// The length of each round, without warming up.
    pub round_duration: Duration,
    /// How many connections the table of idle memory has.
    pub idle_connections: usize,
    /// How many connections are idle beside those that echo, in the table of those.
    pub quiet_connections: usize,
    /// The core that servers run on. The clients run where this process does.
    pub server_core: usize,
}
