//! From a URL to an open WebSocket.

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Instant;

use super::super::address::plain_address;
use super::{Error, WebSocket, client};
use crate::Config;
use crate::handshake::ClientRequest;

/// Connects to a `ws://` URL.
///
/// # Errors
///
/// As for [`connect_with`].
pub fn connect(url: &str) -> Result<WebSocket<TcpStream>, Error> {
    connect_with(&ClientRequest::new(url)?, Config::default())
}

/// Connects with a request of one's own making.
///
/// The addresses of the host are tried in turn, and Nagle's algorithm is turned off. All of it
/// takes at most [`Config::handshake_timeout`] for the connection and as much again for the
/// handshake.
///
/// # Errors
///
/// [`Error::Io`] if no address can be connected to, also for a `wss://` URL, as this function
/// has no TLS: give [`client`] a stream that has. Else as for [`client`].
pub fn connect_with(
    request: &ClientRequest,
    config: Config,
) -> Result<WebSocket<TcpStream>, Error> {
    let stream = dial(plain_address(request)?, &config)?;
    stream.set_nodelay(true)?;
    client(stream, request, config)
}

fn dial(address: (&str, u16), config: &Config) -> io::Result<TcpStream> {
    let start = Instant::now();
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host name has no address");
    for address in address.to_socket_addrs()? {
        let left = config.handshake_timeout.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}
