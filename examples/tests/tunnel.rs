//! The example `tunnel`: plain connections through a WebSocket to a plain server, with two tunnels.

#[path = "../tunnel.rs"]
#[expect(dead_code, reason = "its `main`")]
mod tunnel;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use tokio::runtime::Runtime;
use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::{Error, blocking};

/// Runs a tunnel in the background; returns where it listens.
fn start(runtime: &Runtime, arguments: &[&str]) -> SocketAddr {
    let arguments = ["--listen", "127.0.0.1:0"].iter().chain(arguments).copied();
    let options = tunnel::parse(lexopt::Parser::from_args(arguments)).unwrap().unwrap();
    let listening = tokio::net::TcpListener::bind(options.listen.clone());
    let listener = runtime.block_on(listening).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(tunnel::serve(listener, options));
    address
}

/// A plain server that sends back what each client sends.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || io::copy(&mut &stream, &mut &stream));
        }
    });
    address
}

/// Two tunnels to an echo; returns the runtime that they run in, and where the first listens.
fn tunnels() -> (Runtime, SocketAddr) {
    let runtime = Runtime::new().unwrap();
    let server = start(&runtime, &["--subprotocol", "mqtt", &format!("tcp://{}", echo())]);
    let client = start(&runtime, &["--subprotocol", "mqtt", &format!("ws://{server}/tunnel")]);
    (runtime, client)
}

#[test]
fn bytes_pass_there_and_back() {
    let (_runtime, address) = tunnels();
    let stream = TcpStream::connect(address).unwrap();
    let sent: Vec<u8> = (0..4 << 20).map(|at: u32| (at ^ at >> 9) as u8).collect();
    let mut received = vec![0; sent.len()];
    thread::scope(|scope| {
        scope.spawn(|| (&stream).write_all(&sent).unwrap());
        (&stream).read_exact(&mut received).unwrap();
    });
    assert!(sent == received);
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!((&stream).read(&mut [0]).unwrap(), 0, "the echo ends when its client does");
}

/// socat speaks to the tunnel as it would to the echo.
#[test]
fn socat_talks_through_the_tunnel() {
    let (_runtime, address) = tunnels();
    let socat = Command::new("socat")
        .args(["-t10", "-", &format!("TCP:{address}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut socat) = socat else {
        println!("skipped: socat is not installed");
        return;
    };
    let (mut input, mut output) =
        (socat.stdin.take().unwrap(), BufReader::new(socat.stdout.take().unwrap()));
    for line in ["SSH-2.0-none\r\n", "\u{0}\u{1} any bytes\n"] {
        input.write_all(line.as_bytes()).unwrap();
        let mut answer = String::new();
        output.read_line(&mut answer).unwrap();
        assert_eq!(answer, line);
    }
    drop(input);
    let mut rest = Vec::new();
    output.read_to_end(&mut rest).unwrap();
    assert!(rest.is_empty());
    assert!(socat.wait().unwrap().success());
}

#[test]
fn pages_of_other_sites_and_dead_targets_are_refused() {
    let runtime = Runtime::new().unwrap();
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = start(&runtime, &[&format!("tcp://{dead}")]);
    let request = ClientRequest::new(&format!("ws://{server}/")).unwrap();
    assert_eq!(status(&request), 502);
    assert_eq!(status(&request.origin("https://elsewhere.example").unwrap()), 403);
    // A plain client whose tunnel cannot connect is disconnected.
    let client = start(&runtime, &[&format!("ws://{server}/")]);
    let read = TcpStream::connect(client).unwrap().read(&mut [0]);
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
}

/// The status that a request is refused with.
fn status(request: &ClientRequest) -> u16 {
    match blocking::connect_with(request, websocket_proto::Config::default()) {
        Err(Error::Refused(refused)) => refused.response().status(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn bad_command_lines_are_explained() {
    let explain = |arguments: &[&str]| {
        let parsed = tunnel::parse(lexopt::Parser::from_args(arguments));
        parsed.err().expect("an error").to_string()
    };
    assert_eq!(explain(&[]), "no target: see --help");
    assert!(explain(&["ftp://h/"]).starts_with("ftp://h/: "));
    assert!(explain(&["--subprotocol", "a b", "ws://h/"]).starts_with("ws://h/: "));
}
