//! One thread a connection, on blocking sockets.

use std::net::{TcpListener, TcpStream};
use std::thread;

use websocket_proto::Config;
use websocket_proto::io::{Error, MaybeTls, blocking as adapter};

use crate::{LISTEN, Tls, Visit, announce, serve_visit};

pub(crate) fn serve(config: Config, tls: Tls) -> std::io::Result<()> {
    let listener = TcpListener::bind(LISTEN)?;
    announce(&tls, listener.local_addr()?);
    for stream in adapter::incoming(&listener) {
        let tls = tls.clone();
        thread::spawn(move || {
            visit(stream, config, &tls).map_err(|error| eprintln!("server: {error}"))
        });
    }
    Ok(())
}

fn visit(stream: TcpStream, config: Config, tls: &Tls) -> Result<(), Error> {
    let stream = match tls {
        Some(tls) => adapter::tls_server(stream, tls, config.handshake_timeout)?,
        None => MaybeTls::plain(stream),
    };
    let mut visit = Visit::default();
    let mut socket = adapter::accept_with(stream, config, |request| visit.decide(request))?;
    serve_visit!(socket.receive, visit, [])
}
