//! Connecting as a client, on blocking sockets.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::super::address::address;
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
/// [`Error::Io`] if no address can be connected to, if the server's certificate is not trusted, or
/// if the URL is a `wss://` one and the feature `tls` is not built in. Otherwise as for [`client`].
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
    let stream = dial(request, config.handshake_timeout, tls)?;
    client(stream, request, config)
}

/// Connects to the host of the request, with TLS around the stream if `tls` is given.
fn dial(
    request: &ClientRequest,
    timeout: Duration,
    tls: Option<&ClientTls>,
) -> io::Result<MaybeTls<TcpStream>> {
    let start = Instant::now();
    let stream = connect_tcp(address(request), timeout)?;
    stream.set_nodelay(true)?;
    match tls {
        Some(tls) => {
            let remaining = timeout.saturating_sub(start.elapsed());
            tls_client(stream, tls, request.uri().host(), remaining)
        }
        None => Ok(MaybeTls::plain(stream)),
    }
}

/// Tries the addresses of the host in turn, until one can be connected to.
fn connect_tcp(address: (&str, u16), timeout: Duration) -> io::Result<TcpStream> {
    let start = Instant::now();
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host name has no address");
    for address in resolve(address, timeout)? {
        let remaining = timeout.saturating_sub(start.elapsed());
        if remaining.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match TcpStream::connect_timeout(&address, remaining) {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// The addresses of a host. The system's resolver knows no deadline, so a thread looks up the name,
/// and nobody waits for that thread after `timeout`.
fn resolve(
    (host, port): (&str, u16),
    timeout: Duration,
) -> io::Result<impl Iterator<Item = SocketAddr>> {
    if let Ok(address) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)].into_iter());
    }
    let (answer, answers) = mpsc::channel();
    let host = host.to_owned();
    thread::Builder::new().spawn(move || answer.send((host, port).to_socket_addrs()))?;
    answers.recv_timeout(timeout).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
