//! Results of calls that do not block, as polls.

use std::io::{self, ErrorKind};
use std::task::Poll;

/// Calls `operation`, again while it is interrupted. An operation that would block is pending.
pub(in crate::io) fn io_to_poll<T>(
    mut operation: impl FnMut() -> io::Result<T>,
) -> Poll<io::Result<T>> {
    loop {
        match operation() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Poll::Pending,
            result => return Poll::Ready(result),
        }
    }
}
