//! From errors to polls.

use std::io::{self, ErrorKind};
use std::task::Poll;

/// What `step` comes to: again when it was interrupted, pending when it would block.
pub(in crate::io) fn retry<T>(mut step: impl FnMut() -> io::Result<T>) -> Poll<io::Result<T>> {
    loop {
        match step() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Poll::Pending,
            result => return Poll::Ready(result),
        }
    }
}
