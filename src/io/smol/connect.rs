//! Connecting as a client, on smol.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_net::TcpStream;
use futures_io::{AsyncRead, AsyncWrite};

use super::super::dialing::Dialing;
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
    let (mut dialing, limit) = (Dialing::new(request), config.handshake_timeout);
    let dialed = timeout(limit, dial(&mut dialing, limit, tls)).await;
    client(dialing.finish(dialed, limit)?, request, config).await
}

/// Tries the addresses of the host in turn, until there is a stream. Returns `None` if there is
/// none, and an error if there are no addresses. `dialing` has the failures.
async fn dial(
    dialing: &mut Dialing<'_>,
    limit: Duration,
    tls: Option<&ClientTls>,
) -> io::Result<Option<MaybeTls<TcpStream>>> {
    for address in resolve(dialing).await? {
        dialing.note_attempt(address);
        match dial_address(address, dialing, limit, tls).await {
            Ok(stream) => return Ok(Some(stream)),
            Err(error) => dialing.note_failure(address, error),
        }
        if dialing.has_begun_tls() {
            break;
        }
    }
    Ok(None)
}

/// Connects to one address of the host, with TLS around the stream if `tls` is given.
async fn dial_address(
    address: SocketAddr,
    dialing: &mut Dialing<'_>,
    limit: Duration,
    tls: Option<&ClientTls>,
) -> io::Result<MaybeTls<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let Some(tls) = tls else { return Ok(MaybeTls::plain(stream)) };
    dialing.note_tls();
    // The limit for all of it, which began earlier, is the one that ends this.
    tls_client(stream, tls, dialing.host(), limit.saturating_mul(2)).await
}

async fn resolve(dialing: &Dialing<'_>) -> io::Result<Vec<SocketAddr>> {
    match dialing.literal() {
        Some(address) => Ok(vec![address]),
        None => async_net::resolve(dialing.name()).await,
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
