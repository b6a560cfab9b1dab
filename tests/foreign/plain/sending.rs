//! Sending, seen from the other end.

use std::thread;
use std::time::Duration;

use tokio::net::TcpListener;
use websocket_proto::handshake::{Acceptance, ClientRequest, Request};
use websocket_proto::io::Error;
use websocket_proto::io::task::{WebSocket, Wire};
use websocket_proto::io::tokio::{accept, accept_with, connect, connect_with};
use websocket_proto::{CloseCode, Config, Deadline, EndCause, Event};

use crate::GUARD;
use crate::meeting::{Run, Setting, Trailing, settings};
use crate::peer::{End, Peer, Seen, Side};
use crate::program::Program;

/// The settings in which the program is the server and nothing follows the frames.
fn servers() -> impl Iterator<Item = Setting> {
    settings()
        .filter(|setting| setting.side == Side::Client && setting.trailing == Trailing::Nothing)
}

#[test]
fn what_is_sent_leaves_before_the_work_after_it() {
    for setting in servers() {
        let ((), result) = setting.meet(Run::of(Program::Report), |mut peer, work_is_over| {
            peer.shake_hands();
            peer.write(&[(0x81, b"go".to_vec())]);
            assert_eq!(peer.read_frame(), (0x81, b"working".to_vec()));
            work_is_over.send(()).unwrap();
            assert_eq!(peer.read_frame(), (0x81, b"done".to_vec()));
        });
        assert!(result.is_ok(), "{setting:?}: {result:?}");
    }
}

#[test]
fn a_subprotocol_that_was_not_offered() {
    for setting in servers() {
        for offer in ["", "Sec-WebSocket-Protocol: other, more\r\n"] {
            let mut run = Run::of(Program::Echo);
            run.acceptance = run.acceptance.subprotocol("chat").unwrap();
            let ((head, seen), result) = setting.meet(run, move |mut peer, _| {
                peer.request(offer);
                (peer.head(), peer.read_to_end())
            });
            assert!(head.starts_with("HTTP/1.1 500 "), "{setting:?}: {head}");
            assert_eq!(seen, Seen { frames: Vec::new(), part: 0, end: End::Whole }, "{setting:?}");
            assert!(matches!(result, Err(Error::Answer(_))), "{setting:?}: {result:?}");
        }
    }
}

const LONG: usize = 8 << 20;
const MESSAGES: usize = 4;

/// Sends everything before it receives, in the way that the documentation allows.
async fn send_and_receive<W>(socket: WebSocket<W>) -> Result<usize, Error>
where
    W: Wire + Send + 'static,
{
    let (sender, mut receiver) = socket.split();
    let sending = tokio::spawn(async move {
        for _ in 0..MESSAGES {
            sender.send_binary(&[0; LONG]).await?;
        }
        sender.send_text("that is all").await?;
        Ok::<(), Error>(())
    });
    let mut received = 0;
    while let Some(event) = receiver.receive().await? {
        match event {
            Event::Binary(data) => received += data.len(),
            Event::Text(_) => break,
            _ => {}
        }
    }
    sending.await.expect("it does not panic")?;
    receiver.sender().start_close(CloseCode::NORMAL, "")?;
    while receiver.receive().await?.is_some() {}
    Ok(received)
}

#[tokio::test]
async fn both_send_more_than_fits_before_they_look() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let client = tokio::spawn(async move { send_and_receive(connect(&url).await?).await });
    let (stream, _) = listener.accept().await.unwrap();
    let server = async { send_and_receive(accept(stream).await?).await };
    let both = async { (server.await.unwrap(), client.await.unwrap().unwrap()) };
    let received = tokio::time::timeout(GUARD, both).await.expect("stands still");
    assert_eq!(received, (MESSAGES * LONG, MESSAGES * LONG));
}

/// Sends more than fits before it receives, which has to fail.
async fn send_and_only_then_receive<W: Wire>(mut socket: WebSocket<W>) -> Result<(), Error> {
    for _ in 0..MESSAGES {
        socket.send_binary(&[0; LONG]).await?;
    }
    while socket.receive().await?.is_some() {}
    Ok(())
}

#[tokio::test]
async fn two_that_send_before_they_look_stand_still_until_their_deadline() {
    let mut config = Config::default();
    config.write_timeout = Some(Duration::from_millis(300));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let request = ClientRequest::new(&url).unwrap();
    let client = async { send_and_only_then_receive(connect_with(&request, config).await?).await };
    let server = async {
        let (stream, _) = listener.accept().await?;
        let decide = async |_: &Request<'_>| Ok(Acceptance::new());
        send_and_only_then_receive(accept_with(stream, config, decide).await?).await
    };
    let results = tokio::time::timeout(GUARD, async { tokio::join!(client, server) }).await;
    let (client, server) = results.expect("a deadline ends it");
    let is_late = |result: &Result<(), Error>| {
        matches!(result, Err(Error::NotWritten(EndCause::TimedOut(Deadline::Write))))
    };
    // The side that gives up first ends the connection for the other as well.
    assert!(is_late(&client) || is_late(&server), "{client:?}, {server:?}");
    assert!(client.is_err() && server.is_err(), "{client:?}, {server:?}");
}

/// Drops a socket with a queued message outside of its runtime, which may be shut down before;
/// returns what the peer saw.
fn dropped_outside(runtime_is_gone: bool) -> Seen {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let peer = thread::spawn(move || {
        let stream = std::net::TcpStream::connect(address).unwrap();
        let mut peer = Peer::new(Side::Client, false, stream);
        peer.shake_hands();
        peer.read_to_end()
    });
    let stream = listener.accept().unwrap().0;
    stream.set_nonblocking(true).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let socket = runtime.block_on(async {
        let mut socket = accept(tokio::net::TcpStream::from_std(stream).unwrap()).await.unwrap();
        socket.feed_text("last").await.unwrap();
        socket
    });
    if runtime_is_gone {
        drop(runtime);
        drop(socket);
    } else {
        drop(socket);
    }
    peer.join().unwrap()
}

#[test]
fn a_socket_is_dropped_outside_of_its_runtime() {
    let wanted = Seen { frames: vec![(0x81, b"last".to_vec())], part: 0, end: End::Whole };
    assert_eq!(dropped_outside(false), wanted);
    // Without its runtime a stream writes nothing, but dropping it must not panic.
    assert_eq!(dropped_outside(true).end, End::Whole);
}
