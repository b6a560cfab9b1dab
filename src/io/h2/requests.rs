//! What a client sends its requests with.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use ::h2::client::SendRequest;
use bytes::Bytes;

use super::driver::Shared;
use super::errors::{not_enabled, of_error};
use super::linger::Lingering;

/// What a client sends its requests with. It keeps the connection open.
#[derive(Clone)]
pub(super) struct Requests {
    /// Dropped before `sender`, which wakes the driver.
    shared: Arc<Shared>,
    sender: SendRequest<Bytes>,
}

impl Requests {
    pub(super) fn new(sender: SendRequest<Bytes>, shared: Arc<Shared>) -> Self {
        Self { shared, sender }
    }

    /// Leaves a stream to the driver.
    pub(super) fn park(&self, lingering: Lingering) {
        self.shared.parking.park(lingering);
    }

    /// What has ended the connection, or is about to.
    pub(super) fn error(&self) -> Option<io::Error> {
        let mut cx = Context::from_waker(Waker::noop());
        match self.sender.clone().poll_ready(&mut cx) {
            Poll::Ready(Err(error)) => Some(of_error(error)),
            Poll::Ready(Ok(())) | Poll::Pending => None,
        }
    }

    /// Waits until the server is known to take WebSockets.
    pub(super) async fn enabled(&self) -> io::Result<SendRequest<Bytes>> {
        let (mut sender, waiting) = (self.sender.clone(), self.shared.waiting.register());
        let enabled = poll_fn(|cx| {
            waiting.set_waker(cx.waker());
            let are_settings_known = self.shared.are_settings_known();
            if let Poll::Ready(Err(error)) = sender.poll_ready(cx) {
                Poll::Ready(Err(of_error(error)))
            } else if sender.is_extended_connect_protocol_enabled() {
                Poll::Ready(Ok(()))
            } else if are_settings_known {
                Poll::Ready(Err(not_enabled()))
            } else {
                Poll::Pending
            }
        });
        enabled.await?;
        Ok(sender)
    }
}
