//! Connecting as a client, on blocking sockets.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::thread;

use super::super::connect_error::Reason;
use super::super::dialing::{Dialing, Exchange, Layer};
use super::super::redirects::Redirects;
use super::super::{Dial, Error, MaybeTls, default_config};
use super::attempts::connect_first;
use super::handshake::client;
use super::limit::Limit;
use super::stream::Stream;
use super::tls::do_handshake;
use super::web_socket::WebSocket;
use crate::Config;
use crate::handshake::ClientRequest;

#[cfg(test)]
mod tests;

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
/// The addresses of the host are tried as [`Dial`] says, and Nagle's algorithm is turned off.
/// Connecting, with the look-up of the name and TLS, takes at most [`Config::handshake_timeout`], and
/// the handshake at most the same again. With `wss://` the server is trusted if the platform trusts
/// its certificate.
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
    dial(request, config, &Dial::new())
}

/// Connects as [`connect_with`] does, with options.
///
/// ```no_run
/// use websocket_proto::handshake::{ClientRequest, proxy::Proxy};
/// use websocket_proto::io::{Dial, blocking::dial};
///
/// let options = Dial::new().proxy(Proxy::new("http://proxy.example:3128")?).follow_redirects(3);
/// let request = ClientRequest::new("ws://example.com/")?;
/// let socket = dial(&request, websocket_proto::Config::default(), &options)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// As for [`connect_with`]. [`Error::Connect`] also if the proxy does not lead to the server, and
/// [`Error::Request`] if a redirect leads where none may lead.
pub fn dial(
    request: &ClientRequest,
    config: impl Into<Arc<Config>>,
    options: &Dial,
) -> Result<WebSocket<MaybeTls<TcpStream>>, Error> {
    let (mut redirects, config) = (Redirects::new(request, options), config.into());
    loop {
        let result = open(&redirects, config.clone());
        if let Some(result) = redirects.after(result) {
            return result;
        }
    }
}

/// Connects and does the handshake.
fn open(
    redirects: &Redirects<'_>,
    config: Arc<Config>,
) -> Result<WebSocket<MaybeTls<TcpStream>>, Error> {
    let (mut dialing, limit) = (redirects.dialing()?, Limit::new(config.handshake_timeout));
    let dialed = reach(&mut dialing, &limit);
    client(dialing.finish(dialed)?, redirects.request(), config)
}

/// A stream to the server.
fn reach(dialing: &mut Dialing<'_>, limit: &Limit) -> Result<MaybeTls<TcpStream>, Reason> {
    let found = match dialing.known_addresses() {
        Some(addresses) => Ok(addresses),
        None => {
            let (host, port) = dialing.target();
            let host = host.to_owned();
            look_up(move || (host, port).to_socket_addrs().map(Iterator::collect), limit)?
        }
    };
    dialing.begin(found)?;
    let mut stream = MaybeTls::plain(connect_first(dialing, limit)?);
    while let Some(layer) = dialing.next_layer()? {
        match layer {
            Layer::Tls(session) => {
                stream = do_handshake(stream.with_session(session), limit.remaining())
                    .map_err(|error| limit.reason(error, |error| dialing.fail(error)))?;
            }
            Layer::Tunnel(exchange) => tunnel(&mut stream, exchange, dialing, limit)?,
        }
    }
    Ok(stream)
}

/// What a resolver finds. That of the system knows no deadline, so a thread asks it, and nobody waits
/// for that thread longer than the limit.
fn look_up<T: Send + 'static>(
    resolve: impl FnOnce() -> io::Result<T> + Send + 'static,
    limit: &Limit,
) -> Result<io::Result<T>, Reason> {
    let (answer, answers) = mpsc::channel();
    match thread::Builder::new().spawn(move || answer.send(resolve())) {
        Ok(_) => answers.recv_timeout(limit.remaining()).map_err(|_| limit.passed()),
        Err(error) => Ok(Err(error)),
    }
}

/// Has a proxy lead the stream to the server.
fn tunnel(
    stream: &mut MaybeTls<TcpStream>,
    mut exchange: Exchange,
    dialing: &mut Dialing<'_>,
    limit: &Limit,
) -> Result<(), Reason> {
    let mut space = [0; 1024];
    loop {
        let len = ask(stream, &exchange.output(), &mut space, limit)
            .map_err(|error| limit.reason(error, |error| dialing.fail(error)))?;
        if exchange.receive(&space[..len])? {
            let lifted = stream.set_read_timeout(None).and(stream.set_write_timeout(None));
            return lifted.map_err(|error| dialing.fail(error));
        }
    }
}

/// Writes all of `output`, and reads something.
fn ask(
    stream: &mut MaybeTls<TcpStream>,
    output: &[u8],
    space: &mut [u8],
    limit: &Limit,
) -> io::Result<usize> {
    let mut written = 0;
    while written < output.len() {
        written += once(stream, limit, |stream| stream.write(&output[written..]))?;
    }
    once(stream, limit, Write::flush)?;
    once(stream, limit, |stream| stream.read(space))
}

/// Calls `operation`, again while it is interrupted, within the limit.
fn once<T>(
    stream: &mut MaybeTls<TcpStream>,
    limit: &Limit,
    mut operation: impl FnMut(&mut MaybeTls<TcpStream>) -> io::Result<T>,
) -> io::Result<T> {
    loop {
        let remaining = limit.remaining();
        if remaining.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(remaining))?;
        stream.set_write_timeout(Some(remaining))?;
        match operation(stream).map_err(|error| (error.kind(), error)) {
            // The limit decides, and not the timeouts of the stream.
            Err((ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::TimedOut, _)) => {}
            result => return result.map_err(|(_, error)| error),
        }
    }
}
