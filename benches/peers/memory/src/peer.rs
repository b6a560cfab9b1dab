//! What a crate has to do to be compared.

use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use common::MemoryStream;

use crate::cell::Side;

/// A connection behind its handshake.
pub(crate) trait Peer {
    /// Else parts of them.
    const WHOLE_MESSAGES: bool = true;

    fn connect(stream: MemoryStream, side: Side) -> Self;

    /// Reads so many messages and shows each to `see`.
    fn receive(&mut self, messages: usize, see: impl FnMut(&[u8]));

    /// Sends binary messages and leaves them as they are. They are flushed when there are so many
    /// of them, and all of them in the end.
    fn send(&mut self, messages: &[Bytes], batch: usize);
}

/// The output of a future that has nothing to wait for, but may give way to others now and then.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..1_000_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
    panic!("in memory nothing waits");
}
