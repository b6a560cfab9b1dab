//! Connecting as a client, on blocking sockets.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::super::dialing::Dialing;
use super::super::tls::ClientTls;
use super::super::{Error, MaybeTls, default_config};
use super::handshake::client;
use super::tls::tls_client;
use super::web_socket::WebSocket;
use crate::Config;
use crate::handshake::ClientRequest;

/// Connects to a `ws://` URL, or with the feature `tls` to a `wss://` URL.
///
/// # Errors
///
/// As for [`connect_with`].
pub fn connect(url: &str) -> Result<WebSocket<MaybeTls<TcpStream>>, Error> {
    connect_with(&ClientRequest::new(url)?, default_config())
}

/// Connects with a request of your own.
///
/// The addresses of the host are tried in turn, and Nagle's algorithm is turned off. Connecting,
/// with the look-up of the name and TLS, takes at most [`Config::handshake_timeout`], and the
/// handshake at most the same again. With `wss://` the server is trusted if the platform trusts its
/// certificate.
///
/// ```no_run
/// use std::time::Duration;
/// use websocket_proto::{Config, handshake::ClientRequest, io::blocking::connect_with};
///
/// let request = ClientRequest::new("ws://127.0.0.1:9001/chat")?.bearer("token")?;
/// let mut config = Config::default();
/// config.handshake_timeout = Duration::from_secs(3);
/// let socket = connect_with(&request.subprotocol("chat")?, config)?;
/// # Ok::<(), websocket_proto::io::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::Connect`] if no address can be connected to, if the server's certificate is not trusted,
/// or if that takes too long; the text names the host and the addresses. [`Error::Io`] for a
/// `wss://` URL if the feature `tls` is not built in, or the platform has no certificates to trust.
/// Otherwise as for [`client`].
pub fn connect_with(
    request: &ClientRequest,
    config: impl Into<Arc<Config>>,
) -> Result<WebSocket<MaybeTls<TcpStream>>, Error> {
    let tls = ClientTls::for_request(request)?;
    open(request, config.into(), tls.as_ref())
}

/// Connects as [`connect_with`] does, but with `wss://` the server is trusted if `tls` says so.
///
/// ```no_run
/// use websocket_proto::io::{blocking::connect_tls, tls::ClientTls};
/// use websocket_proto::{Config, handshake::ClientRequest};
///
/// let tls = ClientTls::with_roots_file("our-ca.pem")?;
/// let request = ClientRequest::new("wss://127.0.0.1:9001/")?;
/// let socket = connect_tls(&request, Config::default(), &tls)?;
/// # Ok::<(), websocket_proto::io::Error>(())
/// ```
///
/// # Errors
///
/// As for [`connect_with`].
#[cfg(feature = "tls")]
pub fn connect_tls(
    request: &ClientRequest,
    config: impl Into<Arc<Config>>,
    tls: &ClientTls,
) -> Result<WebSocket<MaybeTls<TcpStream>>, Error> {
    open(request, config.into(), request.uri().is_secure().then_some(tls))
}

/// Connects and does the handshake.
fn open(
    request: &ClientRequest,
    config: Arc<Config>,
    tls: Option<&ClientTls>,
) -> Result<WebSocket<MaybeTls<TcpStream>>, Error> {
    let (mut dialing, limit) = (Dialing::new(request), config.handshake_timeout);
    let dialed = dial(&mut dialing, limit, tls);
    client(dialing.finish(dialed, limit)?, request, config)
}

/// Tries the addresses of the host in turn, until there is a stream. Returns `None` if the time is
/// up, no stream if there is none, and an error if there are no addresses. `dialing` has the
/// failures.
fn dial(
    dialing: &mut Dialing<'_>,
    limit: Duration,
    tls: Option<&ClientTls>,
) -> Option<io::Result<Option<MaybeTls<TcpStream>>>> {
    let start = Instant::now();
    let addresses = match resolve(dialing, limit)? {
        Ok(addresses) => addresses,
        Err(error) => return Some(Err(error)),
    };
    let remaining = || limit.saturating_sub(start.elapsed());
    for address in addresses {
        dialing.note_attempt(address);
        match dial_address(address, dialing, &remaining, tls) {
            Ok(stream) => return Some(Ok(Some(stream))),
            Err(_) if remaining().is_zero() => return None,
            Err(error) => dialing.note_failure(address, error),
        }
        if dialing.has_begun_tls() {
            break;
        }
    }
    Some(Ok(None))
}

/// Connects to one address of the host, with TLS around the stream if `tls` is given.
fn dial_address(
    address: SocketAddr,
    dialing: &mut Dialing<'_>,
    remaining: &impl Fn() -> Duration,
    tls: Option<&ClientTls>,
) -> io::Result<MaybeTls<TcpStream>> {
    let stream = TcpStream::connect_timeout(&address, remaining())?;
    stream.set_nodelay(true)?;
    let Some(tls) = tls else { return Ok(MaybeTls::plain(stream)) };
    dialing.note_tls();
    tls_client(stream, tls, dialing.host(), remaining())
}

/// The addresses of the host; `None` if the time is up. The system's resolver knows no deadline, so
/// a thread looks up the name, and nobody waits for that thread after `timeout`.
fn resolve(dialing: &Dialing<'_>, timeout: Duration) -> Option<io::Result<Vec<SocketAddr>>> {
    if let Some(address) = dialing.literal() {
        return Some(Ok(vec![address]));
    }
    let (answer, answers) = mpsc::channel();
    let (host, port) = dialing.name();
    let host = host.to_owned();
    let look_up = move || (host, port).to_socket_addrs().map(Iterator::collect);
    match thread::Builder::new().spawn(move || answer.send(look_up())) {
        Ok(_) => answers.recv_timeout(timeout).ok(),
        Err(error) => Some(Err(error)),
    }
}
