//! Accepting as a server, on tokio.

use std::sync::Arc;

use ::tokio::io::{AsyncRead, AsyncWrite};

use super::super::{Error, default_config, task};
use super::{WebSocket, Wire};
use crate::Config;
use crate::handshake::{Acceptance, Rejection, Request};

#[doc = include_str!("../task/docs/accept.md")]
pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> Result<WebSocket<S>, Error> {
    let wire = Wire::with_timer(stream);
    Box::pin(task::accept_with(wire, default_config(), async |_| Ok(Acceptance::new()))).await
}

#[doc = include_str!("../task/docs/accept_with.md")]
///
/// # A `decide` of the caller's own
///
/// A closure that is bound to a name before needs the type of its argument, as below. Generic code
/// that spawns takes a function that returns a [`Decision`](super::Decision), and awaits that in a
/// closure:
///
/// ```
/// use tokio::net::TcpStream;
/// use websocket_proto::handshake::{Acceptance, Rejection, Request};
/// use websocket_proto::io::{Error, tokio::{Decision, accept_with}};
/// use websocket_proto::{Config, Event};
///
/// /// Serves a client in a task of its own, if `decide` says so.
/// fn serve<D>(stream: TcpStream, decide: D)
/// where
///     D: for<'r> FnOnce(&'r Request<'_>) -> Decision<'r> + Send + 'static,
/// {
///     let decide = async move |request: &Request<'_>| decide(request).await;
///     tokio::spawn(async move {
///         let mut socket = accept_with(stream, Config::default(), decide).await?;
///         while let Some((event, reply)) = socket.receive().await? {
///             if let Event::Text(text) = event {
///                 reply.send_text(text).await?;
///             }
///         }
///         Ok::<(), Error>(())
///     });
/// }
///
/// fn serve_friends(stream: TcpStream) {
///     serve(stream, |request| {
///         Box::pin(async move {
///             match request.headers().get("x-friend") {
///                 Some(_) => Ok(Acceptance::new()),
///                 None => Err(Rejection::new(403).expect("a status that refuses")),
///             }
///         })
///     });
/// }
/// ```
pub async fn accept_with<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: impl Into<Arc<Config>>,
    decide: impl AsyncFnOnce(&Request<'_>) -> Result<Acceptance, Rejection>,
) -> Result<WebSocket<S>, Error> {
    let wire = Wire::with_timer(stream);
    // Boxed, so that a task is not as large as its handshake for all of its life.
    Box::pin(task::accept_with(wire, config.into(), decide)).await
}
