//! What is asked, and what of the answer can be seen.

use std::time::Duration;

use h2::Reason;
use http::Method;
use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::Error;
use websocket_proto::{Config, Deadline, Deflate, EndCause, ProtocolError};

use super::server::{both, builder, pair, pair_with};
use super::{guarded, patient, request};

#[tokio::test]
async fn the_request_is_an_extended_connect() {
    guarded(async {
        let (client, mut server) = pair().await;
        let request = request().bearer("secret").unwrap().cookie("a", "1").unwrap();
        let request = request.header("X-Id", "7").unwrap().origin("https://o").unwrap();
        let asking = tokio::spawn(async move { client.connect(&request, patient()).await });
        let asked = server.next().await;
        assert_eq!(asked.request.method(), Method::CONNECT);
        assert_eq!(asked.request.uri(), "https://example.com/chat?room=7");
        let protocol = asked.request.extensions().get::<h2::ext::Protocol>();
        assert_eq!(protocol.unwrap().as_str(), "websocket");
        let expected = [
            ("sec-websocket-version", "13"),
            ("authorization", "Bearer secret"),
            ("cookie", "a=1"),
            ("x-id", "7"),
            ("origin", "https://o"),
        ];
        for (name, value) in expected {
            assert_eq!(asked.request.headers()[name], value);
        }
        for name in ["host", "connection", "upgrade", "sec-websocket-key"] {
            assert!(!asked.request.headers().contains_key(name), "{name}");
        }
        drop(asked.accept(&[]));
        asking.await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_response_is_seen_until_the_first_event() {
    guarded(async {
        let (client, mut server) = pair().await;
        let request = request().subprotocol("b").unwrap().subprotocol("a").unwrap();
        let asking = tokio::spawn(async move { client.connect(&request, patient()).await });
        let headers = [("sec-websocket-protocol", "a"), ("x-id", "7")];
        let mut accepted = server.next().await.accept(&headers);
        let mut socket = asking.await.unwrap().unwrap();
        let response = socket.response().unwrap();
        assert_eq!((response.status(), response.subprotocol()), (200, Some("a")));
        assert_eq!(response.header("X-Id"), Some("7"));
        accepted.send(b"\x89\0");
        socket.receive().await.unwrap().unwrap();
        assert!(socket.response().is_none());
    })
    .await;
}

#[cfg(feature = "deflate")]
#[tokio::test]
async fn compression_is_agreed_on() {
    guarded(async {
        let (client, mut server) = pair().await;
        let mut config = patient();
        config.deflate = Some(Deflate::default());
        let (near, far) = both(&client, &mut server, config).await;
        assert!(near.connection().deflate().is_some());
        assert_eq!(near.connection().deflate(), far.connection().deflate());
    })
    .await;
}

/// Asks with this configuration, and answers 200 with these headers.
async fn answered(headers: &[(&str, &str)]) -> (Error, Reason) {
    let (client, mut server) = pair().await;
    let asking = tokio::spawn(async move { client.connect(&request(), patient()).await.map(drop) });
    let mut accepted = server.next().await.accept(headers);
    let error = asking.await.unwrap().unwrap_err();
    (error, accepted.reset().await)
}

#[tokio::test]
async fn a_bad_response_is_told_with_its_head_and_reset() {
    guarded(async {
        let cases = [
            ("sec-websocket-protocol", "x", ProtocolError::UnofferedSubprotocol),
            ("sec-websocket-extensions", "permessage-deflate", ProtocolError::UnofferedExtension),
            ("sec-websocket-extensions", ";", ProtocolError::BadExtensions),
        ];
        for (name, value, expected) in cases {
            let (error, reason) = answered(&[(name, value)]).await;
            let Error::BadResponse(bad) = error else { panic!("{error}") };
            assert_eq!(bad.error(), expected);
            assert_eq!(bad.response().unwrap().header(name), Some(value));
            assert!(bad.to_string().contains("the server answered 200"), "{bad}");
            assert_eq!(reason, Reason::CANCEL);
        }
    })
    .await;
}

#[tokio::test]
async fn a_response_with_a_length_opens_nothing() {
    guarded(async {
        for length in ["0", "5"] {
            let (error, reason) = answered(&[("content-length", length)]).await;
            let Error::Io(error) = error else { panic!("{error}") };
            assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
            assert!(error.to_string().contains("content-length"), "{error}");
            assert_eq!(reason, Reason::CANCEL);
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_that_does_not_answer_takes_too_long() {
    guarded(async {
        let (client, mut server) = pair().await;
        let mut config = Config::default();
        config.handshake_timeout = Duration::from_millis(50);
        let asking = tokio::spawn(async move { client.connect(&request(), config).await });
        let mut asked = server.next().await;
        let error = asking.await.unwrap().unwrap_err();
        let Error::Ended(ending) = error else { panic!("{error}") };
        assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Handshake));
        let reset = std::future::poll_fn(|cx| asked.respond.poll_reset(cx)).await.unwrap();
        assert_eq!(reset, Reason::CANCEL);
    })
    .await;
}

/// A header that HTTP/2 forbids is found before anything is sent.
#[tokio::test]
async fn a_forbidden_header_is_refused_at_once() {
    guarded(async {
        let (client, _server) = pair().await;
        let request = request().header("Keep-Alive", "5").unwrap();
        let error = client.connect(&request, patient()).await.unwrap_err();
        assert!(matches!(error, Error::Request(_)), "{error}");
    })
    .await;
}

/// A third socket waits until one of the first two has ended.
#[tokio::test]
async fn the_limit_on_streams_is_kept() {
    guarded(async {
        let mut builder = builder();
        builder.max_concurrent_streams(2);
        let (client, mut server) = pair_with(builder).await;
        let (first, first_far) = both(&client, &mut server, patient()).await;
        let (_second, _second_far) = both(&client, &mut server, patient()).await;
        let third = both(&client, &mut server, patient());
        tokio::pin!(third);
        let waited = tokio::time::timeout(Duration::from_millis(50), &mut third).await;
        assert!(waited.is_err(), "over the limit");
        drop((first, first_far));
        let (near, _far) = third.await;
        assert!(near.ending().is_none());
    })
    .await;
}

/// If the wait for a place takes too long, the connection is not worse for it.
#[tokio::test]
async fn a_wait_for_a_place_ends_in_time() {
    guarded(async {
        let mut builder = builder();
        builder.max_concurrent_streams(1);
        let (client, mut server) = pair_with(builder).await;
        let (first, first_far) = both(&client, &mut server, patient()).await;
        let mut config = Config::default();
        config.handshake_timeout = Duration::from_millis(50);
        let error = client.connect(&request(), config).await.unwrap_err();
        assert!(matches!(error, Error::Ended(_)), "{error}");
        drop((first, first_far));
        // The server may see the request that was given up.
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Some(asked) = server.try_next().await {
                open.push(asked.try_open(patient()));
            }
        });
        client.connect(&request(), patient()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_plain_url_has_the_scheme_http() {
    guarded(async {
        let (client, mut server) = pair().await;
        let request = ClientRequest::new("ws://h:81").unwrap();
        let asking = tokio::spawn(async move { client.connect(&request, patient()).await });
        let asked = server.next().await;
        assert_eq!(asked.request.uri(), "http://h:81/");
        drop(asked.accept(&[]));
        asking.await.unwrap().unwrap();
    })
    .await;
}
