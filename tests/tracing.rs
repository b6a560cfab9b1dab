//! What the feature `tracing` tells, on all adapters, and what it never tells.

use std::fmt::{Debug, Write as _};
use std::io::{Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use ::tracing::field::{Field, Visit};
use ::tracing::span::{Attributes, Id, Record};
use ::tracing::{Event as TracingEvent, Metadata, Subscriber};
use websocket_proto::backoff::Backoff;
use websocket_proto::handshake::{Acceptance, ClientRequest, Rejection, Request};
use websocket_proto::io::{Dial, Error, Update, blocking, smol as for_smol, tokio as for_tokio};
use websocket_proto::{CloseCode, Config, EndCause, Event};

/// What must never be told: of the URL's query, a header, messages and a Close frame.
const SECRETS: [&str; 5] =
    ["query-secret", "header-secret", "payload-secret", "reason-secret", "ping-secret"];

/// Collects the events of all threads, one line for each.
struct Collector;

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
static ONE_TEST: Mutex<()> = Mutex::new(());

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "websocket_proto"
    }

    fn event(&self, event: &TracingEvent<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        lock(&LINES).push(line.0);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `play` alone, and returns what was told meanwhile.
fn told(play: impl FnOnce()) -> Vec<String> {
    let _alone = lock(&ONE_TEST);
    // Set by the first test.
    let _ = ::tracing::subscriber::set_global_default(Collector);
    lock(&LINES).clear();
    play();
    let lines = std::mem::take(&mut *lock(&LINES));
    for secret in SECRETS {
        assert!(!lines.iter().any(|line| line.contains(secret)), "{secret} in {lines:#?}");
    }
    lines
}

/// The line with this message, which has to be the only one, and these words in it.
#[track_caller]
fn check(lines: &[String], message: &str, role: &str, words: &[&str]) {
    let found: Vec<_> = lines
        .iter()
        .filter(|line| line.contains(&format!("message={message}")) && line.contains(role))
        .collect();
    assert_eq!(found.len(), 1, "{message} {role}: {lines:#?}");
    for word in words {
        assert!(found[0].contains(word), "no {word}: {}", found[0]);
    }
}

/// An adapter, as a client and as a server.
#[derive(Clone, Copy, Debug)]
enum Io {
    Blocking,
    Tokio,
    Smol,
}

const ALL: [Io; 3] = [Io::Blocking, Io::Tokio, Io::Smol];

fn request(port: u16) -> ClientRequest {
    let url = format!("ws://127.0.0.1:{port}/room?token=query-secret");
    ClientRequest::new(&url).unwrap().bearer("header-secret").unwrap()
}

/// A listener on a free port.
fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

fn decide(request: &Request<'_>) -> Result<Acceptance, Rejection> {
    match request.header("x-reject") {
        Some(_) => Err(Rejection::new(403).unwrap().text("payload-secret")),
        None => Ok(Acceptance::new()),
    }
}

/// Accepts one connection, echoes its messages until the end, and returns what ended it.
fn serve(io: Io, listener: TcpListener) -> JoinHandle<Result<EndCause, Error>> {
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        match io {
            Io::Blocking => {
                let mut socket = blocking::accept_with(stream, Config::default(), decide)?;
                loop {
                    match socket.receive()? {
                        Some((Event::Text(text), reply)) => reply.send_text(text)?,
                        Some((Event::Ended(ending), _)) => return Ok(ending.cause),
                        Some(_) => {}
                        None => panic!("no end"),
                    }
                }
            }
            Io::Tokio => runtime().block_on(async {
                stream.set_nonblocking(true).unwrap();
                let stream = ::tokio::net::TcpStream::from_std(stream).unwrap();
                let decide = async |request: &Request<'_>| decide(request);
                let mut socket = for_tokio::accept_with(stream, Config::default(), decide).await?;
                loop {
                    match socket.receive().await? {
                        Some((Event::Text(text), reply)) => reply.send_text(text).await?,
                        Some((Event::Ended(ending), _)) => return Ok(ending.cause),
                        Some(_) => {}
                        None => panic!("no end"),
                    }
                }
            }),
            Io::Smol => ::smol::block_on(async {
                let stream = ::smol::net::TcpStream::try_from(stream).unwrap();
                let decide = async |request: &Request<'_>| decide(request);
                let socket = for_smol::accept_with(stream, Config::default(), decide).await?;
                // Split, so that the receiver counts apart from the connection.
                let (sender, mut receiver) = socket.split();
                loop {
                    match receiver.receive().await? {
                        Some(Event::Text(text)) => sender.send_text(text).await?,
                        Some(Event::Ended(ending)) => return Ok(ending.cause),
                        Some(_) => {}
                        None => panic!("no end"),
                    }
                }
            }),
        }
    })
}

fn runtime() -> ::tokio::runtime::Runtime {
    ::tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Connects, sends two messages and a ping, receives the echoes and closes.
fn exchange(io: Io, request: &ClientRequest) -> Result<EndCause, Error> {
    let config = Config::default;
    match io {
        Io::Blocking => {
            let mut socket = blocking::connect_with(request, config())?;
            socket.send_ping(b"ping-secret")?;
            for _ in 0..2 {
                socket.send_text("payload-secret")?;
                while !matches!(socket.receive()?, Some((Event::Text(_), _))) {}
            }
            Ok(socket.close_with(CloseCode::NORMAL, "reason-secret")?.cause)
        }
        Io::Tokio => runtime().block_on(async {
            let mut socket = for_tokio::connect_with(request, config()).await?;
            socket.send_ping(b"ping-secret").await?;
            for _ in 0..2 {
                socket.send_text("payload-secret").await?;
                while !matches!(socket.receive().await?, Some((Event::Text(_), _))) {}
            }
            Ok(socket.close_with(CloseCode::NORMAL, "reason-secret").await?.cause)
        }),
        Io::Smol => ::smol::block_on(async {
            let mut socket = for_smol::connect_with(request, config()).await?;
            socket.send_ping(b"ping-secret").await?;
            for _ in 0..2 {
                socket.send_text("payload-secret").await?;
                while !matches!(socket.receive().await?, Some((Event::Text(_), _))) {}
            }
            Ok(socket.close_with(CloseCode::NORMAL, "reason-secret").await?.cause)
        }),
    }
}

#[test]
fn a_connection_from_beginning_to_end() {
    for io in ALL {
        let (listener, port) = listen();
        let lines = told(|| {
            let server = serve(io, listener);
            assert_eq!(exchange(io, &request(port)).unwrap(), EndCause::Clean);
            assert_eq!(server.join().unwrap().unwrap(), EndCause::Clean);
        });
        println!("{lines:#?}");
        assert!(lines.iter().all(|line| line.starts_with("DEBUG ")), "{lines:#?}");
        check(
            &lines,
            "connecting",
            "",
            &["host=\"127.0.0.1\"", &format!("port={port}"), "tls=false"],
        );
        check(&lines, "trying an address", "", &[&format!("address=127.0.0.1:{port}")]);
        check(&lines, "asking for a WebSocket", "", &["host=\"127.0.0.1\"", "path=\"/room\""]);
        check(&lines, "asked for a WebSocket", "", &["path=\"/room\""]);
        check(&lines, "open", "role=\"client\"", &["compressed=false"]);
        check(&lines, "open", "role=\"server\"", &["compressed=false"]);
        let ends: Vec<_> = lines.iter().filter(|line| line.contains("message=ended")).collect();
        assert_eq!(ends.len(), 2, "{lines:#?}");
        for end in ends {
            for word in [
                "cause=closed",
                "sent_code=1000",
                "received_code=1000",
                "open_for=0.",
                "sent_messages=2",
                "received_messages=2",
            ] {
                assert!(end.contains(word), "{io:?}: no {word}: {end}");
            }
        }
    }
}

#[test]
fn a_request_that_is_rejected() {
    for io in ALL {
        let (listener, port) = listen();
        let lines = told(|| {
            let server = serve(io, listener);
            let request = request(port).header("X-Reject", "header-secret").unwrap();
            let refused = exchange(io, &request).unwrap_err();
            assert!(matches!(refused, Error::Refused(_)), "{refused}");
            assert!(matches!(server.join().unwrap().unwrap_err(), Error::Ended(_)));
        });
        check(&lines, "rejected", "", &["status=403"]);
        check(&lines, "refused", "", &["status=403"]);
        check(&lines, "ended", "", &["cause=the application rejected the request"]);
        assert!(!lines.iter().any(|line| line.contains("message=open")), "{lines:#?}");
        assert!(!lines.iter().any(|line| line.contains("message=dropped")), "{lines:#?}");
    }
}

#[test]
fn nobody_listens() {
    for io in ALL {
        let (listener, port) = listen();
        drop(listener);
        let lines = told(|| drop(exchange(io, &request(port)).unwrap_err()));
        let address = format!("127.0.0.1:{port}");
        check(&lines, "no connection", "", &[&address, "Connection refused"]);
    }
}

#[test]
fn several_addresses_and_a_proxy() {
    let closed = |_| listen().0.local_addr().unwrap();
    let addresses = [0, 1].map(closed);
    let proxy = "http://user:header-secret@proxy.example:3128".parse().unwrap();
    let options = Dial::new().proxy(proxy).addresses(addresses);
    let (request, config) = (request(80), Config::default);
    for io in ALL {
        let lines = told(|| {
            let result = match io {
                Io::Blocking => blocking::dial(&request, config(), &options).map(drop),
                Io::Tokio => {
                    runtime().block_on(for_tokio::dial(&request, config(), &options)).map(drop)
                }
                Io::Smol => {
                    ::smol::block_on(for_smol::dial(&request, config(), &options)).map(drop)
                }
            };
            result.unwrap_err();
        });
        check(&lines, "connecting", "", &["port=80", "proxy=\"http://proxy.example:3128\""]);
        let tried: Vec<_> =
            lines.iter().filter(|line| line.contains("message=trying an address")).collect();
        assert_eq!(tried.len(), 2, "{io:?}: {lines:#?}");
        for (line, address) in tried.iter().zip(addresses) {
            let word = format!("host=\"proxy.example\" address={address}");
            assert!(line.contains(&word), "{io:?}: no {word}: {line}");
        }
        check(&lines, "no connection", "", &["through http://proxy.example:3128"]);
    }
}

#[test]
fn a_socket_that_is_dropped() {
    for io in ALL {
        let (listener, port) = listen();
        let lines = told(|| {
            let server = serve(io, listener);
            match io {
                Io::Blocking => drop(blocking::connect_with(&request(port), Config::default())),
                Io::Tokio => runtime().block_on(async {
                    drop(for_tokio::connect_with(&request(port), Config::default()).await)
                }),
                Io::Smol => ::smol::block_on(async {
                    drop(for_smol::connect_with(&request(port), Config::default()).await);
                }),
            }
            assert_eq!(server.join().unwrap().unwrap(), EndCause::Eof);
        });
        check(
            &lines,
            "dropped",
            "",
            &["cause=this side aborted the connection", "sent_messages=0"],
        );
        check(&lines, "ended", "", &["without a Close frame"]);
    }
}

#[test]
fn a_peer_that_breaks_rules_and_is_forgiven() {
    let (listener, port) = listen();
    let lines = told(|| {
        let client = thread::spawn(move || {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let head = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
            stream.write_all(head.as_bytes()).unwrap();
            // Twice "a" without a mask.
            stream.write_all(&[0x81, 1, b'a', 0x81, 1, b'a']).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let mut config = Config::default();
        config.leniency.unmasked_frames = true;
        let (stream, _) = listener.accept().unwrap();
        let mut socket = blocking::accept_with(stream, config, decide).unwrap();
        while !matches!(socket.receive().unwrap(), Some((Event::Ended(_), _))) {}
        drop(socket);
        client.join().unwrap();
    });
    let warnings: Vec<_> = lines.iter().filter(|line| line.starts_with("WARN")).collect();
    assert_eq!(warnings.len(), 1, "{lines:#?}");
    assert!(warnings[0].contains("unmasked_frames: true"), "{}", warnings[0]);
}

#[test]
fn a_client_that_connects_again() {
    fn backoff() -> Backoff {
        let mut backoff = Backoff::default();
        backoff.first = std::time::Duration::from_millis(1);
        backoff.attempts = Some(2);
        backoff
    }
    for io in ALL {
        let (listener, port) = listen();
        drop(listener);
        let lines = told(|| match io {
            Io::Blocking => {
                let mut client =
                    blocking::Reconnecting::new(request(port), Config::default(), backoff());
                while !matches!(client.receive(), Some(Update::GaveUp(_))) {}
            }
            Io::Tokio => runtime().block_on(async {
                let mut client =
                    for_tokio::Reconnecting::new(request(port), Config::default(), backoff());
                while !matches!(client.receive().await, Some(Update::GaveUp(_))) {}
            }),
            Io::Smol => ::smol::block_on(async {
                let mut client =
                    for_smol::Reconnecting::new(request(port), Config::default(), backoff());
                while !matches!(client.receive().await, Some(Update::GaveUp(_))) {}
            }),
        });
        let count = |message: &str| {
            lines.iter().filter(|line| line.contains(&format!("message={message}"))).count()
        };
        let waits = count("waiting for the next attempt");
        assert_eq!(count("no connection"), waits + 1, "{lines:#?}");
        assert_eq!(count("giving up"), 1);
        check(&lines, "waiting for the next attempt", "attempts_made=1", &["delay="]);
    }
}
