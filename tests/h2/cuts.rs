//! Connections whose bytes come in pieces, whose windows are of one byte, or that break at any byte.

use std::future::Future;
use std::sync::Arc;

use tokio::io::duplex;
use websocket_proto::io::h2::WebSocket;
use websocket_proto::io::{Error, OsEntropy};
use websocket_proto::{CloseCode, Config, EndCause, Event, Role};

use super::echo::{echo, next};
use super::link::Link;
use super::server::{Server, both, builder, pair_over, raw_pair};
use super::{guarded, patient, request};

/// A dialogue over a link that moves so many bytes at a time.
async fn talk_in_pieces(piece: usize) {
    let (near, far) = duplex(4096);
    let (client, mut server) = pair_over(Link::in_pieces(near, piece), far, builder()).await;
    let (mut near, far) = both(&client, &mut server, patient()).await;
    let echoing = tokio::spawn(echo(far));
    for len in [0, 1, 125, 126, 3000] {
        near.send_binary(&vec![9; len]).await.unwrap();
        assert_eq!(next(&mut near).await, vec![9; len]);
    }
    let ending = near.close_with(CloseCode::NORMAL, "bye").await.unwrap();
    assert!(ending.is_clean(), "{ending}");
    assert!(echoing.await.unwrap().unwrap().is_clean());
}

#[tokio::test]
async fn the_bytes_of_the_connection_come_in_pieces() {
    for piece in [1, 2, 3, 5, 8, 13, 100] {
        guarded(talk_in_pieces(piece)).await;
    }
}

/// Windows of one byte in both directions: every byte of a message is a DATA frame, and waits for an
/// update of the window.
#[tokio::test]
async fn windows_of_one_byte() {
    guarded(async {
        let mut server = builder();
        server.initial_window_size(1);
        let (near, asked) = raw_pair(1, server).await;
        let far = asked.open(patient());
        let mut near =
            WebSocket::established(near.await, Role::Client(&OsEntropy), None, patient(), &[]);
        let echoing = tokio::spawn(echo(far));
        for len in [0, 1, 10, 200] {
            near.send_binary(&vec![3; len]).await.unwrap();
            assert_eq!(next(&mut near).await, vec![3; len]);
        }
        let ending = near.close_with(CloseCode::NORMAL, "one by one").await.unwrap();
        assert!(ending.is_clean(), "{ending}");
        assert!(echoing.await.unwrap().unwrap().is_clean());
    })
    .await;
}

/// What became of a dialogue over a link that breaks.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Outcome {
    NotOpen,
    /// The cause is that the transport failed or ended.
    Lost,
    Clean,
}

/// A short dialogue over a link that breaks after so many bytes.
async fn talk_until_broken(readable: Option<usize>, writable: Option<usize>) -> Outcome {
    let (near, far) = duplex(1 << 16);
    let link = Link::broken_after(near, readable, writable);
    let mut server = Server::over(far, builder());
    let Ok((client, driver)) = websocket_proto::io::h2::Client::handshake(link).await else {
        return Outcome::NotOpen;
    };
    tokio::spawn(driver);
    let serving = tokio::spawn(async move {
        while let Some(asked) = server.try_next().await {
            let _ = echo(asked.open(patient())).await;
        }
    });
    let outcome = talk(client.connect(&request(), Arc::<Config>::from(patient()))).await;
    drop(client);
    serving.await.unwrap();
    outcome
}

async fn talk(connecting: impl Future<Output = Result<WebSocket, Error>>) -> Outcome {
    let Ok(mut socket) = connecting.await else { return Outcome::NotOpen };
    let sent = socket.send_text("hello").await;
    let (mut errors, mut is_closing) = (usize::from(sent.is_err()), false);
    loop {
        match socket.receive().await {
            Ok(Some((Event::Text(_), reply))) => {
                is_closing |= reply.start_close(CloseCode::NORMAL, "").is_ok();
            }
            Ok(Some((Event::Ended(ending), _))) => {
                assert!(is_closing || !ending.is_clean(), "{ending}");
                let is_lost = matches!(ending.cause, EndCause::TransportFailed);
                assert!(ending.is_clean() || is_lost, "{ending}");
                // A failure is reported once, and only if the end was not settled before.
                assert_eq!(errors, usize::from(is_lost), "{ending}");
                return if ending.is_clean() { Outcome::Clean } else { Outcome::Lost };
            }
            Ok(Some(_)) => {}
            Ok(None) => panic!("the end was not reported"),
            Err(_) => errors += 1,
        }
    }
}

/// Tries every byte at which the link can break, until the dialogue is through.
async fn break_at_every_byte(limits: fn(usize) -> (Option<usize>, Option<usize>)) {
    let mut outcomes = Vec::new();
    while outcomes.last() != Some(&Outcome::Clean) {
        let (readable, writable) = limits(outcomes.len());
        outcomes.push(guarded(talk_until_broken(readable, writable)).await);
        assert!(outcomes.len() < 5000, "never through");
    }
    assert!(outcomes.is_sorted(), "more bytes, and a worse end: {outcomes:?}");
    assert!(outcomes.contains(&Outcome::NotOpen) && outcomes.contains(&Outcome::Lost));
}

#[tokio::test]
async fn the_link_breaks_while_reading() {
    break_at_every_byte(|at| (Some(at), None)).await;
}

#[tokio::test]
async fn the_link_breaks_while_writing() {
    break_at_every_byte(|at| (None, Some(at))).await;
}
