//! Connecting as a client, on tokio.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use std::{io, net};

use ::tokio::io::{AsyncRead, AsyncWrite};
use ::tokio::net::{TcpSocket, TcpStream, lookup_host};
use ::tokio::time::{Instant, sleep};

use super::super::clock::time_at;
use super::super::task::{self, BoxFuture, Network};
use super::super::{Dial, Error, MaybeTls, default_config};
use super::tls::do_handshake;
use super::{WebSocket, Wire};
use crate::handshake::ClientRequest;
use crate::{Config, Time};

/// Connects to a `ws://` URL, or with the feature `tls` to a `wss://` URL.
///
/// If the future is dropped, so is the connection.
///
/// # Errors
///
/// As for [`connect_with`].
#[doc = include_str!("panics.md")]
pub async fn connect(url: &str) -> Result<WebSocket<MaybeTls<TcpStream>>, Error> {
    connect_with(&ClientRequest::new(url)?, default_config()).await
}

#[doc = include_str!("../task/docs/connect_with.md")]
#[doc = include_str!("panics.md")]
///
/// # Example
///
/// ```no_run
/// # async fn example() -> Result<(), websocket_proto::io::Error> {
/// use std::time::Duration;
/// use websocket_proto::{Config, handshake::ClientRequest, io::tokio::connect_with};
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
    dial(request, config, &Dial::new()).await
}

/// Connects as [`connect_with`] does, with options.
///
/// If the future is dropped, so is the connection.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use websocket_proto::handshake::{ClientRequest, proxy::Proxy};
/// use websocket_proto::io::{Dial, tokio::dial};
///
/// let options = Dial::new().proxy(Proxy::new("http://proxy.example:3128")?).follow_redirects(3);
/// let request = ClientRequest::new("ws://example.com/")?;
/// let socket = dial(&request, websocket_proto::Config::default(), &options).await?;
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// As for [`connect_with`]. [`Error::Connect`] also if the proxy does not lead to the server, and
/// [`Error::Request`] if a redirect leads where none may lead.
#[doc = include_str!("panics.md")]
pub async fn dial(
    request: &ClientRequest,
    config: impl Into<Arc<Config>>,
    options: &Dial,
) -> Result<WebSocket<MaybeTls<TcpStream>>, Error> {
    // Boxed, so that a task is not as large as its handshakes for all of its life.
    Box::pin(task::dial::<Tokio>(request, config.into(), options)).await
}

#[doc = include_str!("../task/docs/client.md")]
#[doc = include_str!("panics.md")]
pub async fn client<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    request: &ClientRequest,
    config: impl Into<Arc<Config>>,
) -> Result<WebSocket<S>, Error> {
    let wire = Wire::with_timer(stream);
    Box::pin(task::client(wire, request, config.into())).await
}

/// The sockets and the timer of tokio.
pub(in crate::io) enum Tokio {}

impl Network for Tokio {
    type Tcp = TcpStream;
    type Wire = Wire<MaybeTls<TcpStream>>;

    fn now() -> Time {
        time_at(Instant::now().into_std())
    }

    fn sleep(duration: Duration) -> BoxFuture<()> {
        Box::pin(sleep(duration))
    }

    fn look_up(host: String, port: u16) -> BoxFuture<io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(lookup_host((host, port)).await?.collect()) })
    }

    fn connect(socket: net::TcpStream, address: SocketAddr) -> BoxFuture<io::Result<TcpStream>> {
        Box::pin(async move {
            socket.set_nonblocking(true)?;
            TcpSocket::from_std_stream(socket).connect(address).await
        })
    }

    fn tls(stream: MaybeTls<TcpStream>) -> BoxFuture<io::Result<MaybeTls<TcpStream>>> {
        Box::pin(do_handshake(stream))
    }

    fn wire(stream: MaybeTls<TcpStream>) -> Self::Wire {
        Wire::with_timer(stream)
    }

    fn stream(wire: Self::Wire) -> MaybeTls<TcpStream> {
        wire.stream
    }
}
