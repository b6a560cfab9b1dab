//! The way through a proxy.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use websocket_proto::handshake::Uri;
use websocket_proto::handshake::proxy::{Proxy, Tunnel, TunnelProgress};

/// The proxy that `--proxy` names: a URL, or `env` for the one in the environment, if there is one.
pub(crate) fn find(value: &str, uri: &Uri) -> Result<Option<Proxy>, String> {
    let found = match value {
        "env" => Proxy::from_env(uri).map_err(|error| error.to_string()),
        url => Proxy::new(url).map(Some).map_err(|error| error.to_string()),
    };
    found.map_err(|error| format!("--proxy: {error}"))
}

/// Has the proxy at the other end of the stream lead it to the server.
pub(crate) fn open_tunnel(stream: &mut TcpStream, proxy: &Proxy, uri: &Uri) -> io::Result<()> {
    let mut tunnel = Tunnel::new(proxy, uri).map_err(io::Error::other)?;
    // One byte at a time, so that no byte of the server's is taken out of the stream.
    let mut byte = [0];
    loop {
        stream.write_all(&tunnel.take_output())?;
        if stream.read(&mut byte)? == 0 {
            return Err(io::Error::other(tunnel.receive_eof()));
        }
        match tunnel.receive(&byte).map_err(io::Error::other)? {
            TunnelProgress::NeedBytes => {}
            TunnelProgress::Open(_) => return Ok(()),
        }
    }
}
