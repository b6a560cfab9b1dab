//! Servers to which clients have to reconnect.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::Receiver;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use websocket_proto::handshake::{Acceptance, ClientRequest, Rejection};
use websocket_proto::io::blocking::{WebSocket, accept, accept_with};
use websocket_proto::{CloseCode, Config, EndCause, Event};

/// Starts a server that calls `serve` with its listener; returns a request to it.
pub(crate) fn start<T: Send + 'static>(
    serve: impl FnOnce(&TcpListener) -> T + Send + 'static,
) -> (ClientRequest, JoinHandle<T>) {
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
    play_with(listener, |_| ());
}

/// The same, with a message at the beginning of each connection.
pub(crate) fn play_with_greeting(listener: &TcpListener) {
    play_with(listener, |socket| socket.feed_text("welcome").unwrap());
}

fn play_with(listener: &TcpListener, greet: fn(&mut WebSocket<TcpStream>)) {
    refuse(listener, Rejection::new(503).unwrap().header("Retry-After", "7").unwrap());
    let mut socket = echo_once(listener, greet);
    assert!(socket.close_with(CloseCode::SERVICE_RESTART, "").unwrap().is_clean());
    drop(echo_once(listener, greet));
    let mut socket = echo_once(listener, greet);
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

fn echo_once(listener: &TcpListener, greet: fn(&mut WebSocket<TcpStream>)) -> WebSocket<TcpStream> {
    let (stream, _) = listener.accept().unwrap();
    let mut socket = accept_with(stream, Config::default(), |_| Ok(Acceptance::new())).unwrap();
    greet(&mut socket);
    let Some((Event::Text(text), reply)) = socket.receive().unwrap() else { panic!() };
    reply.send_text(text).unwrap();
    socket
}

/// How many messages are queued for [`stops_reading`], and how long each of them is.
pub(crate) const FLOOD: [(u64, usize); 2] = [(300, 100_000), (30_000, 1_000)];

/// Room for all messages of a flood.
pub(crate) fn flood_config() -> Config {
    let mut config = Config::default();
    config.limits.output = 64 << 20;
    config.write_timeout = Some(Duration::from_millis(500));
    config
}

/// Reads nothing until `go_on`, then everything that has left the client, and returns how many
/// whole messages that was.
pub(crate) fn stops_reading(listener: &TcpListener, go_on: &Receiver<()>) -> u64 {
    let mut socket = accept(listener.accept().unwrap().0).unwrap();
    go_on.recv().unwrap();
    let mut received = 0;
    while let Ok(Some((event, _))) = socket.receive() {
        received += u64::from(matches!(event, Event::Binary(_)));
    }
    received
}

/// Reads this many messages, and resets the connection in the middle of others.
pub(crate) fn reset_after(listener: &TcpListener, messages: u64, go_on: &Receiver<()>) {
    let mut socket = accept(listener.accept().unwrap().0).unwrap();
    let mut received = 0;
    while received < messages {
        let Some((event, _)) = socket.receive().unwrap() else { panic!() };
        received += u64::from(matches!(event, Event::Binary(_)));
    }
    go_on.recv().unwrap();
    // Dropped with unread input.
    drop(socket.into_parts().stream);
}

/// Echoes until the end of the stream, and returns how the connection ended.
pub(crate) fn echo_until_the_end(listener: &TcpListener) -> EndCause {
    let mut socket = accept(listener.accept().unwrap().0).unwrap();
    loop {
        match socket.receive() {
            Ok(Some((Event::Text(text), reply))) => drop(reply.feed_text(text)),
            Ok(Some((Event::Ended(ending), _))) => return ending.cause,
            Ok(Some(_)) | Err(_) => {}
            Ok(None) => panic!(),
        }
    }
}
