//! What happens to a connection whose socket is dropped.

use std::net::Shutdown;
use std::thread;
use std::time::Duration;

use super::stream::Stream;
use super::wire::{MIN_TIMEOUT, Outcome, Wire};
use super::writer::Writer;
use crate::{Incoming, Outgoing};

/// How long writing what was queued may take, and how long reading what has arrived.
const TIME_LIMIT: Duration = Duration::from_millis(20);

/// How much of what has arrived is read, in bytes.
const MAX_READ: usize = 4 << 20;

/// What was queued is written, as far as the stream takes it without waiting. Then writing is shut
/// down, and what has arrived is read and discarded: closing a socket with unread input makes TCP
/// reset the connection, and the reset can overtake what was written.
impl<S: Stream> Drop for Writer<S> {
    fn drop(&mut self) {
        self.trace.note_dropped(self.connection.end_cause(), &self.connection);
        // A stream that panicked is not called again.
        if self.wire.has_stream() && !self.owes_nothing() && !thread::panicking() {
            self.wire.finish_without_waiting(&mut self.outgoing);
        }
    }
}

impl<S: Stream> Wire<S> {
    fn finish_without_waiting(&mut self, outgoing: &mut Outgoing) {
        let start = self.now();
        while !self.is_drained(outgoing) && self.now().since(start) < TIME_LIMIT {
            let soon = self.now().after(MIN_TIMEOUT);
            if !matches!(self.write(outgoing, Some(soon)), Ok(Outcome::Moved)) {
                break;
            }
        }
        let _ = self.stream_mut().shutdown(Shutdown::Write);
        if self.stream().has_timeouts() {
            self.discard_input();
        }
    }

    /// Reads and discards what has arrived.
    fn discard_input(&mut self) {
        let (start, mut incoming, mut read) = (self.now(), Incoming::new(), 0);
        while read < MAX_READ && self.now().since(start) < TIME_LIMIT {
            let soon = self.now().after(MIN_TIMEOUT);
            if !matches!(self.read(&mut incoming, Some(soon)), Ok(Outcome::Moved)) {
                break;
            }
            read += incoming.unread().len();
            incoming.memory.discard_unread();
        }
    }
}
