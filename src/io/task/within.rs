//! A limit for the time that a future takes.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// Waits for the future; `None` if the timer is first.
pub(in crate::io) async fn within<T>(
    timer: impl Future,
    future: impl Future<Output = T>,
) -> Option<T> {
    let (mut future, mut timer) = (pin!(future), pin!(timer));
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(ready) => Poll::Ready(Some(ready)),
        Poll::Pending => timer.as_mut().poll(cx).map(|_| None),
    })
    .await
}
