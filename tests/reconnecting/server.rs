//! Servers to which clients have to reconnect.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use websocket_proto::handshake::{Acceptance, ClientRequest, Rejection};
use websocket_proto::io::blocking::{WebSocket, accept, accept_with};
use websocket_proto::{CloseCode, Config, Event};

/// Starts a server that calls `serve` with its listener; returns a request to it.
pub(crate) fn start(
    serve: impl FnOnce(&TcpListener) + Send + 'static,
) -> (ClientRequest, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let request = request(listener.local_addr().unwrap());
    (request, thread::spawn(move || serve(&listener)))
}

/// A request to an address at which nobody listens.
pub(crate) fn nobody() -> ClientRequest {
    let (request, server) = start(|_| ());
    server.join().unwrap();
    request
}

fn request(address: SocketAddr) -> ClientRequest {
    ClientRequest::new(&format!("ws://{address}/")).unwrap()
}

/// Refuses for a while, accepts and restarts properly, accepts and crashes, and finally closes for
/// good.
pub(crate) fn play(listener: &TcpListener) {
    refuse(listener, Rejection::new(503).unwrap().header("Retry-After", "7").unwrap());
    let mut socket = echo_once(listener);
    assert!(socket.close_with(CloseCode::SERVICE_RESTART, "").unwrap().is_clean());
    drop(echo_once(listener));
    let mut socket = echo_once(listener);
    assert!(socket.close_with(CloseCode::NORMAL, "").unwrap().is_clean());
}

/// Refuses clients, as they have no credentials.
pub(crate) fn lock(listener: &TcpListener) {
    refuse(listener, Rejection::new(401).unwrap());
}

/// Echoes until the client closes.
pub(crate) fn echo(listener: &TcpListener) {
    let mut socket = accept(listener.accept().unwrap().0).unwrap();
    while let Some((event, reply)) = socket.receive().unwrap() {
        if let Event::Text(text) = event {
            reply.feed_text(text).unwrap();
        }
    }
}

fn refuse(listener: &TcpListener, rejection: Rejection) {
    let (stream, _) = listener.accept().unwrap();
    let refused = accept_with(stream, Config::default(), |_| Err(rejection));
    refused.map(drop).unwrap_err();
}

fn echo_once(listener: &TcpListener) -> WebSocket<TcpStream> {
    let (stream, _) = listener.accept().unwrap();
    let mut socket = accept_with(stream, Config::default(), |_| Ok(Acceptance::new())).unwrap();
    let Some((Event::Text(text), reply)) = socket.receive().unwrap() else { panic!() };
    reply.send_text(text).unwrap();
    socket
}
