//! The time between the response and the WebSocket.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use ::http::Version;
use ::hyper::upgrade::OnUpgrade;

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
/// [`Error::Io`] if the response was not written, because the connection failed before or, in HTTP/2,
/// because another response took its place; see [what hyper does not
/// tell](crate::io::hyper#what-hyper-does-not-tell).
#[derive(Debug)]
#[must_use = "the WebSocket is in it"]
pub struct Upgrading {
    upgrade: OnUpgrade,
    version: Version,
    agreed: Option<DeflateParameters>,
    config: Arc<Config>,
}

impl Upgrading {
    pub(super) const fn new(
        upgrade: OnUpgrade,
        version: Version,
        agreed: Option<DeflateParameters>,
        config: Arc<Config>,
    ) -> Self {
        Self { upgrade, version, agreed, config }
    }
}

impl Future for Upgrading {
    type Output = Result<WebSocket, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let upgraded = ready!(Pin::new(&mut self.upgrade).poll(cx)).map_err(io::Error::other)?;
        let config = Arc::clone(&self.config);
        // What hyper has read after the request is in the stream.
        let stream = Stream::new(upgraded, self.version, config.close_timeout);
        Poll::Ready(Ok(WebSocket::established(stream, Role::Server, self.agreed, config, &[])))
    }
}
