//! Sockets over loopback TCP.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::Error;
use websocket_proto::io::blocking::{
    WebSocket, accept, accept_with, client, connect, connect_with,
};
use websocket_proto::{
    CloseCode, Config, Deadline, EndCause, Event, ProtocolError, Role, frame::Masking,
};

use crate::scripted_stream::echo;
use crate::support::{in_words, text};
use crate::{REQUEST, RESPONSE};

/// After this time a test is regarded as hanging. It is much longer than any test takes.
pub(crate) const GUARD: Duration = Duration::from_secs(20);

/// Serves one connection in a thread; returns the URL to connect to, and the thread.
fn serve<T: Send + 'static>(
    serve: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (String, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/c", listener.local_addr().unwrap());
    (url, thread::spawn(move || serve(listener.accept().unwrap().0)))
}

/// Opens a plain TCP connection to a URL of [`serve`].
pub(crate) fn dial(url: &str) -> TcpStream {
    let address = url.trim_start_matches("ws://").trim_end_matches("/c");
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(GUARD)).unwrap();
    stream.set_write_timeout(Some(GUARD)).unwrap();
    stream
}

pub(crate) fn read_to_end(mut stream: &TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("an end without a reset");
    bytes
}

/// A configuration whose deadlines pass quickly.
fn short_deadlines() -> Config {
    let mut config = Config::default();
    config.handshake_timeout = Duration::from_millis(100);
    config.close_timeout = Duration::from_millis(100);
    config
}

#[test]
fn echo_both_ways() {
    let (url, server) = serve(|stream| {
        let mut socket = accept(stream).unwrap();
        socket.send_text("welcome").unwrap();
        echo(&mut socket)
    });
    let mut socket = connect(&url).unwrap();
    let Some((Event::Text("welcome"), writer)) = socket.receive().unwrap() else { panic!() };
    for text in ["a", "é€😀", &"long ".repeat(40_000)] {
        writer.send_text(text).unwrap();
    }
    for expected in ["a", "é€😀", &"long ".repeat(40_000)] {
        let Some((Event::Text(text), _)) = socket.receive().unwrap() else { panic!() };
        assert_eq!(text, expected);
    }
    let ending = socket.close_with(CloseCode::NORMAL, "bye").unwrap();
    assert!(ending.is_clean());
    assert_eq!(ending.code(), CloseCode::NORMAL);
    let events = server.join().unwrap();
    assert_eq!(events[3..], ["close 1000 \"bye\"", "ended Clean"]);
}

#[test]
fn h35_no_request() {
    let (url, server) = serve(|stream| {
        accept_with(stream, short_deadlines(), |_| unreachable!("no request"))
            .map(drop)
            .unwrap_err()
    });
    let stream = dial(&url);
    let sent = String::from_utf8(read_to_end(&stream)).unwrap();
    assert!(sent.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{sent}");
    drop(stream);
    let Error::Ended(ending) = server.join().unwrap() else { panic!() };
    assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Handshake));
}

#[test]
fn no_answer_to_a_client() {
    let (url, server) = serve(|stream| read_to_end(&stream));
    let request = ClientRequest::new(&url).unwrap();
    let Error::Ended(ending) = connect_with(&request, short_deadlines()).map(drop).unwrap_err()
    else {
        panic!()
    };
    assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Handshake));
    assert!(server.join().unwrap().starts_with(b"GET /c HTTP/1.1\r\n"));
}

#[test]
fn r05_refused_by_a_plain_http_server() {
    let (url, server) = serve(|mut stream| {
        let mut request = [0; 1024];
        let _ = stream.read(&mut request).unwrap();
        let answer = "HTTP/1.1 404 Not Found\r\nServer: plain\r\nContent-Length: 5\r\n\r\nsorry";
        stream.write_all(answer.as_bytes()).unwrap();
        read_to_end(&stream)
    });
    let refused = connect(&url).map(drop).unwrap_err();
    assert_eq!(refused.to_string(), "the server answered 404 Not Found");
    let Error::Refused(refused) = refused else { panic!() };
    let response = refused.response();
    assert_eq!((response.status(), response.reason()), (404, "Not Found"));
    assert_eq!(response.header("server"), Some("plain"));
    assert_eq!((response.body(), response.is_body_truncated()), (&b"sorry"[..], false));
    server.join().unwrap();
}

#[test]
fn r06_a_redirect_is_reported_with_its_location() {
    let (url, server) = serve(|mut stream| {
        let _ = stream.read(&mut [0; 1024]).unwrap();
        // A server that redirects repeats the query of the request.
        let location = b"Location: /\xc2\x9b?token=secret#secret";
        stream
            .write_all(&[b"HTTP/1.1 302 Found\r\n", &location[..], b"\r\n\r\n"].concat())
            .unwrap();
    });
    let refused = connect(&url).map(drop).unwrap_err();
    assert_eq!(refused.to_string(), "the server answered 302 Found: see /\\u{9b}");
    assert!(!format!("{refused:?}").contains("secret"), "{refused:?}");
    let Error::Refused(refused) = refused else { panic!() };
    assert_eq!(refused.response().location(), Some("/\u{9b}?token=secret#secret"));
    server.join().unwrap();
}

#[test]
fn r02_a_client_leaves_a_bad_101_without_an_answer() {
    let (url, server) = serve(|mut stream| {
        let mut request = [0; 1024];
        let len = stream.read(&mut request).unwrap();
        stream.write_all(RESPONSE.as_bytes()).unwrap();
        assert_eq!(&request[len - 4..len], b"\r\n\r\n");
        read_to_end(&stream)
    });
    let failed = connect(&url).map(drop).unwrap_err();
    let Error::BadResponse(bad) = failed else { panic!("{failed}") };
    assert_eq!(bad.error(), ProtocolError::WrongAccept);
    assert!(server.join().unwrap().is_empty());
}

#[test]
fn keepalive_of_a_silent_peer() {
    let (url, server) = serve(|stream| {
        let mut config = Config::default();
        let keepalive = config.keepalive.as_mut().unwrap();
        keepalive.interval = Duration::from_millis(50);
        keepalive.timeout = Duration::from_millis(50);
        echo(&mut WebSocket::established(stream, Role::Server, None, config, &[]))
    });
    let stream = dial(&url);
    let words = in_words(&read_to_end(&stream), Masking::Forbidden, &mut false);
    assert_eq!(words.len(), 2, "{words:?}");
    assert!(words[0].starts_with("sends ping"), "{words:?}");
    assert_eq!(words[1], "sends close 1011 \"no answer to a ping\"");
    assert_eq!(server.join().unwrap(), ["ended TimedOut(Pong)"]);
}

#[test]
fn keepalive_of_a_lively_peer() {
    let (url, server) = serve(|stream| echo(&mut accept(stream).unwrap()));
    let mut config = Config::default();
    config.keepalive.as_mut().unwrap().interval = Duration::from_millis(30);
    let mut socket = connect_with(&ClientRequest::new(&url).unwrap(), config).unwrap();
    for _ in 0..3 {
        let Some((Event::Pong { round_trip, .. }, _)) = socket.receive().unwrap() else { panic!() };
        assert!(round_trip.is_some());
    }
    assert!(socket.writer().connection().round_trip().is_some());
    assert!(socket.close_with(CloseCode::NORMAL, "").unwrap().is_clean());
    assert_eq!(server.join().unwrap().last().unwrap(), "ended Clean");
}

#[test]
fn c13_the_peer_never_answers_the_close() {
    let (url, server) = serve(|stream| {
        let mut socket = WebSocket::established(stream, Role::Server, None, short_deadlines(), &[]);
        socket.close_with(CloseCode::GOING_AWAY, "").unwrap().cause
    });
    let stream = dial(&url);
    assert_eq!(read_to_end(&stream), [0x88, 2, 3, 0xe9]);
    assert_eq!(server.join().unwrap(), EndCause::TimedOut(Deadline::Close));
}

#[test]
fn c13_the_server_never_closes_tcp() {
    let (url, server) = serve(|mut stream| {
        let mut close = [0; 8];
        stream.read_exact(&mut close).unwrap();
        stream.write_all(&[0x88, 2, 3, 0xe8]).unwrap();
        // The client closes TCP when its deadline has passed.
        read_to_end(&stream)
    });
    let request = ClientRequest::new(&url).unwrap();
    let role = Role::Client(&websocket_proto::io::OsEntropy);
    let mut socket = WebSocket::established(dial(&url), role, None, short_deadlines(), &[]);
    assert_eq!(request.uri().host(), "127.0.0.1");
    assert!(socket.close_with(CloseCode::NORMAL, "").unwrap().is_clean());
    assert!(server.join().unwrap().is_empty());
}

#[test]
fn message_and_write_deadlines() {
    let (url, server) = serve(|stream| {
        let mut config = short_deadlines();
        config.message_timeout = Some(Duration::from_millis(50));
        echo(&mut WebSocket::established(stream, Role::Server, None, config, &[]))
    });
    let mut stream = dial(&url);
    stream.write_all(&text("never ends")[..9]).unwrap();
    let words = in_words(&read_to_end(&stream), Masking::Forbidden, &mut false);
    assert_eq!(words, ["sends close 1008 \"message took too long\""]);
    drop(stream);
    assert_eq!(server.join().unwrap(), ["ended TimedOut(Message)"]);

    let (url, server) = serve(|stream| {
        let mut config = Config::default();
        config.write_timeout = Some(Duration::from_millis(100));
        let mut socket = WebSocket::established(stream, Role::Server, None, config, &[]);
        // The message is longer than the buffers of a socket.
        let sent = socket.send_binary(&vec![0; 64 << 20]);
        (sent.map_err(|error| error.to_string()), echo(&mut socket))
    });
    let stream = dial(&url);
    let (_, events) = server.join().unwrap();
    assert_eq!(events, ["ended TimedOut(Write)"]);
    drop(stream);
}

#[test]
fn t11_the_close_frame_reaches_a_peer_that_still_sends() {
    let (url, server) = serve(|stream| {
        let mut socket = WebSocket::established(stream, Role::Server, None, Config::default(), &[]);
        echo(&mut socket)
    });
    let mut stream = dial(&url);
    let bytes = [&[0x83, 0x80][..], &vec![0; 4 << 20]].concat();
    stream.write_all(&bytes).unwrap();
    assert_eq!(read_to_end(&stream), [0x88, 2, 3, 0xea]);
    stream.write_all(&[0; 1000]).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let events = server.join().unwrap();
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!(events[1], "ended Failed(ReservedOpcode)");
}

#[test]
fn t11_the_answer_reaches_a_client_that_still_sends() {
    let (url, server) = serve(|stream| accept(stream).map(drop).unwrap_err().to_string());
    let mut stream = dial(&url);
    let body = 4 << 20;
    let head = REQUEST.strip_suffix("\r\n").unwrap();
    let head = format!("{head}Content-Length: {body}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&vec![b'x'; body]).unwrap();
    let answer = String::from_utf8(read_to_end(&stream)).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
    drop(stream);
    assert_eq!(server.join().unwrap(), ProtocolError::UnexpectedBody.to_string());
}

#[test]
fn parts_over_tcp() {
    let (url, server) = serve(|stream| {
        let mut socket = accept(stream).unwrap();
        let Some((Event::Text("one"), writer)) = socket.receive().unwrap() else { panic!() };
        writer.feed_text("answer").unwrap();
        echo(&mut WebSocket::from_parts(socket.into_parts()))
    });
    let request = ClientRequest::new(&url).unwrap();
    let mut socket = client(dial(&url), &request, Config::default()).unwrap();
    socket.feed_text("one").unwrap();
    socket.feed_text("two").unwrap();
    socket.writer().flush().unwrap();
    for expected in ["answer", "two"] {
        let Some((Event::Text(text), _)) = socket.receive().unwrap() else { panic!() };
        assert_eq!(text, expected);
    }
    assert!(socket.close_with(CloseCode::NORMAL, "").unwrap().is_clean());
    let events = server.join().unwrap();
    assert_eq!(events, ["text \"two\"", "close 1000 \"\"", "ended Clean"]);
}

#[test]
fn nobody_listens_and_no_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let refused = connect(&format!("ws://{address}/")).map(drop).unwrap_err();
    assert!(matches!(refused, Error::Connect(_)), "{refused}");
    if cfg!(not(feature = "tls")) {
        let refused = connect(&format!("wss://{address}/")).map(drop).unwrap_err();
        let Error::Io(error) = refused else { panic!() };
        assert_eq!(error.kind(), std::io::ErrorKind::Unsupported);
    }
}
