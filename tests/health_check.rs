//! A load balancer's requests at the port of a WebSocket server, in all adapters.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::thread::spawn;

use websocket_proto::handshake::{Acceptance, Request};
use websocket_proto::io::{Error, blocking, smol as smol_adapter, tokio as tokio_adapter};
use websocket_proto::{Config, EndCause};

/// A server's part of one connection.
type Serve = fn(TcpStream) -> Result<(), Error>;

const ADAPTERS: [(&str, Serve); 3] =
    [("blocking", serve_blocking), ("tokio", serve_tokio), ("smol", serve_smol)];

fn config() -> Config {
    let mut config = Config::default();
    config.health_check = Some("/healthz");
    config
}

fn serve_blocking(stream: TcpStream) -> Result<(), Error> {
    blocking::accept_with(stream, config(), |_| Ok(Acceptance::new())).map(drop)
}

#[tokio::main(flavor = "current_thread")]
async fn serve_tokio(stream: TcpStream) -> Result<(), Error> {
    stream.set_nonblocking(true)?;
    let stream = tokio::net::TcpStream::from_std(stream)?;
    let decide = async |_: &Request<'_>| Ok(Acceptance::new());
    tokio_adapter::accept_with(stream, config(), decide).await.map(drop)
}

fn serve_smol(stream: TcpStream) -> Result<(), Error> {
    smol::block_on(async {
        let stream = smol::net::TcpStream::from(smol::Async::new(stream)?);
        let decide = async |_: &Request<'_>| Ok(Acceptance::new());
        smol_adapter::accept_with(stream, config(), decide).await.map(drop)
    })
}

/// Lets `ask` talk to a server, and returns what it says; the server ended for this reason.
fn served<T>(serve: Serve, ask: impl FnOnce(SocketAddr) -> T) -> (T, EndCause) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = spawn(move || serve(listener.accept().unwrap().0));
    let answer = ask(address);
    match server.join().unwrap() {
        Err(Error::Ended(ending)) => (answer, ending.cause),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_health_check_is_told_from_trouble() {
    for (name, serve) in ADAPTERS {
        for (line, body) in [
            ("GET /healthz HTTP/1.1", "ok\n"),
            ("GET /healthz?full HTTP/1.0", "ok\n"),
            ("HEAD /healthz HTTP/1.1", ""),
        ] {
            let (answer, cause) = served(serve, |address| {
                let mut stream = TcpStream::connect(address).unwrap();
                write!(stream, "{line}\r\nHost: h\r\n\r\n").unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).unwrap();
                answer
            });
            assert_eq!(cause, EndCause::HealthCheck, "{name}: {line}");
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{name}: {answer}");
            assert_eq!(answer.split_once("\r\n\r\n").unwrap().1, body, "{name}: {line}");
        }
    }
}

/// A load balancer that shuts down writing, or closes at once, has its answer or wants none.
#[test]
fn whoever_leaves_early_is_a_health_check_too() {
    for (name, serve) in ADAPTERS {
        let ((), cause) = served(serve, |address| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.ends_with("\r\n\r\nok\n"), "{name}: {answer}");
        });
        assert_eq!(cause, EndCause::HealthCheck, "{name}");
    }
}

/// Skipped where there is no curl.
#[test]
fn curl_sees_a_healthy_server() {
    if Command::new("curl").arg("--version").output().is_err() {
        return eprintln!("no curl: skipped");
    }
    for (name, serve) in ADAPTERS {
        for options in [&["--fail"][..], &["--fail", "--head"], &["--http1.0"], &["--http2"]] {
            let (output, cause) = served(serve, |address| {
                let url = format!("http://{address}/healthz?by=curl");
                let common = ["--silent", "--show-error", "--noproxy", "*", "--max-time", "20"];
                Command::new("curl").args(common).args(options).arg(url).output().unwrap()
            });
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{name} {options:?}: {output:?}");
            assert_eq!(cause, EndCause::HealthCheck, "{name} {options:?}");
            if options.contains(&"--head") {
                assert!(said.starts_with("HTTP/1.1 200 OK\r\n"), "{name}: {said}");
                assert!(said.contains("Content-Length: 3\r\n"), "{name}: {said}");
            } else {
                assert_eq!(said, "ok\n", "{name} {options:?}");
            }
        }
    }
}
