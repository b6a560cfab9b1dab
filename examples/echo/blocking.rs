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
    for stream in blocking::incoming(&listener) {
        let tls = tls.clone();
        thread::spawn(move || {
            if let Err(error) = echo(stream, config, &tls) {
                eprintln!("echo: {error}");
            }
        });
    }
    Ok(())
}

fn echo(stream: TcpStream, config: Config, tls: &Tls) -> Result<(), Error> {
    let stream = start(stream, tls, config)?;
    let mut socket = blocking::accept_with(stream, config, |_| Ok(Acceptance::new()))?;
    while let Some((event, reply)) = socket.receive()? {
        match event {
            Event::Text(text) => reply.feed_text(text)?,
            Event::Binary(data) => reply.feed_binary(data)?,
            _ => {}
        }
    }
    Ok(())
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
