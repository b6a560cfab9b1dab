//! One thread a connection, on blocking sockets.

use std::net::{TcpListener, TcpStream};
use std::thread;

use websocket_proto::handshake::Acceptance;
use websocket_proto::io::{Error, MaybeTls, blocking};
use websocket_proto::{Config, Event};

use crate::tls::{Tls, announce};

pub(crate) fn serve(listen: &str, config: Config, tls: &Tls) -> std::io::Result<()> {
    let listener = TcpListener::bind(listen)?;
    announce(tls, listener.local_addr())?;
    loop {
        let tls = tls.clone();
        let (stream, _) = listener.accept()?;
        thread::spawn(move || {
            if let Err(error) = echo(stream, config, &tls) {
                eprintln!("echo: {error}");
            }
        });
    }
}

fn echo(stream: TcpStream, config: Config, tls: &Tls) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let stream = start(stream, tls, config)?;
    let mut socket = blocking::accept_with(stream, config, |_| Ok(Acceptance::new()))?;
    loop {
        match socket.receive() {
            Ok(Some((Event::Text(text), reply))) => reply.send_text(text)?,
            Ok(Some((Event::Binary(data), reply))) => reply.send_binary(data)?,
            Ok(Some(_)) => {}
            Ok(None) => return Ok(()),
            // The peer is owed a Close frame, which going on delivers.
            Err(Error::Protocol(error)) => eprintln!("echo: {error}"),
            Err(error) => return Err(error),
        }
    }
}

/// The stream as it is, or with TLS around it.
fn start(stream: TcpStream, tls: &Tls, config: Config) -> std::io::Result<MaybeTls<TcpStream>> {
    match (tls, config.handshake_timeout) {
        (None, _) => Ok(MaybeTls::plain(stream)),
        #[cfg(feature = "tls")]
        (Some(tls), timeout) => blocking::tls_server(stream, tls, timeout),
        #[cfg(not(feature = "tls"))]
        (Some(tls), _) => match *tls {},
    }
}
