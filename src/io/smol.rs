#![doc = include_str!("smol.md")]

mod reconnecting;
mod timeout;
mod tls;

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use async_io::Timer;
use async_net::TcpStream;
use futures_io::{AsyncRead, AsyncWrite};

pub use reconnecting::{Reconnecting, ReconnectingSender};

pub use super::task::GracefulShutdown;

use super::address::address;
use super::clock::{origin, time_at};
use super::task::{self, Parts};
use super::tls::ClientTls;
use super::{Error, MaybeTls, shared_default};
use crate::handshake::{Acceptance, ClientRequest, DeflateParameters, Rejection, Request};
use crate::{Config, Role, Time};

use timeout::timeout;
#[cfg(not(feature = "tls"))]
use tls::tls_client;
#[cfg(feature = "tls")]
pub use tls::{tls_client, tls_server};

/// A WebSocket over a stream of smol.
pub type WebSocket<S> = task::WebSocket<Wire<S>>;

/// Its sending side, beside an event.
pub type Writer<S> = task::Writer<Wire<S>>;

/// The receiving side of a [split](task::WebSocket::split) WebSocket.
pub type Receiver<S> = task::Receiver<Wire<S>>;

/// The sending side of a [split](task::WebSocket::split) WebSocket, for any number of tasks.
pub type Sender<S> = task::Sender<Wire<S>>;

/// Connects to a `ws://` URL, or with the feature `tls` to a `wss://` URL.
///
/// If the future is dropped, the connection is.
///
/// # Errors
///
/// As for [`connect_with`].
pub async fn connect(url: &str) -> Result<WebSocket<MaybeTls<TcpStream>>, Error> {
    connect_with(&ClientRequest::new(url)?, shared_default()).await
}

/// Connects with a request of one's own making.
///
/// The addresses of the host are tried in turn, and Nagle's algorithm is turned off. All of it
/// takes at most [`Config::handshake_timeout`] for the connection, TLS included, and as much again
/// for the handshake. With `wss://` the server is trusted if the platform trusts its certificate.
/// If the future is dropped, the connection is.
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
///
/// # Errors
///
/// [`Error::Io`] if no address can be connected to, the server's certificate is not to be trusted,
/// or the URL is a `wss://` one and the feature `tls` is not built in. Else as for [`client`].
pub async fn connect_with(
    request: &ClientRequest,
    config: impl Into<Arc<Config>>,
) -> Result<WebSocket<MaybeTls<TcpStream>>, Error> {
    let tls = ClientTls::for_request(request)?;
    // Boxed, so that a task is not as large as its handshakes for all of its life.
    Box::pin(open(request, config.into(), tls.as_ref())).await
}

/// The same as [`connect_with`], but with `wss://` the server is trusted if `tls` says so.
///
/// If the future is dropped, the connection is.
///
/// ```no_run
/// # async fn example() -> Result<(), websocket_proto::io::Error> {
/// use websocket_proto::io::{smol::connect_tls, tls::ClientTls};
/// use websocket_proto::{Config, handshake::ClientRequest};
///
/// let tls = ClientTls::with_roots(&std::fs::read("our-ca.pem")?)?;
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

async fn open(
    request: &ClientRequest,
    config: Arc<Config>,
    tls: Option<&ClientTls>,
) -> Result<WebSocket<MaybeTls<TcpStream>>, Error> {
    let stream = timeout(config.handshake_timeout, dial(request, &config, tls)).await?;
    client(stream, request, config).await
}

/// A connection to the host of the request, with TLS around it if there is to be.
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

/// Opens a WebSocket as a client over a connected stream.
///
/// If the future is dropped, the stream is.
///
/// # Errors
///
/// [`Error::Refused`] if the server answered with something else than a WebSocket,
/// [`Error::Protocol`] if with something wrong, [`Error::Ended`] if not at all,
/// [`Error::Request`] without random bytes, [`Error::Io`].
pub fn client<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    request: &ClientRequest,
    config: impl Into<Arc<Config>>,
) -> impl Future<Output = Result<WebSocket<S>, Error>> {
    Box::pin(task::client(Wire::new(stream), request, config.into()))
}

/// Accepts a WebSocket as a server, whatever the request asks for.
///
/// Look at the request with [`accept_with`] where cookies are in use: browsers let any page
/// connect. Turn Nagle's algorithm off before, as on the [page](self) of this module. If the future
/// is dropped, the stream is.
///
/// # Errors
///
/// As for [`accept_with`].
pub fn accept<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
) -> impl Future<Output = Result<WebSocket<S>, Error>> {
    accept_with(stream, shared_default(), async |_| Ok(Acceptance::new()))
}

/// Accepts a WebSocket as a server, if `decide` does, which may take its time: up to
/// [`Config::handshake_timeout`] for all of the handshake.
///
/// If the future is dropped, the stream is.
///
/// # Errors
///
/// [`Error::Protocol`] for a bad request and [`Error::Ended`] for a rejected one, after the
/// answer has been delivered; [`Error::Answer`] if `decide` chose a subprotocol that the client
/// did not offer, which is told that this was our fault (500); [`Error::Io`].
pub fn accept_with<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: impl Into<Arc<Config>>,
    decide: impl AsyncFnOnce(&Request<'_>) -> Result<Acceptance, Rejection>,
) -> impl Future<Output = Result<WebSocket<S>, Error>> {
    // Boxed, so that a task is not as large as its handshake for all of its life.
    Box::pin(task::accept_with(Wire::new(stream), config.into(), decide))
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// A WebSocket over a stream on which somebody else, say an HTTP library, did the handshake,
    /// and read `leftover` behind it.
    pub fn established(
        stream: S,
        role: Role,
        agreed: Option<DeflateParameters>,
        config: impl Into<Arc<Config>>,
        leftover: &[u8],
    ) -> Self {
        Self::new_established(Wire::new(stream), role, agreed, config.into(), leftover)
    }

    /// A WebSocket from the parts of one.
    pub fn from_parts(parts: Parts<S>) -> Self {
        Self::reassemble(parts, Wire::new)
    }

    /// The parts, with everything unread and unwritten.
    pub fn into_parts(self) -> Parts<S> {
        self.disassemble(|wire| wire.stream)
    }
}

/// A stream with smol's clock and timer.
#[derive(Debug)]
pub struct Wire<S> {
    stream: S,
    /// Made with the first deadline; often earlier than the one in force, never later.
    timer: Option<(Time, Timer)>,
}

impl<S> Wire<S> {
    fn new(stream: S) -> Self {
        Self { stream, timer: None }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> task::Wire for Wire<S> {
    fn poll_read(&mut self, cx: &mut Context<'_>, space: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_read(cx, space)
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let stream = Pin::new(&mut self.stream);
        match pieces {
            // Costs the system less than a list of one.
            [piece] => stream.poll_write(cx, piece),
            pieces => stream.poll_write_vectored(cx, pieces),
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }

    fn now(&self) -> Time {
        time_at(Instant::now())
    }

    fn poll_until(&mut self, cx: &mut Context<'_>, at: Option<Time>) -> Poll<()> {
        let Some(at) = at else { return Poll::Pending };
        let Some(instant) = origin().checked_add(at.since_origin()) else { return Poll::Pending };
        let (set, timer) = self.timer.get_or_insert_with(|| (at, Timer::at(instant)));
        if *set > at {
            timer.set_at(instant);
            *set = at;
        }
        loop {
            ready!(Pin::new(&mut *timer).poll(cx));
            if *set >= at {
                // It fires once: the next deadline sets another.
                self.timer = None;
                return Poll::Ready(());
            }
            // Deadlines move on with every batch of input; the timer follows when it has to.
            timer.set_at(instant);
            *set = at;
        }
    }
}
