//! A limit for the time that a future takes.

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use async_io::Timer;

/// Waits for the future, and fails with [`TimedOut`](ErrorKind::TimedOut) after `limit`.
pub(super) async fn timeout<T>(
    limit: Duration,
    future: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    let (mut future, mut timer) = (pin!(future), Timer::after(limit));
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Pending => Pin::new(&mut timer).poll(cx).map(|_| Err(ErrorKind::TimedOut.into())),
        ready => ready,
    })
    .await
}
