//! The time after this side has ended a stream of HTTP/2, until its peer has.

use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use super::task::within;

/// How many bytes are discarded at most. A peer that goes on sending is reset.
const MAX_DISCARDED: usize = 1 << 20;

/// Has bytes discarded until there are no more, they are too many, or the timer is first. `discard`
/// says how many it has taken: 0 at the end of the stream and when it fails.
pub(super) async fn linger(
    timer: impl Future,
    mut discard: impl FnMut(&mut Context<'_>) -> Poll<usize>,
) {
    let mut left = MAX_DISCARDED;
    let end = poll_fn(|cx| {
        while left > 0 {
            match ready!(discard(cx)) {
                0 => break,
                len => left = left.saturating_sub(len),
            }
        }
        Poll::Ready(())
    });
    let _ = within(timer, end).await;
}
