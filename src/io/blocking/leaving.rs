//! What becomes of a connection whose socket is dropped.

use std::net::Shutdown;
use std::thread;
use std::time::{Duration, Instant};

use super::wire::{Outcome, SHORTEST, Wire};
use super::{Stream, Writer};
use crate::{Incoming, Outgoing, Transport};

/// How long what was gathered may take to leave, and what came to be read, each.
const LEAVING: Duration = Duration::from_millis(20);

/// How much of what came is read, in bytes.
const MOST: usize = 4 << 20;

/// What was gathered leaves, as far as the stream takes it without waiting. Then writing is shut
/// down, and what has arrived is read and discarded, as closing a socket with unread input makes TCP
/// reset it, and the reset can overtake what was written.
impl<S: Stream> Drop for Writer<S> {
    fn drop(&mut self) {
        // After the end, an abort or a failure there is nothing to say.
        let is_over = self.connection.transport() == Transport::Close;
        // A stream that panicked is not called again.
        if self.wire.has_stream() && !is_over && !thread::panicking() {
            self.wire.leave(&mut self.outgoing);
        }
    }
}

impl<S: Stream> Wire<S> {
    fn leave(&mut self, outgoing: &mut Outgoing) {
        let start = Instant::now();
        while !self.is_idle(outgoing) && start.elapsed() < LEAVING {
            let soon = self.now().after(SHORTEST);
            if !matches!(self.write(outgoing, Some(soon)), Ok(Outcome::Moved)) {
                break;
            }
        }
        let _ = self.stream_mut().shutdown(Shutdown::Write);
        if self.stream().has_timeouts() {
            self.clear_away();
        }
    }

    /// Reads what has arrived.
    fn clear_away(&mut self) {
        let (start, mut incoming, mut read) = (Instant::now(), Incoming::new(), 0);
        while read < MOST && start.elapsed() < LEAVING {
            let soon = self.now().after(SHORTEST);
            if !matches!(self.read(&mut incoming, Some(soon)), Ok(Outcome::Moved)) {
                break;
            }
            read += incoming.unread().len();
            incoming.memory.discard_unread();
        }
    }
}
