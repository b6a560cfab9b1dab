//! Accepting as a server, on smol.

use std::sync::Arc;

use futures_io::{AsyncRead, AsyncWrite};

use super::super::{Error, default_config, task};
use super::{WebSocket, Wire};
use crate::Config;
use crate::handshake::{Acceptance, Rejection, Request};

// Boxed by the call and not when it is polled, so that a task is not as large as its handshake, or
// what it begins with, for all of its life. On tokio this has to wait for the first poll, as the timer
// is made inside the runtime.

#[doc = include_str!("../task/docs/accept.md")]
pub fn accept<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
) -> impl Future<Output = Result<WebSocket<S>, Error>> {
    accept_with(stream, default_config(), async |_| Ok(Acceptance::new()))
}

#[doc = include_str!("../task/docs/accept_with.md")]
pub fn accept_with<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: impl Into<Arc<Config>>,
    decide: impl AsyncFnOnce(&Request<'_>) -> Result<Acceptance, Rejection>,
) -> impl Future<Output = Result<WebSocket<S>, Error>> {
    Box::pin(task::accept_with(Wire::new(stream), config.into(), decide))
}
