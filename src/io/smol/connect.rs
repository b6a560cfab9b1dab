//! Connecting as a client, on smol.

use std::io;
use std::sync::Arc;

use async_net::TcpStream;
use futures_io::{AsyncRead, AsyncWrite};

use super::super::address::address;
use super::super::tls::ClientTls;
use super::super::{Error, MaybeTls, default_config, task};
use super::timeout::timeout;
use super::tls::tls_client;
use super::{WebSocket, Wire};
use crate::Config;
use crate::handshake::ClientRequest;

/// Connects to a `ws://` URL, or with the feature `tls` to a `wss://` URL.
///
/// If the future is dropped, so is the connection.
///
/// # Errors
///
/// As for [`connect_with`].
pub async fn connect(url: &str) -> Result<WebSocket<MaybeTls<TcpStream>>, Error> {
    connect_with(&ClientRequest::new(url)?, default_config()).await
}

#[doc = include_str!("../task/docs/connect_with.md")]
///
/// # Example
///
/// ```no_run
/// # async fn example() -> Result<(), websocket_proto::io::Error> {
/// use std::time::Duration;
/// use websocket_proto::{Config, handshake::ClientRequest, io::smol::connect_with};
///
/// let request = ClientRequest::new("ws://127.0.0.1:9001/chat")?.bearer("token")?;
/// let mut config = Config::default();
/// config.handshake_timeout = Duration::from_secs(3);
/// let socket = connect_with(&request.subprotocol("chat")?, config).await?;
/// # Ok(()) }
/// ```
pub async fn connect_with(
    request: &ClientRequest,
    config: impl Into<Arc<Config>>,
) -> Result<WebSocket<MaybeTls<TcpStream>>, Error> {
    let tls = ClientTls::for_request(request)?;
    // Boxed, so that a task is not as large as its handshakes for all of its life.
    Box::pin(open(request, config.into(), tls.as_ref())).await
}

/// Connects as [`connect_with`] does, but with `wss://` the server is trusted if `tls` says so.
///
/// If the future is dropped, so is the connection.
///
/// ```no_run
/// # async fn example() -> Result<(), websocket_proto::io::Error> {
/// use websocket_proto::io::{smol::connect_tls, tls::ClientTls};
/// use websocket_proto::{Config, handshake::ClientRequest};
///
/// let tls = ClientTls::with_roots_file("our-ca.pem")?;
/// let request = ClientRequest::new("wss://127.0.0.1:9001/")?;
/// let socket = connect_tls(&request, Config::default(), &tls).await?;
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// As for [`connect_with`].
#[cfg(feature = "tls")]
pub async fn connect_tls(
    request: &ClientRequest,
    config: impl Into<Arc<Config>>,
    tls: &ClientTls,
) -> Result<WebSocket<MaybeTls<TcpStream>>, Error> {
    Box::pin(open(request, config.into(), request.uri().is_secure().then_some(tls))).await
}

/// Connects and does the handshake.
async fn open(
    request: &ClientRequest,
    config: Arc<Config>,
    tls: Option<&ClientTls>,
) -> Result<WebSocket<MaybeTls<TcpStream>>, Error> {
    let stream = timeout(config.handshake_timeout, dial(request, &config, tls)).await?;
    client(stream, request, config).await
}

/// Connects to the host of the request, with TLS around the stream if `tls` is given.
async fn dial(
    request: &ClientRequest,
    config: &Config,
    tls: Option<&ClientTls>,
) -> io::Result<MaybeTls<TcpStream>> {
    let stream = TcpStream::connect(address(request)).await?;
    stream.set_nodelay(true)?;
    match tls {
        Some(tls) => tls_client(stream, tls, request.uri().host(), config.handshake_timeout).await,
        None => Ok(MaybeTls::plain(stream)),
    }
}

#[doc = include_str!("../task/docs/client.md")]
pub fn client<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    request: &ClientRequest,
    config: impl Into<Arc<Config>>,
) -> impl Future<Output = Result<WebSocket<S>, Error>> {
    // Boxed by the call, as in `accept`.
    Box::pin(task::client(Wire::new(stream), request, config.into()))
}
