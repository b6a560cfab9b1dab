//! The time between the response and the WebSocket.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use ::http::Version;
use ::hyper::upgrade::OnUpgrade;
use ::tokio::time::{Sleep, sleep};

use super::WebSocket;
use super::stream::Stream;
use crate::handshake::DeflateParameters;
use crate::io::Error;
use crate::{Config, Role};

/// A WebSocket that opens when hyper has written the response: a future. Await it in a task of its
/// own, since the response leaves only after the handler has returned it.
///
/// # Errors
///
/// [`Error::Io`] if the response was not written: because the connection failed before, because
/// another response took its place, which [hyper may not tell over
/// HTTP/1.1](crate::io::hyper#what-hyper-does-not-tell), or because [`Config::handshake_timeout`]
/// passed.
///
/// # Panics
///
/// If it has to wait outside of a [tokio runtime with timers](crate::io::tokio#the-runtime).
#[derive(Debug)]
#[must_use = "the WebSocket is in it"]
pub struct Upgrading {
    upgrade: OnUpgrade,
    version: Version,
    agreed: Option<DeflateParameters>,
    config: Arc<Config>,
    /// Made when this has to wait for the first time.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Upgrading {
    pub(super) const fn new(
        upgrade: OnUpgrade,
        version: Version,
        agreed: Option<DeflateParameters>,
        config: Arc<Config>,
    ) -> Self {
        Self { upgrade, version, agreed, config, deadline: None }
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let timeout = self.config.handshake_timeout;
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(timeout)));
        deadline.as_mut().poll(cx).map(|()| ErrorKind::TimedOut.into())
    }
}

impl Future for Upgrading {
    type Output = Result<WebSocket, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Poll::Ready(upgraded) = Pin::new(&mut self.upgrade).poll(cx) else {
            return self.poll_deadline(cx).map(|error| Err(error.into()));
        };
        let upgraded = upgraded.map_err(io::Error::other)?;
        let config = Arc::clone(&self.config);
        // What hyper has read after the request is in the stream.
        let stream = Stream::new(upgraded, self.version, config.close_timeout);
        Poll::Ready(Ok(WebSocket::established(stream, Role::Server, self.agreed, config, &[])))
    }
}
