//! The time after the end that we say, until the peer says its own.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ::hyper::rt::{Read, ReadBuf, Write};
use ::hyper::upgrade::Upgraded;
use ::tokio::runtime::Handle;
use ::tokio::time::timeout;

/// How many bytes are discarded at most. A peer that goes on sending is reset.
const MAX_DISCARDED: usize = 1 << 20;

/// Ends the stream, and discards what comes until its peer does so too.
///
/// A stream of HTTP/2 is reset as soon as hyper's handle is dropped. If the peer has not ended it by
/// then, the reset can overtake what was written, and browsers take it for a failure.
pub(super) fn linger(mut upgraded: Upgraded, limit: Duration, runtime: &Handle) {
    runtime.spawn(async move {
        let mut space = [0; 4096];
        let mut left = MAX_DISCARDED;
        let ended = poll_fn(|cx| {
            // If this fails, reading tells.
            let _ = Pin::new(&mut upgraded).poll_shutdown(cx);
            // The peer may read only when it has written, so this does not wait for the shutdown.
            poll_discard(&mut upgraded, &mut space, &mut left, cx)
        });
        let _ = timeout(limit, ended).await;
    });
}

/// Ready at the end of the stream, and when nothing is left of what may be discarded.
fn poll_discard(
    upgraded: &mut Upgraded,
    space: &mut [u8],
    left: &mut usize,
    cx: &mut Context<'_>,
) -> Poll<()> {
    while *left > 0 {
        let mut read = ReadBuf::new(space);
        let result = ready!(Pin::new(&mut *upgraded).poll_read(cx, read.unfilled()));
        let len = read.filled().len();
        if result.is_err() || len == 0 {
            break;
        }
        *left = left.saturating_sub(len);
    }
    Poll::Ready(())
}
