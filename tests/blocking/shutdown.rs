//! The graceful shutdown of a server, over loopback TCP.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use websocket_proto::io::blocking::{GracefulShutdown, WebSocket, accept, connect};
use websocket_proto::io::{Error, ShutdownSummary};
use websocket_proto::{CloseCode, EndCause, Ending, Event, SendError};

use crate::REQUEST;
use crate::scripted_stream::echo;
use crate::support::{close, text};
use crate::tcp::{GUARD, dial, read_to_end};

/// The length of a message that is far longer than the buffers of a socket.
const TOO_MUCH: usize = 64 << 20;

/// The Close frame of the server, with the reason `see you`.
const SEE_YOU: &[u8] = b"\x88\x09\x03\xf4see you";

/// Runs a server that shuts down when all peers are connected, within `limit`. Returns the result
/// of the shutdown, the events of each connection, and what each peer returned.
fn serve_and_shut_down<P: Send + 'static>(
    limit: Duration,
    serve: fn(WebSocket<TcpStream>) -> Vec<String>,
    peers: Vec<fn(&str) -> P>,
) -> (ShutdownSummary, Vec<Vec<String>>, Vec<P>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/c", listener.local_addr().unwrap());
    let shutdown = GracefulShutdown::new();
    let (connected, connections) = mpsc::channel();
    let accepting = thread::spawn({
        let shutdown = shutdown.clone();
        move || {
            for stream in shutdown.incoming(&listener) {
                let (shutdown, stream, connected) = (shutdown.clone(), stream, connected.clone());
                thread::spawn(move || {
                    let mut socket = accept(stream).unwrap();
                    shutdown.watch(&mut socket);
                    connected.send(thread::spawn(move || serve(socket))).unwrap();
                });
            }
        }
    });
    let connect = |peer: fn(&str) -> P| {
        let url = url.clone();
        let peer = thread::spawn(move || peer(&url));
        (peer, connections.recv().unwrap())
    };
    let threads: Vec<_> = peers.into_iter().map(connect).collect();
    thread::sleep(Duration::from_millis(50));
    let summary = shutdown.close_all(CloseCode::SERVICE_RESTART, "see you", limit).unwrap();
    accepting.join().unwrap();
    let ends = threads.into_iter().map(|(peer, serving)| {
        let words = serving.join().unwrap();
        (words, peer.join().unwrap())
    });
    let (words, peers) = ends.unzip();
    (summary, words, peers)
}

fn echoing(mut socket: WebSocket<TcpStream>) -> Vec<String> {
    echo(&mut socket)
}

/// Sends more than the peer reads, and waits until it is written.
fn flooding(mut socket: WebSocket<TcpStream>) -> Vec<String> {
    let sent = socket.send_binary(&vec![0; TOO_MUCH]);
    assert!(matches!(sent, Err(Error::NotWritten(EndCause::Aborted))), "{sent:?}");
    echo(&mut socket)
}

/// A client that answers the Close frame at once; returns how its connection ended.
fn polite(url: &str) -> Option<Ending> {
    let mut socket = connect(url).unwrap();
    loop {
        if let Some((Event::Ended(ending), _)) = socket.receive().unwrap() {
            return Some(ending.clone());
        }
    }
}

/// A client that, when it has read the Close frame, sends a last message before it answers.
fn busy(url: &str) -> Option<Ending> {
    let mut stream = dial(url);
    stream.write_all(REQUEST.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    while !bytes.ends_with(SEE_YOU) {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        bytes.extend(byte);
    }
    stream.write_all(&[text("late"), close(1012, "")].concat()).unwrap();
    assert!(read_to_end(&stream).is_empty());
    None
}

/// A client that reads and never answers.
fn mute(url: &str) -> Option<Ending> {
    let mut stream = dial(url);
    stream.write_all(REQUEST.as_bytes()).unwrap();
    assert!(read_to_end(&stream).ends_with(SEE_YOU));
    None
}

/// A client that does not even read.
fn deaf(url: &str) -> TcpStream {
    let mut stream = dial(url);
    stream.write_all(REQUEST.as_bytes()).unwrap();
    stream
}

#[test]
fn peers_that_answer_are_waited_for() {
    let (summary, words, endings) = serve_and_shut_down(GUARD, echoing, vec![polite, busy]);
    assert_eq!((summary.clean, summary.aborted), (2, 0));
    assert_eq!(words[0], ["close 1012 \"\"", "ended Clean"]);
    // Messages that arrive after our Close frame are not delivered.
    assert_eq!(words[1], ["close 1012 \"\"", "ended Clean"]);
    let ending = endings[0].as_ref().unwrap();
    let received = ending.received.as_ref().unwrap();
    assert!(ending.is_clean());
    assert_eq!((received.code, &*received.reason), (CloseCode::SERVICE_RESTART, "see you"));
}

#[test]
fn peers_that_never_answer_are_cut_off() {
    let (summary, words, _) =
        serve_and_shut_down(Duration::from_secs(2), echoing, vec![polite, mute]);
    assert_eq!((summary.clean, summary.aborted), (1, 1));
    assert_eq!(words[1], ["ended Aborted"]);
}

#[test]
fn peers_that_never_read_are_cut_off() {
    let (summary, words, _) = serve_and_shut_down(Duration::from_millis(500), flooding, vec![deaf]);
    assert_eq!((summary.clean, summary.aborted), (0, 1));
    assert_eq!(words, [["ended Aborted"]]);
}

#[test]
fn without_connections_there_is_nothing_to_wait_for() {
    let (shutdown, long) = (GracefulShutdown::new(), Duration::MAX);
    let refused = shutdown.close_all(CloseCode::new(1006), "", long);
    assert_eq!(refused, Err(SendError::BadCloseCode));
    let refused = shutdown.close_all(CloseCode::NORMAL, &"r".repeat(124), long);
    assert_eq!(refused, Err(SendError::ReasonTooLong));
    assert!(!shutdown.has_begun());
    assert_eq!(shutdown.close_all(CloseCode::NO_STATUS, "", long), Ok(ShutdownSummary::default()));
    assert!(shutdown.has_begun());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    assert!(shutdown.incoming(&listener).next().is_none());
}

#[test]
fn accepting_at_any_address_is_woken() {
    let shutdown = GracefulShutdown::new();
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let accepting = thread::spawn({
        let shutdown = shutdown.clone();
        move || shutdown.incoming(&listener).count()
    });
    thread::sleep(Duration::from_millis(20));
    let start = Instant::now();
    shutdown.close_all(CloseCode::NORMAL, "", Duration::ZERO).unwrap();
    assert_eq!(accepting.join().unwrap(), 0);
    assert!(start.elapsed() < Duration::from_secs(20), "it hangs");
}
