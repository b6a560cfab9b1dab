//! What clients make of responses and Close frames of the field, in all adapters: statuses without a
//! body that ends, responses that break a rule, and codes that must not be sent.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant};

use websocket_proto::backoff::{Backoff, Jitter};
use websocket_proto::handshake::{ClientRequest, accept_value};
use websocket_proto::io::{Error, Update, blocking, smol as for_smol, tokio as for_tokio};
use websocket_proto::*;

/// A server that sends each of its clients the same: `{accept}` stands for the right accept value,
/// and what follows the end of the head is sent when the client has sent something. It leaves the
/// connections open until the clients end them.
struct Server {
    request: ClientRequest,
    thread: JoinHandle<()>,
}

impl Server {
    fn start(clients: usize, head: &str, then: &[u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("ws://{}/c?token=secret", listener.local_addr().unwrap());
        let (head, then) = (head.to_owned(), then.to_owned());
        let thread = spawn(move || {
            for _ in 0..clients {
                let (mut stream, _) = listener.accept().unwrap();
                let key = read_key(&mut stream);
                let accept = accept_value(&key).unwrap();
                let accept = std::str::from_utf8(&accept).unwrap();
                stream.write_all(head.replace("{accept}", accept).as_bytes()).unwrap();
                if !then.is_empty() && stream.read(&mut [0; 100]).is_ok_and(|len| len > 0) {
                    stream.write_all(&then).unwrap();
                }
                let _ = stream.read_to_end(&mut Vec::new());
            }
        });
        Self { request: ClientRequest::new(&url).unwrap(), thread }
    }

    /// Connects with each adapter, and returns the errors.
    fn errors(head: &str) -> [Error; 3] {
        let (server, config) = (Self::start(3, head, b""), patient());
        let request = &server.request;
        let blocking = blocking::connect_with(request, config).map(drop);
        let tokio = block_on(for_tokio::connect_with(request, config)).map(drop);
        let smol = smol::block_on(for_smol::connect_with(request, config)).map(drop);
        server.thread.join().unwrap();
        [blocking, tokio, smol].map(Result::unwrap_err)
    }
}

fn read_key(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
    key.unwrap().to_owned()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// With deadlines that pass long after a test should be over.
fn patient() -> Config {
    let mut config = Config::default();
    config.handshake_timeout = Duration::from_secs(100);
    config.close_timeout = Duration::from_secs(100);
    config
}

const OPEN: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
     Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n";

#[test]
fn a_status_without_the_end_of_its_body() {
    let start = Instant::now();
    for error in Server::errors("HTTP/1.1 404 Not Found\r\n\r\nno") {
        let Error::Refused(refused) = error else { panic!("{error:?}") };
        let response = refused.response();
        assert_eq!((response.status(), response.body()), (404, &b"no"[..]));
        assert!(response.is_body_truncated());
    }
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn the_response_that_breaks_a_rule() {
    use ProtocolError::*;
    let upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n";
    let accepted = "Sec-WebSocket-Accept: {accept}\r\nSet-Cookie: s=secret\r\n";
    for (lines, at_fault, error, shown) in [
        ("Connection: Upgrade", "Sec-WebSocket-Accept: AAAA", WrongAccept, "Accept: \"AAAA\""),
        ("Connection: Upgrade", "", WrongAccept, " with no Sec-WebSocket-Accept"),
        (accepted, "Connection: close", UpgradeNotConfirmed, "websocket\", Connection: \"close\""),
        (accepted, "", UpgradeNotConfirmed, ", no Connection"),
        (
            accepted,
            "Connection: Upgrade\r\nSec-WebSocket-Protocol: chat",
            UnofferedSubprotocol,
            " with Sec-WebSocket-Protocol: \"chat\"",
        ),
        (
            accepted,
            "Connection: Upgrade\r\nSec-WebSocket-Extensions: x-\u{1f}",
            BadHeader,
            ": the server answered 101 Switching Protocols",
        ),
        (
            accepted,
            "Connection: Upgrade\r\nSec-WebSocket-Extensions: x\r\nSec-WebSocket-Extensions: \"é",
            UnofferedExtension,
            " with Sec-WebSocket-Extensions: \"x\", Sec-WebSocket-Extensions: \"\\\"\\xc3\\xa9\"",
        ),
    ] {
        let head = [upgrade, lines.trim_end(), "\r\n", at_fault, "\r\n\r\n"].concat();
        let head = head.replace("\r\n\r\n\r\n", "\r\n\r\n");
        for reported in Server::errors(&head) {
            let text = reported.to_string();
            let Error::BadResponse(bad) = &reported else { panic!("{reported:?}") };
            assert_eq!(bad.error(), error);
            assert!(text.starts_with(&error.to_string()) && text.contains(shown), "{text}");
            assert!(!format!("{text} {reported:?}").contains("secret"), "{text}, {reported:?}");
            let response = bad.response().expect("a whole head");
            assert_eq!((response.status(), response.reason()), (101, "Switching Protocols"));
            assert_eq!(response.header("Upgrade"), Some("websocket"));
            let received = std::str::from_utf8(bad.received()).unwrap();
            assert!(received.contains(at_fault), "{received}");
        }
    }
}

#[test]
fn a_reason_that_repeats_the_request() {
    for reason in ["GET /c?token=secret", &format!("{}secret", "x".repeat(64))] {
        for reported in Server::errors(&format!("HTTP/1.1 101 {reason}\r\n\r\n")) {
            let text = reported.to_string();
            assert!(text.contains("answered 101 GET /c") || text.contains("answered 101 xxx"));
            assert!(!format!("{text} {reported:?}").contains("secret"), "{text}");
        }
    }
}

#[test]
fn what_is_no_http() {
    use ProtocolError::*;
    let long = format!("SSH-2.0-{}\r\n", "x".repeat(1000));
    for (answer, error, shown) in [
        ("SSH-2.0-OpenSSH_9.2\r\n", BadStatusLine, "sent \"SSH-2.0-OpenSSH_9.2\""),
        ("220 mail\u{7} ready\r\nQUIT\r\n", BadStatusLine, "sent \"220 mail\\x07 ready\""),
        ("GET /c?token=secret HTTP/1.1\r\n", BadStatusLine, "sent \"GET /c\""),
        ("HTTP/2 200\r\n\r\n", BadStatusLine, "sent \"HTTP/2 200\""),
        (
            "\u{15}\u{3}\u{1}\0\u{2}\u{2}\u{46}",
            TlsRecord,
            "sent \"\\x15\\x03\\x01\\x00\\x02\\x02F\"",
        ),
        (&long, BadStatusLine, "xxxx\"…"),
    ] {
        for reported in Server::errors(answer) {
            let text = reported.to_string();
            let Error::BadResponse(bad) = &reported else { panic!("{reported:?}") };
            assert_eq!((bad.error(), bad.response().is_none()), (error, true));
            assert!(text.starts_with(&error.to_string()) && text.ends_with(shown), "{text}");
            assert!(bad.received().len() <= 300 && answer.as_bytes().starts_with(bad.received()));
            assert!(!format!("{text} {reported:?}").contains("secret"), "{text}");
            let error = std::io::Error::from(reported);
            assert_eq!((error.kind(), error.to_string()), (std::io::ErrorKind::InvalidData, text));
        }
    }
}

/// The same in the core, whatever is left of the response, and only until the end is over.
#[test]
fn the_core_keeps_the_response() {
    const ANSWER: &[u8] = b"HTTP/1.1 101 x\r\nUpgrade: h2c\r\nSet-Cookie: a\r\n\r\n";
    let request = ClientRequest::new("ws://h/c").unwrap();
    for pieces in [ANSWER.len(), 1] {
        let mut outgoing = Outgoing::new();
        let (config, now) = (Config::default(), Time::ZERO);
        let mut connection =
            Connection::client(&request, config, now, &io::OsEntropy, &mut outgoing).unwrap();
        let mut incoming = Incoming::new();
        let mut failed = None;
        for piece in ANSWER.chunks(pieces) {
            incoming.push(piece);
            failed = connection.receive(now, &mut incoming, &mut outgoing).err();
            assert!(incoming.bad_response().is_none(), "not before the end");
        }
        assert_eq!(failed, Some(ProtocolError::UpgradeNotConfirmed));
        assert_eq!(connection.receive(now, &mut incoming, &mut outgoing), Ok(Progress::Event));
        assert!(matches!(incoming.event(), Some(Event::Ended(_))));
        assert_eq!(incoming.unfinished_head(), ANSWER);
        assert_eq!(incoming.bad_response().unwrap().header("Upgrade"), Some("h2c"));
        assert_eq!(connection.receive(now, &mut incoming, &mut outgoing), Ok(Progress::Ended));
        assert!(incoming.bad_response().is_none() && incoming.is_at_rest());
    }
}

#[test]
fn the_backoff_after_a_bad_response() {
    let mut backoff = Backoff::default();
    backoff.jitter = Jitter::None;
    backoff.first_delay_when_later = Duration::from_millis(7);
    let server = Server::start(1, "HTTP/1.1 101 x\r\n\r\n", b"");
    let mut client = blocking::Reconnecting::new(server.request, patient(), backoff);
    assert!(matches!(client.receive(), Some(Update::Failed(Error::BadResponse(_)))));
    let waiting = client.receive();
    let Some(Update::Waiting(delay)) = waiting else { panic!("{waiting:?}") };
    assert_eq!(delay, Duration::from_millis(7));
    server.thread.join().unwrap();
}

/// How a connection ended that this side closed, with each adapter.
fn endings(config: Config, then: &[u8]) -> [Ending; 3] {
    let server = Server::start(3, &format!("{OPEN}\r\n"), then);
    let (request, code) = (&server.request, CloseCode::NORMAL);
    let mut socket = blocking::connect_with(request, config).unwrap();
    let blocking = socket.close_with(code, "").unwrap();
    drop(socket);
    let tokio = block_on(async {
        let mut socket = for_tokio::connect_with(request, config).await.unwrap();
        socket.close_with(code, "").await.unwrap()
    });
    let smol = smol::block_on(async {
        let mut socket = for_smol::connect_with(request, config).await.unwrap();
        socket.close_with(code, "").await.unwrap()
    });
    server.thread.join().unwrap();
    [blocking, tokio, smol]
}

#[test]
fn our_close_frame_is_answered_with_a_code_that_must_not_be_sent() {
    let mut config = patient();
    // The server waits for the end of the stream.
    config.close_timeout = Duration::from_millis(500);
    for code in [0u16, 1005, 1006] {
        let [high, low] = code.to_be_bytes();
        for ending in endings(config, &[0x88, 2, high, low]) {
            assert!(ending.is_clean(), "{ending}");
            assert_eq!(ending.fault, Some(ProtocolError::BadCloseCode));
            assert_eq!((ending.code().get(), ending.initiator), (code, Some(Side::Local)));
        }
    }
}

#[test]
fn masked_frames_of_a_server() {
    const FRAMES: &[u8] = b"\x8a\x80\x01\x02\x03\x04\x81\x82\x01\x02\x03\x04\x69\x6b\x81\x02ok";
    let mut config = patient();
    config.leniency.masked_frames = true;
    let server = Server::start(3, &format!("{OPEN}\r\n"), FRAMES);
    let mut received = Vec::new();
    let mut socket = blocking::connect_with(&server.request, config).unwrap();
    socket.writer().send_text("go").unwrap();
    while received.len() < 3 {
        received.push(format!("{:?}", socket.receive().unwrap().unwrap().0));
    }
    assert!(socket.connection().leniency_used().masked_frames);
    drop(socket);
    assert!(received[0].starts_with("Pong"), "{received:?}");
    assert_eq!(received[1..], ["Text(\"hi\")", "Text(\"ok\")"]);
    let all = received;
    let split = block_on(async {
        let socket = for_tokio::connect_with(&server.request, config).await.unwrap();
        let (sender, mut receiver) = socket.split();
        sender.send_text("go").await.unwrap();
        let mut received = Vec::new();
        while received.len() < 3 {
            received.push(format!("{:?}", receiver.receive().await.unwrap().unwrap()));
        }
        assert!(sender.with_connection(|connection| connection.leniency_used().masked_frames));
        received
    });
    assert_eq!(split, all);
    let socket = blocking::connect_with(&server.request, patient()).unwrap();
    let (sender, mut receiver) = socket.split();
    sender.send_text("go").unwrap();
    drop(sender);
    let failed = receiver.receive().map(|event| format!("{event:?}"));
    assert!(matches!(failed, Err(Error::Protocol(ProtocolError::Masked))), "{failed:?}");
    drop(receiver);
    server.thread.join().unwrap();
}
