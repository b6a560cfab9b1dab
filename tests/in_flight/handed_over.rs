//! Sockets that are made of output of which a part is in flight, as it has been taken by another writer.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use websocket_proto::io::{Error, blocking::WebSocket};
use websocket_proto::{Config, Role};

/// A socket whose output another writer has taken, and its peer's stream.
fn socket() -> (WebSocket<TcpStream>, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (stream, _) = listener.accept().unwrap();
    let mut config = Config::default();
    (config.write_timeout, config.keepalive) = (None, None);
    let mut parts = WebSocket::established(stream, Role::Server, None, config, &[]).into_parts();
    parts.connection.send_text("taken", &mut parts.outgoing).unwrap();
    drop(parts.outgoing.take_in_flight());
    (WebSocket::from_parts(parts), peer)
}

fn assert_fails(send: impl FnOnce(WebSocket<TcpStream>) -> Result<(), Error> + Send + 'static) {
    let (socket, _peer) = socket();
    let (tell, told) = channel();
    thread::spawn(move || tell.send(send(socket)));
    let sent = told.recv_timeout(Duration::from_secs(60)).expect("it waits for ever");
    let Err(Error::Io(error)) = sent else { panic!("{sent:?}") };
    assert_eq!(error.kind(), io::ErrorKind::WriteZero);
}

#[test]
fn a_socket_fails() {
    assert_fails(|mut socket| socket.send_text("a"));
}

#[test]
fn a_split_socket_fails() {
    assert_fails(|socket| {
        let (sender, _receiver) = socket.split();
        sender.send_text("a")
    });
}
