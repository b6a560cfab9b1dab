//! How long what shares a socket, a thread or a loop with a busy peer waits for it.
//!
//! - *Sending while much is inflated:* one `try_send_prepared` a millisecond from another thread,
//!   and a broadcast over 1,000 senders, one of them of such a peer.
//! - *Floods:* how late a ticker of 10 ms on the same thread is, in the thread's own processor time.
//! - *Many that wait:* N tasks with one message each, over a stream that takes 64 KiB at a time.
//!
//! All streams are in memory. The processor time comes from the kernel's scheduler, so this is for
//! Linux only. `--test` is a short run to see that it works.

mod flood;
mod queue;
mod sending;
mod stream;
mod ticker;

use std::io;
use std::time::Duration;

/// How much is measured.
#[derive(Clone, Copy)]
struct Plan {
    sends: usize,
    broadcasts: usize,
    peers: usize,
    flood: Duration,
    waiting: &'static [usize],
}

const WHOLE: Plan = Plan {
    sends: 2000,
    broadcasts: 1000,
    peers: 1000,
    flood: Duration::from_secs(1),
    waiting: &[1000, 2000, 4000, 8000, 16_000],
};

const SMOKE_RUN: Plan = Plan {
    sends: 20,
    broadcasts: 5,
    peers: 10,
    flood: Duration::from_millis(50),
    waiting: &[10, 200],
};

fn main() -> io::Result<()> {
    let smoke_run = std::env::args().any(|argument| argument == "--test");
    let plan = if smoke_run { SMOKE_RUN } else { WHOLE };
    sending::compare(plan);
    sending::compare_broadcasts(plan);
    ticker::compare(plan)?;
    queue::compare(plan);
    Ok(())
}

/// The median, the 99th percentile and the worst, in microseconds.
fn row(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e6;
    println!("  {what:36} {:10.1} {:10.1} {:10.1}", at(0.5), at(0.99), at(1.0));
}
