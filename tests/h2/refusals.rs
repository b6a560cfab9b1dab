//! Answers that open nothing.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use websocket_proto::io::{Error, Refused};

use super::server::{Server, both, pair};
use super::{guarded, patient, request};
use websocket_proto::Config;
use websocket_proto::io::h2::Client;

async fn refused(client: &Client, config: Config) -> Box<Refused> {
    match client.connect(&request(), config).await {
        Err(Error::Refused(refused)) => refused,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_refusal_is_told_with_its_headers_and_body() {
    guarded(async {
        let (client, mut server) = pair().await;
        let serving = async {
            let headers = [("www-authenticate", "Bearer"), ("content-length", "4")];
            server.next().await.refuse(401, &headers, "no!\n");
        };
        let (refused, ()) = tokio::join!(refused(&client, patient()), serving);
        let response = refused.response();
        assert_eq!((response.status(), response.body()), (401, b"no!\n".as_slice()));
        assert!(response.challenges().eq(["Bearer"]));
        assert!(!response.is_body_truncated());
        // The connection is as good as before.
        both(&client, &mut server, patient()).await;
    })
    .await;
}

#[tokio::test]
async fn a_long_body_is_cut() {
    guarded(async {
        let (client, mut server) = pair().await;
        let mut config = patient();
        config.limits.refusal_body = 10;
        for (body, kept, is_truncated) in [
            ("0123456789", "0123456789", false),
            ("0123456789a", "0123456789", true),
            ("", "", false),
        ] {
            let serving = async { server.next().await.refuse(503, &[], body) };
            let (refused, ()) = tokio::join!(refused(&client, config), serving);
            assert_eq!(refused.response().body(), kept.as_bytes());
            assert_eq!(refused.response().is_body_truncated(), is_truncated, "{body}");
        }
    })
    .await;
}

/// A part of a body, with nothing behind it.
async fn begin_to_refuse(server: &mut Server) -> impl Sized + use<> {
    let mut asked = server.next().await;
    let response = Response::builder().status(404).body(()).unwrap();
    let mut send = asked.respond.send_response(response, false).unwrap();
    send.send_data(Bytes::from_static(b"not "), false).unwrap();
    (asked, send)
}

#[tokio::test]
async fn a_body_that_stops_is_told_as_far_as_it_came() {
    guarded(async {
        let (client, mut server) = pair().await;
        let (refused, _kept) =
            tokio::join!(refused(&client, patient()), begin_to_refuse(&mut server));
        assert_eq!(refused.response().body(), b"not ");
        assert!(refused.response().is_body_truncated());
    })
    .await;
}

#[tokio::test]
async fn the_deadline_of_the_handshake_ends_a_body() {
    guarded(async {
        let (client, mut server) = pair().await;
        let mut config = patient();
        config.handshake_timeout = Duration::from_millis(300);
        let (refused, _kept) = tokio::join!(refused(&client, config), begin_to_refuse(&mut server));
        assert_eq!(refused.response().status(), 404);
        assert!(refused.response().is_body_truncated());
    })
    .await;
}
