//! What the tests of this room share.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

pub(super) fn poll_once<T>(future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// The output of a future that has nothing to wait for.
#[track_caller]
pub(super) fn now<T>(future: impl Future<Output = T>) -> T {
    let Poll::Ready(output) = poll_once(future) else { panic!("it waits") };
    output
}
