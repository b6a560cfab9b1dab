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
