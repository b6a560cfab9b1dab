//! What a crate has to do to be compared.

use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use common::{MemoryStream, Side};

/// A connection whose handshake is over.
pub(crate) trait Peer {
    /// Whether `receive` shows whole messages; if not, it shows parts of them.
    const WHOLE_MESSAGES: bool = true;

    /// Makes a connection of this side over a stream.
    fn connect(stream: MemoryStream, side: Side) -> Self;

    /// Reads this number of messages and shows each to `see`.
    fn receive(&mut self, messages: usize, see: impl FnMut(&[u8]));

    /// Sends binary messages, and does not change them. Flushes after every `batch` messages and at
    /// the end.
    fn send(&mut self, messages: &[Bytes], batch: usize);
}

/// The output of a future that has nothing to wait for. It may be pending now and then, to let
/// other tasks run, and is polled again at once.
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
