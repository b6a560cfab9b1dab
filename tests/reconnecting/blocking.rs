//! The reconnecting client of the blocking adapter.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use websocket_proto::backoff::GiveUp;
use websocket_proto::handshake::proxy::Proxy;
use websocket_proto::handshake::{Acceptance, ClientRequest, Request, RequestError};
use websocket_proto::io::blocking::{Received, Reconnecting, accept_with};
use websocket_proto::io::{Dial, Error, Update};
use websocket_proto::{
    CloseCode, Config, EndCause, Event, Message, MessageKind, ProtocolError, SendError,
};

use super::{LOCKED, PLAY, is_disconnected, long_backoff, server, short_backoff, words};

/// All updates until the end, in words. The client says hello after each connection.
fn watch(client: &mut Reconnecting) -> Vec<String> {
    let mut seen = Vec::new();
    while let Some(update) = client.receive() {
        seen.push(words(&update));
        if matches!(update, Update::Connected(..)) {
            client.send_text("hello").unwrap();
        }
    }
    seen.push("none".into());
    seen
}

#[test]
fn the_play() {
    let (request, server) = server::start(server::play);
    let mut client = Reconnecting::new(request, Config::default(), short_backoff());
    assert_eq!(watch(&mut client), PLAY);
    assert_eq!(client.backoff().attempts_made(), 3);
    server.join().unwrap();
}

#[test]
fn a_locked_server() {
    let (request, server) = server::start(server::lock);
    assert_eq!(watch(&mut Reconnecting::new(request, Config::default(), short_backoff())), LOCKED);
    server.join().unwrap();
}

#[test]
fn attempts_run_out() {
    let mut backoff = short_backoff();
    backoff.attempts = Some(1);
    let mut client = Reconnecting::new(server::nobody(), Config::default(), backoff);
    let end = format!("gave up: {}", GiveUp::Attempts);
    let expected = ["failed: connect", "waiting", "failed: connect", &end, "none"];
    assert_eq!(watch(&mut client), expected);
}

#[test]
fn no_tls() {
    let request = ClientRequest::new("wss://127.0.0.1:1/").unwrap();
    let dial = move || {
        let _ = &request;
        Err(Error::Io(std::io::ErrorKind::Unsupported.into()))
    };
    let mut client = Reconnecting::with_dial(dial, short_backoff());
    let end = format!("gave up: {}", GiveUp::Unsupported);
    assert_eq!(watch(&mut client), ["failed: io", &end, "none"]);
}

/// What follows from each error of an attempt.
#[test]
fn errors_of_an_attempt() {
    let gives_up: [fn() -> Error; 6] = [
        || Error::Io(std::io::ErrorKind::Unsupported.into()),
        || Error::Request(RequestError::BadScheme),
        || Error::Send(SendError::Closed),
        || Error::NotWritten(EndCause::Eof),
        || Error::StreamingDelivery,
        || Error::Protocol(ProtocolError::MessageTooLong),
    ];
    let retries: [fn() -> Error; 4] = [
        || Error::Io(std::io::ErrorKind::PermissionDenied.into()),
        || Error::Io(std::io::Error::other("no token")),
        || Error::Request(RequestError::Entropy),
        || Error::Protocol(ProtocolError::WrongAccept),
    ];
    for (errors, expected) in [(&gives_up[..], "gave up"), (&retries, "waiting")] {
        for error in errors {
            let error = *error;
            let dial = move || Err(error());
            let mut client = Reconnecting::<TcpStream>::with_dial(dial, short_backoff());
            assert!(matches!(client.receive(), Some(Update::Failed(_))));
            let next = words(&client.receive().unwrap());
            assert!(next.starts_with(expected), "{}: {next}", error());
        }
    }
}

/// A proxy that refuses for good is asked once, and one that may lead there later again.
#[test]
fn refusals_of_a_proxy() {
    let refused = |status| format!("gave up: {}", GiveUp::Refused(status));
    let unsupported = format!("gave up: {}", GiveUp::Unsupported);
    let plays: [(&str, &[&[u8]], String); 5] = [
        ("http", &[b"HTTP/1.1 407 Who are you\r\n\r\n"], refused(407)),
        ("http", &[b"HTTP/1.1 403 No\r\n\r\n"], refused(403)),
        ("http", &[b"HTTP/1.1 503 Later\r\n\r\n"], "waiting".into()),
        ("socks5h", &[b"\x05\x02", b"\x01\x01"], unsupported),
        ("socks5h", &[b"\x05\x02", b"\x01\x00", b"\x05\x04\0\x01\0\0\0\0\0\0"], "waiting".into()),
    ];
    for (scheme, answers, expected) in plays {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{scheme}://user:secret@{}", listener.local_addr().unwrap());
        let proxy = thread::spawn(move || {
            let mut stream = listener.accept().unwrap().0;
            for answer in answers {
                assert_ne!(stream.read(&mut [0; 1024]).unwrap(), 0);
                stream.write_all(answer).unwrap();
            }
            let _ = stream.read(&mut [0]);
        });
        let options = Dial::new().proxy(Proxy::new(&url).unwrap());
        let request = ClientRequest::new("ws://server.test/").unwrap();
        let mut client =
            Reconnecting::with_options(request, Config::default(), options, short_backoff());
        assert!(matches!(client.receive(), Some(Update::Failed(Error::Connect(_)))));
        let next = words(&client.receive().unwrap());
        assert!(next.starts_with(&expected), "{url}: {next}");
        proxy.join().unwrap();
    }
}

#[test]
fn nothing_is_sent_without_a_connection() {
    let mut client = Reconnecting::new(server::nobody(), Config::default(), long_backoff());
    assert!(is_disconnected(client.send_text("early")));
    assert!(matches!(client.receive(), Some(Update::Failed(_))));
    assert!(matches!(client.receive(), Some(Update::Waiting(_))));
    assert!(is_disconnected(client.send_binary(b"early")));
    assert!(is_disconnected(client.feed_text("early")));
    assert_eq!(client.start_message(MessageKind::Text), Err(SendError::Disconnected));
    assert!(is_disconnected(client.flush()));
    assert_eq!(client.try_send_text("early"), Err(SendError::Disconnected));
    assert!(is_disconnected(client.sender().send_text("early")));
    assert_eq!(client.close_with(CloseCode::NORMAL, "").unwrap(), None);
    assert!(client.receive().is_none());
}

#[test]
fn closing_is_for_good() {
    let (request, server) = server::start(server::echo);
    let mut client = Reconnecting::new(request, Config::default(), short_backoff());
    assert!(matches!(client.receive(), Some(Update::Connected(..))));
    client.send_text("unread").unwrap();
    let bad = client.close_with(CloseCode::ABNORMAL, "");
    assert!(matches!(bad, Err(Error::Send(SendError::BadCloseCode))));
    let ending = client.close_with(CloseCode::NORMAL, "bye").unwrap().unwrap();
    assert_eq!(ending.cause, EndCause::Clean);
    assert!(client.receive().is_none());
    assert_eq!(client.close_with(CloseCode::NORMAL, "").unwrap(), None);
    assert!(is_disconnected(client.send_text("late")));
    server.join().unwrap();
}

#[test]
fn each_connection_comes_with_its_response_and_a_writer() {
    let (request, server) = server::start(|listener| {
        for end in [CloseCode::SERVICE_RESTART, CloseCode::NORMAL] {
            let decide = |_: &Request<'_>| {
                Acceptance::new().subprotocol("two")?.header("X-Server", "ours").map_err(Into::into)
            };
            let stream = listener.accept().unwrap().0;
            let mut socket = accept_with(stream, Config::default(), decide).unwrap();
            assert!(matches!(socket.receive(), Ok(Some((Event::Text("hello"), _)))));
            socket.close_with(end, "").unwrap();
        }
    });
    let request = request.subprotocol("one").unwrap().subprotocol("two").unwrap();
    let mut client = Reconnecting::new(request, Config::default(), short_backoff());
    assert!(client.ending().is_none());
    for end in [CloseCode::SERVICE_RESTART, CloseCode::NORMAL] {
        let Some(Update::Connected(response, sender)) = client.receive() else { panic!() };
        assert_eq!((response.status(), response.subprotocol()), (101, Some("two")));
        assert_eq!(response.headers().get("X-Server"), Some(&b"ours"[..]));
        assert!(sender.with_stream(|stream| stream.inner().peer_addr().is_ok()));
        sender.send_text("hello").unwrap();
        assert!(matches!(client.receive(), Some(Update::Event(Event::Close { .. }, _))));
        let Some(Update::Lost(ending)) = client.receive() else { panic!() };
        assert_eq!(client.ending(), Some(&ending));
        assert_eq!(ending.code(), end);
        assert!(matches!(client.receive(), Some(Update::Waiting(_) | Update::GaveUp(_))));
    }
    server.join().unwrap();
}

#[test]
fn what_is_fed_arrives() {
    let (request, server) = server::start(server::echo);
    let mut client = Reconnecting::new(request, Config::default(), short_backoff());
    assert!(matches!(client.receive(), Some(Update::Connected(..))));
    client.feed_text("one").unwrap();
    client.try_send_message(&Message::text("two")).unwrap();
    client.start_message(MessageKind::Text).unwrap();
    client.feed_fragment(b"thr").unwrap();
    client.send_last_fragment(b"ee").unwrap();
    for expected in ["text one", "text two", "text three"] {
        assert_eq!(words(&client.receive().unwrap()), expected);
    }
    client.close_with(CloseCode::NORMAL, "").unwrap();
    server.join().unwrap();
}

#[test]
fn closing_through_the_sender() {
    let (request, server) = server::start(server::echo);
    let mut client = Reconnecting::new(request, Config::default(), short_backoff());
    let Some(Update::Connected(_, sender)) = client.receive() else { panic!() };
    sender.start_close(CloseCode::NORMAL, "").unwrap();
    let end = format!("gave up: {}", GiveUp::ClosedHere);
    assert_eq!(watch(&mut client), ["close 1000", "lost: closed", &end, "none"]);
    server.join().unwrap();
}

/// The same updates in the same order, however often the waits for them end early.
#[test]
fn short_waits_change_nothing() {
    let (request, server) = server::start(server::play);
    let mut client = Reconnecting::new(request, Config::default(), short_backoff());
    let (mut seen, mut timed_out) = (Vec::new(), 0);
    loop {
        match client.receive_timeout(Duration::from_millis(1)) {
            Received::Event(update) => {
                seen.push(words(&update));
                if matches!(update, Update::Connected(..)) {
                    client.send_text("hello").unwrap();
                }
            }
            Received::TimedOut => timed_out += 1,
            Received::Ended => break,
        }
    }
    assert_eq!(seen, PLAY[..16]);
    assert!(timed_out > 0);
    server.join().unwrap();
}

#[test]
fn a_long_delay_is_waited_for_in_parts() {
    let mut client = Reconnecting::new(server::nobody(), Config::default(), long_backoff());
    let wait = Duration::from_millis(20);
    assert!(matches!(client.receive_timeout(wait), Received::Event(Update::Failed(_))));
    assert!(matches!(client.receive_timeout(wait), Received::Event(Update::Waiting(_))));
    let start = Instant::now();
    assert!(matches!(client.receive_timeout(wait), Received::TimedOut));
    assert!(start.elapsed() >= wait);
    assert_eq!(client.close_with(CloseCode::NORMAL, "").unwrap(), None);
    assert!(matches!(client.receive_timeout(wait), Received::Ended));
}
