//! The server's setting that it takes WebSockets, which has to be there before the first request.

use std::io::ErrorKind;
use std::time::Duration;

use h2::server::Builder;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use websocket_proto::io::Error;
use websocket_proto::io::h2::Client;

use super::server::{Server, builder, opened, pair_with};
use super::{guarded, patient, request};

fn kind(error: Error) -> ErrorKind {
    let Error::Io(error) = error else { panic!("{error}") };
    error.kind()
}

#[tokio::test]
async fn a_server_without_the_setting_gets_no_request() {
    guarded(async {
        let (client, server) = pair_with(Builder::new()).await;
        for _ in 0..2 {
            let error = client.connect(&request(), patient()).await.unwrap_err();
            assert!(error.to_string().contains("SETTINGS_ENABLE_CONNECT_PROTOCOL"), "{error}");
            assert_eq!(kind(error), ErrorKind::Unsupported);
        }
        drop(client);
        server.ended().await.unwrap();
    })
    .await;
}

/// The request does not leave before the settings have come.
#[tokio::test]
async fn the_settings_are_awaited() {
    guarded(async {
        let (near, mut far) = duplex(1 << 16);
        let (client, driver) = Client::handshake(near).await.unwrap();
        tokio::spawn(driver);
        let asking = tokio::spawn(async move { client.connect(&request(), patient()).await });
        // What the client sends by itself: the preface, SETTINGS, WINDOW_UPDATE, PING.
        let mut sent = Vec::new();
        while tokio::time::timeout(Duration::from_millis(50), far.read_buf(&mut sent)).await.is_ok()
        {
        }
        assert!(!frame_types(&sent[24..]).contains(&1), "HEADERS before the settings");
        // From here on a whole server, which the bytes so far are given to.
        let (mut replay, behind) = duplex(1 << 16);
        replay.write_all(&sent).await.unwrap();
        tokio::spawn(async move { tokio::io::copy_bidirectional(&mut replay, &mut far).await });
        let mut server = Server::over(behind, builder());
        drop(server.next().await.accept(&[]));
        asking.await.unwrap().unwrap();
    })
    .await;
}

/// The types of the frames (RFC 9113 §4.1).
fn frame_types(mut bytes: &[u8]) -> Vec<u8> {
    let mut types = Vec::new();
    while let [a, b, c, kind, ..] = bytes {
        types.push(*kind);
        let len = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
        bytes = &bytes[9 + len..];
    }
    types
}

/// The wait ends if the server does.
#[tokio::test]
async fn a_server_that_ends_before_its_settings() {
    guarded(async {
        let (near, far) = duplex(1 << 16);
        let (client, driver) = Client::handshake(near).await.unwrap();
        tokio::spawn(driver);
        let asking = tokio::spawn(async move { client.connect(&request(), patient()).await });
        tokio::task::yield_now().await;
        drop(far);
        let error = asking.await.unwrap().unwrap_err();
        assert_eq!(kind(error), ErrorKind::BrokenPipe);
    })
    .await;
}

/// The wait ends if the driver is dropped, and later calls find that, too.
#[tokio::test]
async fn a_driver_that_is_dropped() {
    guarded(async {
        let (near, _far) = duplex(1 << 16);
        let (client, driver) = Client::handshake(near).await.unwrap();
        let asking = tokio::spawn({
            let client = client.clone();
            async move { client.connect(&request(), patient()).await }
        });
        tokio::task::yield_now().await;
        drop(driver);
        assert_eq!(kind(asking.await.unwrap().unwrap_err()), ErrorKind::BrokenPipe);
        let again = client.connect(&request(), patient()).await.unwrap_err();
        assert_eq!(kind(again), ErrorKind::BrokenPipe);
    })
    .await;
}

/// Calls that wait at the same time all go on.
#[tokio::test]
async fn many_wait_for_the_settings() {
    guarded(async {
        let (near, far) = duplex(1 << 16);
        let (client, driver) = Client::handshake(near).await.unwrap();
        tokio::spawn(driver);
        let asking: Vec<_> = (0..20)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { client.connect(&request(), patient()).await })
            })
            .collect();
        tokio::task::yield_now().await;
        let mut server = Server::over(far, builder());
        let mut open = Vec::new();
        for _ in 0..20 {
            open.push(server.next().await.accept(&[]));
        }
        for call in asking {
            call.await.unwrap().unwrap();
        }
        opened(&client, &mut server, patient()).await;
    })
    .await;
}
