//! How the server ends.

use std::time::{Duration, Instant};

use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::support::Server;

#[tokio::test]
async fn everybody_receives_all_messages_and_then_1012() {
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

/// The server promises to end within five seconds: it does not wait longer for clients that do not
/// answer.
#[tokio::test]
async fn a_silent_client_does_not_delay_the_end() {
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
async fn a_port_that_is_taken_is_reported() {
    let server = Server::start(&[]).await;
    let second = tokio::process::Command::new(env!("CARGO_BIN_EXE_chat"))
        .args(["--listen", &server.address])
        .output();
    let output = second.await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with(&format!("chat: cannot listen on {}: ", server.address)), "{error}");
}
