//! The time after the end that we say, until the peer says its own.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ::hyper::rt::{Read, ReadBuf, Write};
use ::hyper::upgrade::Upgraded;
use ::tokio::runtime::Handle;
use ::tokio::time::sleep;

use super::super::lingering;

/// Ends the stream, and discards what comes until its peer does so too.
///
/// A stream of HTTP/2 is reset as soon as hyper's handle is dropped. If the peer has not ended it by
/// then, the reset can overtake what was written, and browsers take it for a failure.
pub(super) fn linger(mut upgraded: Upgraded, limit: Duration, runtime: &Handle) {
    runtime.spawn(async move {
        let mut space = [0; 4096];
        let discard = |cx: &mut Context<'_>| {
            // If this fails, reading tells.
            let _ = Pin::new(&mut upgraded).poll_shutdown(cx);
            // The peer may read only when it has written, so this does not wait for the shutdown.
            poll_discard(&mut upgraded, &mut space, cx)
        };
        lingering::linger(sleep(limit), discard).await;
    });
}

fn poll_discard(upgraded: &mut Upgraded, space: &mut [u8], cx: &mut Context<'_>) -> Poll<usize> {
    let mut read = ReadBuf::new(space);
    let result = ready!(Pin::new(upgraded).poll_read(cx, read.unfilled()));
    Poll::Ready(result.map_or(0, |()| read.filled().len()))
}
