//! Accepting as a server, on tokio.

use std::sync::Arc;

use ::tokio::io::{AsyncRead, AsyncWrite};

use super::super::{Error, default_config, task};
use super::{WebSocket, Wire};
use crate::Config;
use crate::handshake::{Acceptance, Rejection, Request};

#[doc = include_str!("../task/docs/accept.md")]
#[doc = include_str!("panics.md")]
pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> Result<WebSocket<S>, Error> {
    let wire = Wire::with_timer(stream);
    Box::pin(task::accept_with(wire, default_config(), async |_| Ok(Acceptance::new()))).await
}

#[doc = include_str!("../task/docs/accept_with.md")]
#[doc = include_str!("panics.md")]
pub async fn accept_with<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: impl Into<Arc<Config>>,
    decide: impl AsyncFnOnce(&Request<'_>) -> Result<Acceptance, Rejection>,
) -> Result<WebSocket<S>, Error> {
    let wire = Wire::with_timer(stream);
    // Boxed, so that a task is not as large as its handshake for all of its life.
    Box::pin(task::accept_with(wire, config.into(), decide)).await
}
