//! What the adapters say when there is no connection: which host, which address, what took too long;
//! and what errors say as a chain.

use std::error::Error as _;
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use websocket_proto::handshake::{AnswerError, ClientRequest, RequestError};
use websocket_proto::io::{ConnectError, ConnectStage, Error, blocking, smol as for_smol, tokio};
use websocket_proto::*;

/// Connects with each adapter, and returns the errors.
fn errors(url: &str, config: &Config) -> [Error; 3] {
    let request = ClientRequest::new(url).unwrap();
    let runtime = ::tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let on_tokio = runtime.block_on(tokio::connect_with(&request, *config)).map(drop);
    let on_smol = ::smol::block_on(for_smol::connect_with(&request, *config)).map(drop);
    let blocking = blocking::connect_with(&request, *config).map(drop);
    // A look-up that took too long may still be in progress.
    runtime.shutdown_background();
    [blocking, on_tokio, on_smol].map(Result::unwrap_err)
}

#[track_caller]
fn connect_error(error: &Error) -> &ConnectError {
    let Error::Connect(connect) = error else { panic!("{error:?}") };
    connect
}

/// A port of this machine that nobody listens at.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn nobody_listens_at_an_address() {
    let port = closed_port();
    for error in errors(&format!("ws://127.0.0.1:{port}/x?token=secret"), &Config::default()) {
        let text = error.to_string();
        let start = format!("cannot connect to 127.0.0.1:{port}: Connection refused (os error ");
        assert!(text.starts_with(&start), "{text}");
        assert!(!text.contains("secret"), "{text}");
        let connect = connect_error(&error);
        assert_eq!((connect.host(), connect.port()), ("127.0.0.1", port));
        assert_eq!(connect.stage(), ConnectStage::Connect);
        let tried: Vec<_> =
            connect.attempts().map(|(address, why)| (address, why.kind())).collect();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        assert_eq!(tried, [(address, ErrorKind::ConnectionRefused)]);
        assert_eq!(io::Error::from(error).kind(), ErrorKind::ConnectionRefused);
    }
}

#[test]
fn nobody_listens_at_any_address_of_a_name() {
    let port = closed_port();
    for error in errors(&format!("ws://localhost:{port}/"), &Config::default()) {
        let text = error.to_string();
        assert!(text.starts_with(&format!("cannot connect to localhost:{port}: ")), "{text}");
        assert!(text.contains(&format!("127.0.0.1:{port}: Connection refused")), "{text}");
        let connect = connect_error(&error);
        assert!(connect.attempts().len() > 0);
        for (address, why) in connect.attempts() {
            assert!(text.contains(&format!("{address}: {why}")), "{text}");
        }
    }
}

#[test]
fn brackets_around_an_address_of_version_6() {
    let port = closed_port();
    for error in errors(&format!("ws://[::1]:{port}/"), &Config::default()) {
        let text = error.to_string();
        assert!(text.starts_with(&format!("cannot connect to [::1]:{port}: ")), "{text}");
        assert_eq!(text.matches("::1").count(), 1, "{text}");
        assert_eq!(connect_error(&error).host(), "::1");
    }
}

#[test]
fn a_name_that_does_not_exist() {
    for error in errors("ws://no-such-host.invalid/", &Config::default()) {
        let text = error.to_string();
        assert!(text.starts_with("cannot connect to no-such-host.invalid:80: "), "{text}");
        let connect = connect_error(&error);
        assert_eq!((connect.stage(), connect.attempts().len()), (ConnectStage::Lookup, 0));
    }
}

#[test]
fn too_little_time() {
    let mut config = Config::default();
    config.handshake_timeout = Duration::from_nanos(1);
    let [blocking, _, _] = errors("ws://localhost:9/", &config);
    let text = blocking.to_string();
    assert!(text.starts_with("cannot connect to localhost:9: "), "{text}");
    assert!(text.ends_with(" took longer than 1ns (Config::handshake_timeout)"), "{text}");
    assert_eq!(connect_error(&blocking).kind(), ErrorKind::TimedOut);
    // An address that drops what it is sent: packets to it go nowhere (RFC 5737).
    config.handshake_timeout = Duration::from_millis(50);
    for error in errors("ws://192.0.2.1:9/", &config) {
        let kind = connect_error(&error).kind();
        if kind == ErrorKind::TimedOut {
            let text = "cannot connect to 192.0.2.1:9: connecting took longer than 50ms \
                (Config::handshake_timeout)";
            assert_eq!(error.to_string(), text);
        } else {
            // Without a network there is no route to it.
            assert!(error.to_string().starts_with("cannot connect to 192.0.2.1:9: "), "{error}");
        }
        assert_eq!(io::Error::from(error).kind(), kind);
    }
}

/// An error whose text is not that of its source.
#[derive(Debug)]
struct Outer(io::Error);

impl std::fmt::Display for Outer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the tunnel is closed")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// A number stands for the zone of `::1`, as names do only for link-local addresses.
#[cfg(target_os = "linux")]
#[test]
fn a_zone_is_dialled_and_not_sent() {
    let listener = TcpListener::bind("[::1]:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        std::array::from_fn::<_, 3, _>(|_| {
            let (stream, _) = listener.accept().unwrap();
            let lines = BufReader::new(&stream).lines().map(Result::unwrap);
            let head: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
            (&stream).write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").unwrap();
            head.into_iter().find(|line| line.starts_with("Host: ")).unwrap()
        })
    });
    for error in errors(&format!("ws://[::1%251]:{port}/"), &Config::default()) {
        assert!(matches!(error, Error::Refused(_)), "{error}");
    }
    for host in server.join().unwrap() {
        assert_eq!(host, format!("Host: [::1]:{port}"));
    }
    for error in errors(&format!("ws://[::1%1]:{}/", closed_port()), &Config::default()) {
        let (address, _) = connect_error(&error).attempts().next().unwrap();
        assert!(matches!(address, SocketAddr::V6(address) if address.scope_id() == 1), "{error}");
    }
}

#[test]
fn a_zone_that_there_is_not() {
    for error in errors("ws://[fe80::1%25no-such-zone]/", &Config::default()) {
        let text = error.to_string();
        assert!(text.starts_with("cannot connect to [fe80::1%no-such-zone]:80: "), "{text}");
        assert_eq!(connect_error(&error).stage(), ConnectStage::Lookup);
    }
}

/// The errors of all kinds that a program can get, each as the adapters make it.
fn all_errors() -> Vec<Error> {
    let mut errors = vec![
        Error::Io(io::Error::from_raw_os_error(111)),
        Error::Io(ErrorKind::TimedOut.into()),
        Error::Io(io::Error::other(Outer(io::Error::other("no power")))),
        Error::Protocol(ProtocolError::InvalidUtf8),
        Error::Send(SendError::Full),
        Error::NotWritten(EndCause::Failed(ProtocolError::ReservedBits)),
        Error::Request(RequestError::BadScheme),
        Error::Answer(AnswerError::NotAsked),
        Error::StreamingDelivery,
        refused(),
        ended(),
    ];
    errors.extend(self::errors(&format!("ws://localhost:{}/", closed_port()), &Config::default()));
    errors.extend(self::errors("ws://no-such-host.invalid/", &Config::default()));
    errors
}

/// What a client gets whose server answers with these bytes and ends the stream.
fn answered_with(answer: &'static str) -> Error {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            request.push(byte[0]);
        }
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let error = blocking::connect(&url).map(drop).unwrap_err();
    server.join().unwrap();
    error
}

fn refused() -> Error {
    let error = answered_with("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    assert!(matches!(error, Error::Refused(_)), "{error:?}");
    error
}

fn ended() -> Error {
    let error = answered_with("HTTP/1.1 10");
    assert!(matches!(error, Error::Ended(_)), "{error:?}");
    error
}

#[test]
fn a_chain_says_each_thing_once() {
    for error in all_errors() {
        check_chain(&error);
        check_chain(&io::Error::from(error));
    }
}

fn check_chain(error: &(dyn std::error::Error + 'static)) {
    let (mut texts, mut next) = (Vec::new(), Some(error));
    while let Some(error) = next {
        texts.push(error.to_string());
        next = error.source();
    }
    for (at, text) in texts.iter().enumerate() {
        assert!(!text.is_empty());
        for later in &texts[at + 1..] {
            assert!(!text.contains(later.as_str()), "said twice: {texts:?}");
        }
    }
}

#[test]
fn what_is_below_an_error_stays_in_reach() {
    let error = Error::Io(io::Error::other(Outer(io::Error::other("no power"))));
    assert_eq!(error.to_string(), "the tunnel is closed");
    assert_eq!(error.source().unwrap().to_string(), "no power");
}

#[test]
fn kinds_of_io_errors() {
    let kinds = [
        (Error::Io(ErrorKind::AddrInUse.into()), ErrorKind::AddrInUse),
        (Error::Protocol(ProtocolError::InvalidUtf8), ErrorKind::InvalidData),
        (Error::Send(SendError::Closed), ErrorKind::BrokenPipe),
        (Error::Send(SendError::Disconnected), ErrorKind::BrokenPipe),
        (Error::Send(SendError::Full), ErrorKind::WouldBlock),
        (Error::Send(SendError::NotUtf8), ErrorKind::InvalidInput),
        (Error::Send(SendError::NoEntropy), ErrorKind::Other),
        (Error::NotWritten(EndCause::TimedOut(Deadline::Write)), ErrorKind::TimedOut),
        (Error::NotWritten(EndCause::Eof), ErrorKind::BrokenPipe),
        (Error::NotWritten(EndCause::Aborted), ErrorKind::BrokenPipe),
        (Error::NotWritten(EndCause::Failed(ProtocolError::Masked)), ErrorKind::BrokenPipe),
        (Error::Request(RequestError::BadScheme), ErrorKind::InvalidInput),
        (Error::Answer(AnswerError::NotAsked), ErrorKind::InvalidInput),
        (Error::StreamingDelivery, ErrorKind::Other),
        (ended(), ErrorKind::UnexpectedEof),
        (refused(), ErrorKind::Other),
    ];
    for (error, kind) in kinds {
        let text = error.to_string();
        let error = io::Error::from(error);
        assert_eq!((error.kind(), error.to_string()), (kind, text));
    }
}

/// The same kinds as those of a stream of bytes that ends so.
#[test]
fn kinds_of_endings() {
    let server = answered_with("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    assert_eq!(io::Error::from(server).kind(), ErrorKind::InvalidData);
    for (cause, kind) in [
        (EndCause::Clean, ErrorKind::ConnectionAborted),
        (EndCause::Eof, ErrorKind::UnexpectedEof),
        (EndCause::EofInMessage, ErrorKind::UnexpectedEof),
        (EndCause::EofInFrame, ErrorKind::UnexpectedEof),
        (EndCause::EofAfterClose, ErrorKind::UnexpectedEof),
        (EndCause::EofInHandshake, ErrorKind::UnexpectedEof),
        (EndCause::Rejected, ErrorKind::ConnectionAborted),
        (EndCause::Refused, ErrorKind::ConnectionAborted),
        (EndCause::Failed(ProtocolError::Masked), ErrorKind::InvalidData),
        (EndCause::TimedOut(Deadline::Pong), ErrorKind::TimedOut),
        (EndCause::Aborted, ErrorKind::ConnectionAborted),
        (EndCause::TransportFailed, ErrorKind::ConnectionAborted),
    ] {
        let Error::Ended(mut ending) = ended() else { unreachable!() };
        (ending.cause, ending.message_lost) = (cause, false);
        let error = Error::Ended(ending.clone());
        assert_eq!(io::Error::from(error).kind(), kind, "{cause}");
        // The Close frame came inside a message, as that of a server which broke off.
        ending.message_lost = true;
        let kind = if ending.is_clean() { ErrorKind::UnexpectedEof } else { kind };
        assert_eq!(io::Error::from(Error::Ended(ending)).kind(), kind, "{cause}");
    }
}

#[test]
fn the_text_for_streaming_delivery_names_a_method_that_exists() {
    assert!(Error::StreamingDelivery.to_string().contains("receive()"));
}
