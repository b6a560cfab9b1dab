//! How long a busy peer makes others wait that share its socket, its thread or a loop with it.
//!
//! - *Sending while long messages are inflated:* one `try_send_prepared` a millisecond from another
//!   thread, and a broadcast to 1,000 senders, one of which belongs to a busy peer.
//! - *Floods:* how late a ticker of 10 ms on the same thread is, in processor time of that thread.
//! - *Queues:* many tasks that send one message each, over a stream that takes 64 KiB at a time.
//!
//! All streams are in memory. Linux only, as the processor time comes from the kernel's scheduler.
//! `--test` makes a short run, to see that the benchmark works.

mod flood;
mod plan;
mod queue;
mod sending;
mod stream;
mod ticker;

use std::io;

use plan::Plan;

fn main() -> io::Result<()> {
    let smoke_run = std::env::args().any(|argument| argument == "--test");
    let plan = if smoke_run { Plan::SMOKE_RUN } else { Plan::WHOLE };
    sending::compare(plan);
    sending::compare_broadcasts(plan);
    ticker::compare(plan)?;
    queue::compare(plan);
    Ok(())
}
