//! One thread for each connection, on blocking sockets.

use std::net::{TcpListener, TcpStream};
use std::thread;

use websocket_proto::handshake::Acceptance;
use websocket_proto::io::{Error, blocking};
use websocket_proto::{Config, Event};

use crate::tls::{Tls, announce, start_tls_on_thread};

/// Accepts a WebSocket on the stream, and sends every message back.
fn echo(stream: TcpStream, config: Config, tls: &Tls) -> Result<(), Error> {
    let stream = start_tls_on_thread(stream, tls, config.handshake_timeout)?;
    let mut socket = blocking::accept_with(stream, config, |_| Ok(Acceptance::new()))?;
    while let Some((event, reply)) = socket.receive()? {
        match event {
            // The answers to everything that one read brought are written in one write.
            Event::Text(text) => reply.feed_text(text)?,
            Event::Binary(data) => reply.feed_binary(data)?,
            _ => {}
        }
    }
    Ok(())
}

/// Accepts connections, each in a thread of its own.
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
