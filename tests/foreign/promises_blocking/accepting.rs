//! Accepting and connecting.

use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::process::{self, Command, Stdio};
use std::thread;
use std::time::Duration;

use websocket_proto::handshake::{Acceptance, AnswerError, ClientRequest};
use websocket_proto::io::Error;
use websocket_proto::io::blocking::{
    GracefulShutdown, accept, accept_with, client, connect, connect_with, incoming,
};
use websocket_proto::{Config, Event};

use crate::peer::{Side, request, streams};

/// The server process of the next test.
#[test]
#[ignore = "started by another"]
fn server_without_many_files() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("listening on {}", listener.local_addr().unwrap());
    thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        process::exit(0);
    });
    for stream in incoming(&listener) {
        thread::spawn(|| {
            let mut socket = accept(stream)?;
            while let Some((event, reply)) = socket.receive()? {
                if let Event::Text(text) = event {
                    reply.feed_text(text)?;
                }
            }
            Ok::<(), Error>(())
        });
    }
}

#[cfg(unix)]
#[test]
fn a_lack_of_files_is_waited_out() {
    let mut server = Command::new("sh")
        .args(["-c", "ulimit -n 40 && exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "accepting::server_without_many_files", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let address = lines.map_while(Result::ok).find_map(|line| {
        line.split_once("listening on ").map(|(_, address)| address.trim().to_owned())
    });
    let address = address.unwrap();
    let crowd: Vec<_> = (0..60).map(|_| TcpStream::connect(&address).unwrap()).collect();
    // The server reaches its limit of files.
    thread::sleep(Duration::from_millis(300));
    drop(crowd);
    let mut socket = connect(&format!("ws://{address}/")).unwrap();
    socket.send_text("still there?").unwrap();
    assert!(matches!(socket.receive(), Ok(Some((Event::Text("still there?"), _)))));
    drop(server.stdin.take());
    assert!(server.wait().unwrap().success());
}

#[test]
fn what_is_accepted_sends_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let request = request(&listener);
    let connecting = thread::spawn(move || connect_with(&request, Config::default()).unwrap());
    let (stream, _) = listener.accept().unwrap();
    assert!(!stream.nodelay().unwrap());
    let mut socket = accept(stream).unwrap();
    assert!(socket.writer().stream().nodelay().unwrap());
    drop(connecting.join().unwrap());
}

/// Short messages, each written by itself, do not wait for the peer's acknowledgements.
#[test]
fn what_is_accepted_sends_at_once_over_tls_too() {
    for tls in [false, true] {
        let [server, stream] = streams(Side::Server, tls);
        assert!(!server.inner().nodelay().unwrap());
        let receiving = thread::spawn(move || {
            let request = ClientRequest::new("ws://localhost/").unwrap();
            let mut socket = client(stream, &request, Config::default()).unwrap();
            for _ in 0..5 {
                assert!(matches!(socket.receive(), Ok(Some((Event::Binary(_), _)))));
            }
        });
        let mut socket = accept(server).unwrap();
        for _ in 0..5 {
            socket.send_binary(&[0; 100]).unwrap();
        }
        assert!(socket.stream().inner().nodelay().unwrap(), "{tls}");
        receiving.join().unwrap();
    }
}

#[test]
fn a_subprotocol_that_was_not_offered_is_an_error_of_the_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let request = request(&listener);
    let dialed = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let connecting = thread::spawn(move || client(dialed, &request, Config::default()).map(drop));
    let (stream, _) = listener.accept().unwrap();
    let chosen = Acceptance::new().subprotocol("chat").unwrap();
    let mistake = accept_with(stream, Config::default(), |_| Ok(chosen)).map(drop);
    assert!(matches!(mistake, Err(Error::Answer(AnswerError::UnofferedSubprotocol))));
    let Err(Error::Refused(refused)) = connecting.join().unwrap() else { panic!() };
    assert_eq!(refused.response().status(), 500);
}

#[test]
fn doors_are_shut_with_their_iterators() {
    let shutdown = GracefulShutdown::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    for _ in 0..3 {
        drop(shutdown.incoming(&listener));
    }
    shutdown.close_all(websocket_proto::CloseCode::NORMAL, "", Duration::ZERO).unwrap();
    // No client connected.
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err());
}
