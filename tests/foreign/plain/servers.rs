//! The server of the example `echo`: it goes on after failing to accept, and echoes without waiting
//! for more input.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::thread;

use websocket_proto::Config;

use crate::meeting::{Io, on_tokio};
use crate::peer::{Peer, Side};
use crate::{echo_on_smol, echo_on_tokio};

/// The environment variable that tells [`the_server`] which adapter to use.
const SERVER: &str = "PLAIN_TEST_SERVER";

/// The example in a process of its own that may open only few files.
struct Server {
    process: Child,
    output: BufReader<ChildStdout>,
    errors: BufReader<ChildStderr>,
}

impl Server {
    fn start(io: Io) -> Self {
        let mut process = Command::new("sh")
            .args(["-c", "ulimit -n 40 && exec \"$@\"", "sh"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "servers::the_server", "--ignored", "--nocapture"])
            .env(SERVER, format!("{io:?}"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let errors = BufReader::new(process.stderr.take().unwrap());
        Self { process, output, errors }
    }

    fn address(&mut self) -> String {
        line_with(&mut self.output, "listening on ws://").split("ws://").nth(1).unwrap().into()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The first line that contains `part`.
fn line_with(lines: &mut impl BufRead, part: &str) -> String {
    let line = lines.lines().map(Result::unwrap).find(|line| line.contains(part));
    line.unwrap_or_else(|| panic!("the server ended before it said {part:?}"))
}

/// The server process of [`too_many_files_end_no_accept_loop`].
#[test]
#[ignore = "a part of another test"]
fn the_server() {
    let served = match std::env::var(SERVER).as_deref() {
        Ok("Tokio") => echo_on_tokio::serve("127.0.0.1:0", Config::default(), &None),
        Ok("Smol") => echo_on_smol::serve("127.0.0.1:0", Config::default(), &None),
        _ => return,
    };
    panic!("{served:?}");
}

fn echoes(peer: &mut Peer) {
    peer.write(&[(0x81, b"hello".to_vec())]);
    assert_eq!(peer.read_frame(), (0x81, b"hello".to_vec()));
}

#[test]
fn too_many_files_end_no_accept_loop() {
    for io in [Io::Tokio, Io::Smol] {
        let mut server = Server::start(io);
        let address = server.address();
        let connect = || TcpStream::connect(&address).unwrap();
        let mut first = Peer::new(Side::Client, false, connect());
        first.shake_hands();
        let many: Vec<_> = (0..60).map(|_| connect()).collect();
        line_with(&mut server.errors, "Too many open files");
        // Present clients are served meanwhile, and new ones when files can be opened again.
        echoes(&mut first);
        drop(many);
        let mut next = Peer::new(Side::Client, false, connect());
        next.shake_hands();
        echoes(&mut next);
    }
}

#[test]
fn nagles_algorithm_is_off() {
    for io in [Io::Tokio, Io::Smol] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let stream = listener.accept().unwrap().0;
        // A second handle on the same socket, to look at.
        let watched = stream.try_clone().unwrap();
        assert!(!watched.nodelay().unwrap());
        stream.set_nonblocking(true).unwrap();
        let server = thread::spawn(move || match io {
            Io::Tokio => on_tokio(async {
                let stream = tokio::net::TcpStream::try_from(stream).unwrap();
                echo_on_tokio::echo(stream, Config::default(), &None).await
            }),
            Io::Smol => smol::block_on(async {
                let stream = smol::net::TcpStream::try_from(stream).unwrap();
                echo_on_smol::echo(stream, Config::default(), &None).await
            }),
        });
        let mut peer = Peer::new(Side::Client, false, client);
        peer.shake_hands();
        echoes(&mut peer);
        assert!(watched.nodelay().unwrap(), "{io:?}");
        peer.write(&[(0x88, Vec::new())]);
        drop(peer);
        server.join().unwrap().unwrap();
    }
}
