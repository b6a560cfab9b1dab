//! The example `tick_loop`, with players on tungstenite.

#[path = "../../../examples/tick_loop.rs"]
#[expect(dead_code, reason = "its `main`")]
mod example;

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Message, WebSocket, client};

use super::dial;

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || example::serve(&listener, Duration::from_millis(5)).unwrap());
    address
}

fn join(address: SocketAddr) -> WebSocket<TcpStream> {
    client(format!("ws://{address}/"), dial(address)).unwrap().0
}

/// Reads states until this one comes.
fn see(player: &mut WebSocket<TcpStream>, state: &str) {
    while player.read().unwrap() != Message::text(state) {}
}

#[test]
fn players_see_each_other_move_and_leave() {
    let address = serve();
    let mut first = join(address);
    see(&mut first, "0");
    let mut second = join(address);
    for player in [&mut first, &mut second] {
        see(player, "0 0");
    }
    for direction in ["left", "left", "right", "left"] {
        first.send(Message::text(direction)).unwrap();
    }
    second.send(Message::text("right")).unwrap();
    for player in [&mut first, &mut second] {
        see(player, "-2 1");
    }
    let bye = CloseFrame { code: CloseCode::Away, reason: "bye".into() };
    first.close(Some(bye)).unwrap();
    let answer = loop {
        match first.read().unwrap() {
            Message::Close(close) => break close.unwrap(),
            message => assert!(message.is_text()),
        }
    };
    assert_eq!(answer.code, CloseCode::Away);
    assert!(first.read().is_err(), "the server has ended the stream");
    see(&mut second, "1");
    // One that is just gone.
    let third = join(address);
    see(&mut second, "1 0");
    drop(third);
    see(&mut second, "1");
}

#[test]
fn a_violation_is_answered_and_others_play_on() {
    let address = serve();
    let mut player = join(address);
    let mut stream = dial(address);
    stream.write_all(REQUEST.as_bytes()).unwrap();
    // A reserved opcode, and more than the server reads in one tick.
    stream.write_all(&[&b"\x83\x80\0\0\0\0"[..], &[0; 3 << 20]].concat()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an end without a reset");
    assert!(answer.starts_with(b"HTTP/1.1 101 "));
    assert!(answer.ends_with(b"\x88\x02\x03\xea"), "{}", answer.escape_ascii());
    player.send(Message::text("right")).unwrap();
    see(&mut player, "1");
}

#[test]
fn who_does_not_read_holds_up_nobody() {
    let address = serve();
    let mut deaf = dial(address);
    deaf.write_all(REQUEST.as_bytes()).unwrap();
    let mut player = join(address);
    see(&mut player, "0 0");
    player.send(Message::text("left")).unwrap();
    see(&mut player, "0 -1");
}
