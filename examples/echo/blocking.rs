//! One thread a connection, on blocking sockets.

use std::net::{TcpListener, TcpStream};
use std::thread;

use websocket_proto::handshake::Acceptance;
use websocket_proto::io::{Error, blocking};
use websocket_proto::{Config, Event};

pub(crate) fn serve(listen: &str, config: Config) -> std::io::Result<()> {
    let listener = TcpListener::bind(listen)?;
    println!("listening on ws://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept()?;
        thread::spawn(move || {
            if let Err(error) = echo(stream, config) {
                eprintln!("echo: {error}");
            }
        });
    }
}

fn echo(stream: TcpStream, config: Config) -> Result<(), Error> {
    stream.set_nodelay(true)?;
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
