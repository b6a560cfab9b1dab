//! The graceful shutdown of a server, over loopback TCP.

use std::io::{Read, Write};
use std::thread;

use futures_util::future::join_all;
use websocket_proto::io::{Error, ShutdownSummary, blocking};
use websocket_proto::{CloseCode, Config, EndCause, Ending, Event, SendError};

use super::tcp::{plain, read_to_end};
use super::{REQUEST, echo, join, millis, race, run, tcp_pair, word};
use crate::runtime::adapter::{GracefulShutdown, WebSocket, accept};
use crate::runtime::{TcpListener, TcpStream, sleep};
use crate::support::{close, text};

/// The length of a message that is far longer than the buffers of a socket.
const TOO_MUCH: usize = 64 << 20;

/// A time limit in milliseconds that is never reached.
const LONG: u64 = 20_000;

/// What the server does with one connection. Returns the events in words.
type Serve = fn(WebSocket<TcpStream>) -> Served;
type Served = std::pin::Pin<Box<dyn Future<Output = Vec<String>>>>;

/// Serves one connection for each peer and then shuts the server down, with a limit of `limit`
/// milliseconds. Returns the result of the shutdown, the events of each connection, and what each
/// peer returned.
async fn serve_and_shut_down<P: Send + 'static>(
    limit: u64,
    serve: Serve,
    peers: Vec<fn(&str) -> P>,
) -> (ShutdownSummary, Vec<Vec<String>>, Vec<P>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/c", listener.local_addr().unwrap());
    let shutdown = GracefulShutdown::new();
    let (mut sockets, mut threads) = (Vec::new(), Vec::new());
    for peer in peers {
        let url = url.clone();
        threads.push(thread::spawn(move || peer(&url)));
        let mut socket = accept(listener.accept().await.unwrap().0).await.unwrap();
        shutdown.watch(&mut socket);
        sockets.push(serve(socket));
    }
    let closing = async {
        sleep(millis(50)).await;
        shutdown.close_all(CloseCode::SERVICE_RESTART, "see you", sleep(millis(limit))).await
    };
    let (summary, words) = join(closing, join_all(sockets)).await;
    (summary.unwrap(), words, threads.into_iter().map(|peer| peer.join().unwrap()).collect())
}

fn echoing(mut socket: WebSocket<TcpStream>) -> Served {
    Box::pin(async move { echo(&mut socket).await })
}

/// Receives by the receiving half while the sending half is kept.
fn split(socket: WebSocket<TcpStream>) -> Served {
    Box::pin(async move {
        let (sender, mut receiver) = socket.split();
        let mut words = Vec::new();
        while let Some(event) = receiver.receive().await.unwrap() {
            words.push(word(&event));
        }
        drop(sender);
        words
    })
}

/// Sends more than the peer reads, and waits until it is written.
fn flooding(mut socket: WebSocket<TcpStream>) -> Served {
    Box::pin(async move {
        let flood = socket.send_binary(&vec![0; TOO_MUCH]).await;
        assert!(matches!(flood, Err(Error::NotWritten(EndCause::Aborted))), "{flood:?}");
        echo(&mut socket).await
    })
}

/// Like [`flooding`], with sending and receiving in two tasks.
fn flooding_split(socket: WebSocket<TcpStream>) -> Served {
    Box::pin(async move {
        let (sender, mut receiver) = socket.split();
        let flood = async {
            let flood = sender.send_binary(&vec![0; TOO_MUCH]).await;
            assert!(matches!(flood, Err(Error::NotWritten(EndCause::Aborted))), "{flood:?}");
        };
        let receive = async {
            let mut words = Vec::new();
            while let Some(event) = receiver.receive().await.unwrap() {
                words.push(word(&event));
            }
            words
        };
        join(flood, receive).await.1
    })
}

/// A client that answers the Close frame at once; returns how its connection ended.
fn polite(url: &str) -> Option<Ending> {
    let mut socket = blocking::connect(url).unwrap();
    loop {
        if let Some((Event::Ended(ending), _)) = socket.receive().unwrap() {
            return Some(ending.clone());
        }
    }
}

/// A client that, when it has read the Close frame, sends a last message before it answers.
fn busy(url: &str) -> Option<Ending> {
    let mut stream = plain(url);
    stream.write_all(REQUEST.as_bytes()).unwrap();
    while !stream_ends_with(&mut stream, b"\x88\x09\x03\xf4see you") {}
    stream.write_all(&[text("late"), close(1012, "")].concat()).unwrap();
    assert!(read_to_end(&stream).is_empty());
    None
}

/// A client that reads and never answers.
fn mute(url: &str) -> Option<Ending> {
    let mut stream = plain(url);
    stream.write_all(REQUEST.as_bytes()).unwrap();
    assert!(read_to_end(&stream).ends_with(b"\x88\x09\x03\xf4see you"));
    None
}

/// A client that does not even read.
fn deaf(url: &str) -> std::net::TcpStream {
    let mut stream = plain(url);
    stream.write_all(REQUEST.as_bytes()).unwrap();
    stream
}

fn stream_ends_with(stream: &mut std::net::TcpStream, end: &[u8]) -> bool {
    let mut bytes = [0; 1024];
    let len = stream.read(&mut bytes).unwrap();
    assert!(len > 0);
    bytes[..len].ends_with(end)
}

#[test]
fn peers_that_answer_are_waited_for() {
    for serve in [echoing, split] {
        let (summary, words, endings) = run(serve_and_shut_down(LONG, serve, vec![polite, polite]));
        assert_eq!((summary.clean, summary.aborted), (2, 0));
        assert_eq!(words[0], ["close 1012 \"\"", "ended Clean"]);
        let ending = endings[0].as_ref().unwrap();
        let received = ending.received.as_ref().unwrap();
        assert!(ending.is_clean());
        assert_eq!((received.code, &*received.reason), (CloseCode::SERVICE_RESTART, "see you"));
    }
}

#[test]
fn peers_that_never_answer_are_cut_off() {
    for serve in [echoing, split] {
        let (summary, words, _) = run(serve_and_shut_down(1000, serve, vec![polite, mute]));
        assert_eq!((summary.clean, summary.aborted), (1, 1));
        assert_eq!(words[1], ["ended Aborted"]);
    }
}

#[test]
fn peers_that_never_read_are_cut_off() {
    for serve in [flooding, flooding_split] {
        let (summary, words, _) = run(serve_and_shut_down(200, serve, vec![deaf, deaf]));
        assert_eq!((summary.clean, summary.aborted), (0, 2));
        assert_eq!(words, [["ended Aborted"], ["ended Aborted"]]);
    }
}

#[test]
fn messages_behind_our_close_frame_are_dropped() {
    let (summary, words, _) = run(serve_and_shut_down(LONG, echoing, vec![busy]));
    assert_eq!((summary.clean, summary.aborted), (1, 0));
    assert_eq!(words[0], ["close 1012 \"\"", "ended Clean"]);
}

/// Both ends of an open connection.
async fn open() -> (WebSocket<TcpStream>, TcpStream) {
    let (one, other) = tcp_pair().await;
    let role = websocket_proto::Role::Server;
    (WebSocket::established(one, role, None, Config::default(), &[]), other)
}

#[test]
fn without_connections_there_is_nothing_to_wait_for() {
    run(async {
        let shutdown = GracefulShutdown::new();
        let refused = shutdown.close_all(CloseCode::new(1006), "", std::future::pending::<()>());
        assert_eq!(refused.await, Err(SendError::BadCloseCode));
        let reason = "r".repeat(124);
        let refused = shutdown.close_all(CloseCode::NORMAL, &reason, std::future::pending::<()>());
        assert_eq!(refused.await, Err(SendError::ReasonTooLong));
        assert!(!shutdown.has_begun());

        let (mut ended, peer) = open().await;
        shutdown.watch(&mut ended);
        drop(peer);
        while ended.receive().await.unwrap().is_some() {}
        let closing = shutdown.close_all(CloseCode::NO_STATUS, "", std::future::pending::<()>());
        assert_eq!(closing.await, Ok(ShutdownSummary::default()));
        assert!(shutdown.has_begun());
    });
}

#[test]
fn tasks_that_accept_are_notified() {
    let shutdown = GracefulShutdown::new();
    let notified = shutdown.clone();
    run(async {
        let accepting = async {
            notified.begun().await;
            notified.begun().await;
        };
        let closing = async {
            sleep(millis(10)).await;
            shutdown.close_all(CloseCode::GOING_AWAY, "", sleep(millis(10))).await
        };
        join(accepting, closing).await.1.unwrap();
    });
}

#[test]
fn sockets_that_come_late_close_at_once() {
    run(async {
        let shutdown = GracefulShutdown::new();
        let (mut early, _peer) = open().await;
        shutdown.watch(&mut early);
        // The future is dropped before it is done; the connections close all the same.
        let closing = shutdown.close_all(CloseCode::GOING_AWAY, "", sleep(millis(5_000)));
        race(async { closing.await.map(drop).unwrap() }, sleep(millis(1))).await;
        let (mut late, peer) = open().await;
        shutdown.watch(&mut late);
        let mut peer = WebSocket::established(
            peer,
            websocket_proto::Role::Client(&crate::support::plain_entropy),
            None,
            Config::default(),
            &[],
        );
        let (words, _) = join(echo(&mut late), echo(&mut peer)).await;
        assert_eq!(words, ["close 1001 \"\"", "ended Clean"]);
        // The socket that is dropped now has not ended cleanly.
        drop(early);
        let summary =
            shutdown.close_all(CloseCode::NORMAL, "", sleep(millis(5_000))).await.unwrap();
        assert_eq!((summary.clean, summary.aborted), (1, 1));
    });
}

#[test]
fn sockets_that_come_after_the_end_are_aborted() {
    run(async {
        let shutdown = GracefulShutdown::new();
        let (mut early, _peer) = open().await;
        shutdown.watch(&mut early);
        let summary = shutdown.close_all(CloseCode::GOING_AWAY, "", async {}).await.unwrap();
        assert_eq!((summary.clean, summary.aborted), (0, 1));
        let (mut late, _late_peer) = open().await;
        shutdown.watch(&mut late);
        for socket in [&mut early, &mut late] {
            assert_eq!(echo(socket).await, ["ended Aborted"]);
        }
    });
}
