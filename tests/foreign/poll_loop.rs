//! The example `poll_loop`, with our client and that of tungstenite.

#[path = "../../examples/poll_loop.rs"]
#[expect(dead_code, reason = "its `main`")]
mod example;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use tokio_tungstenite::tungstenite::{Message, client as tungstenite};
use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::blocking::client;
use websocket_proto::{CloseCode, Config, Event};

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// After this time a test is regarded as hanging. It is much longer than any test takes.
const GUARD: Duration = Duration::from_secs(20);

/// Starts a server; returns its address.
fn serve(config: Config) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || example::serve(listener, config));
    address.to_string()
}

fn dial(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(GUARD)).unwrap();
    stream.set_write_timeout(Some(GUARD)).unwrap();
    stream
}

/// Sends a request and these bytes; returns what follows the 101, until the end of the stream.
fn exchange(mut stream: TcpStream, bytes: &[u8]) -> Vec<u8> {
    stream.write_all(&[REQUEST.as_bytes(), bytes].concat()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an end without a reset");
    let head = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 101 "));
    answer.split_off(head + 4)
}

fn speak_our_client(address: &str) {
    let request = ClientRequest::new(&format!("ws://{address}/")).unwrap();
    let mut socket = client(dial(address), &request, Config::default()).unwrap();
    let long = "long ".repeat(500_000);
    let texts: Vec<_> = (0..1000).map(|number| number.to_string()).chain([long]).collect();
    texts.iter().for_each(|text| socket.feed_text(text).unwrap());
    for expected in &texts {
        let Some((Event::Text(text), _)) = socket.receive().unwrap() else { panic!() };
        assert!(text == expected);
    }
    assert!(socket.close_with(CloseCode::NORMAL, "bye").unwrap().is_clean());
}

fn speak_tungstenite(address: &str) {
    let (mut socket, _) = tungstenite(format!("ws://{address}/"), dial(address)).unwrap();
    for message in [Message::text("é€😀"), Message::binary(vec![7; 3 << 20])] {
        socket.send(message.clone()).unwrap();
        assert!(socket.read().unwrap() == message);
    }
    socket.close(None).unwrap();
    while socket.read().is_ok() {}
}

#[test]
fn many_clients_at_once() {
    let address = serve(Config::default());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| speak_our_client(&address));
            scope.spawn(|| speak_tungstenite(&address));
        }
    });
}

#[test]
fn some_do_not_read_and_others_are_served() {
    let address = serve(Config::default());
    let mut deaf = dial(&address);
    deaf.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    deaf.write_all(REQUEST.as_bytes()).unwrap();
    let frame = [&[0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0][..], &[7; 65536]].concat();
    // Until the buffers of both sides are full.
    let written = (0..10_000).take_while(|_| deaf.write_all(&frame).is_ok()).count();
    assert!(written < 10_000, "the echo is held in memory");
    speak_our_client(&address);
    speak_tungstenite(&address);
}

#[test]
fn half_closed_streams_get_their_answers() {
    let address = serve(Config::default());
    let hello = b"\x81\x85\0\0\0\0hello";
    assert_eq!(exchange(dial(&address), hello), b"\x81\x05hello");
    let close = [&hello[..], b"\x88\x82\0\0\0\0\x03\xe8"].concat();
    assert_eq!(exchange(dial(&address), &close), b"\x81\x05hello\x88\x02\x03\xe8");
}

#[test]
fn a_violation_is_answered_and_others_go_on() {
    let address = serve(Config::default());
    let reserved = [&b"\x83\x80\0\0\0\0"[..], &[0; 200_000]].concat();
    assert_eq!(exchange(dial(&address), &reserved), b"\x88\x02\x03\xea");
    speak_our_client(&address);
}

#[test]
fn deadlines_are_kept() {
    let mut config = Config::default();
    config.handshake_timeout = Duration::from_millis(50);
    config.close_timeout = Duration::from_millis(50);
    let keepalive = config.keepalive.as_mut().unwrap();
    (keepalive.interval, keepalive.timeout) =
        (Duration::from_millis(50), Duration::from_millis(50));
    let address = serve(config);
    let mut answer = String::new();
    dial(&address).read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");

    let mut silent = dial(&address);
    silent.write_all(REQUEST.as_bytes()).unwrap();
    let mut answer = Vec::new();
    silent.read_to_end(&mut answer).unwrap();
    let close = b"\x88\x15\x03\xf3no answer to a ping";
    assert!(answer.ends_with(close), "{answer:?}");
}
