//! The end of the server.

use std::time::{Duration, Instant};

use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::support::Server;

#[tokio::test]
async fn everybody_is_told_everything_and_then_1012() {
    let mut server = Server::start(&[]).await;
    let mut clients = Vec::new();
    for number in 0..50 {
        clients.push(server.join(&format!("client {number}"), "lobby").await);
    }
    for client in &mut clients {
        client.history().await;
    }
    clients[0].say("k", "last words").await;
    assert_eq!(clients[0].next().await["text"], "last words");
    server.terminate().await;
    for client in &mut clients[1..] {
        assert_eq!(client.next().await["text"], "last words");
    }
    for client in &mut clients {
        let frame = client.close_frame().await;
        assert_eq!((frame.code, frame.reason.as_str()), (CloseCode::Restart, "restarting"));
    }
    assert!(server.wait().await.success());
}

/// Five seconds are the promise, not a measurement: the server gives up on those who do not answer.
#[tokio::test]
async fn nobody_holds_up_the_end() {
    let mut server = Server::start(&[]).await;
    let _silent = server.join("Silent", "lobby").await;
    let idle = tokio::net::TcpStream::connect(&server.address).await.unwrap();
    server.terminate().await;
    let start = Instant::now();
    assert!(server.wait().await.success());
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    drop(idle);
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_that_says_so() {
    let server = Server::start(&[]).await;
    let second = tokio::process::Command::new(env!("CARGO_BIN_EXE_chat"))
        .args(["--listen", &server.address])
        .output();
    let output = second.await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with(&format!("chat: cannot listen on {}: ", server.address)), "{error}");
}
