//! How a WebSocket ends, or does not begin.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use futures_util::SinkExt;
use hyper::Version;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message as Theirs;
use websocket_proto_axum::{CloseCode, Error, GracefulShutdown, Message, WebSocketUpgrade};

use crate::clients::{BOTH, Http2, hear, hear_close, join, open};
use crate::{echo, serve, within};

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

type Failures = mpsc::UnboundedSender<Error>;

/// Accepts, and tells of what fails.
async fn accept(State(failures): State<Failures>, upgrade: WebSocketUpgrade) -> Response {
    let failed = move |error| drop(failures.send(error));
    upgrade.on_failed_upgrade(failed).on_upgrade(async |_| panic!("it was refused"))
}

/// A server that answers every request with 503, after the handler has accepted it.
async fn replacing(accept: MethodRouter<Failures>) -> (String, mpsc::UnboundedReceiver<Error>) {
    let (failures, failed) = mpsc::unbounded_channel();
    let router = Router::new().route("/", accept).with_state(failures);
    (serve(router.layer(from_fn(replaced))).await, failed)
}

async fn replaced(request: Request, next: Next) -> Response {
    drop(next.run(request).await);
    (StatusCode::SERVICE_UNAVAILABLE, "not now").into_response()
}

#[tokio::test]
async fn another_response_takes_the_place_of_ours_over_http_2() {
    let (address, mut failed) = replacing(any(accept)).await;
    let (response, client) = open(Version::HTTP_2, &address, "/", &[]).await;
    assert_eq!((response.status().as_u16(), response.body().as_str()), (503, "not now"));
    assert!(client.is_none());
    assert!(matches!(within(failed.recv()).await, Some(Error::Io(_))));
}

/// The page says so of both. Where hyper stops doing it, the page can too.
#[tokio::test]
async fn hyper_hands_over_a_connection_of_http_1_after_any_response() {
    let ours = async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(echo);
    let theirs = async |upgrade: axum::extract::WebSocketUpgrade| {
        upgrade.on_upgrade(async |mut socket| {
            while let Some(Ok(message)) = socket.recv().await {
                let _ = socket.send(message).await;
            }
        })
    };
    for handler in [any(ours), any(theirs)] {
        let (address, _failed) = replacing(handler).await;
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let request = REQUEST.replace("Upgrade\r\nSec", "Upgrade, close\r\nSec");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.write_all(b"\x81\x82\0\0\0\0hi").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        within(stream.read_to_end(&mut answer)).await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 503 "), "{}", answer.escape_ascii());
        let is_echoed = answer.windows(4).any(|frame| frame == b"\x81\x02hi");
        assert!(is_echoed, "{}", answer.escape_ascii());
    }
}

#[tokio::test]
async fn the_handler_is_dropped_before_it_answers() {
    let (failures, mut failed) = mpsc::unbounded_channel();
    let (accepted, mut has_accepted) = mpsc::unbounded_channel();
    let handler = async move |state: State<Failures>, upgrade: WebSocketUpgrade| {
        let response = accept(state, upgrade).await;
        accepted.send(()).unwrap();
        std::future::pending::<()>().await;
        response
    };
    let address = serve(Router::new().route("/", any(handler)).with_state(failures)).await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(REQUEST.as_bytes()).await.unwrap();
    within(has_accepted.recv()).await.unwrap();
    drop(stream);
    assert!(matches!(within(failed.recv()).await, Some(Error::Io(_))));
}

#[tokio::test]
async fn a_panic_ends_one_websocket() {
    let handler = async |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async |mut socket| {
            let message = socket.recv().await.unwrap().unwrap();
            assert!(message != Message::text("boom"), "as it was told to");
            let _ = socket.send(message).await;
        })
    };
    let address = serve(Router::new().route("/", any(handler))).await;
    let mut connection = Http2::connect(&address).await;
    for version in BOTH {
        let mut client = join(version, &address).await;
        within(client.send(Theirs::text("boom"))).await.unwrap();
        let end = within(futures_util::StreamExt::next(&mut client)).await;
        assert!(!matches!(end, Some(Ok(Theirs::Text(_)))), "{end:?}");
        let mut other = join(version, &address).await;
        within(other.send(Theirs::text("still here?"))).await.unwrap();
        assert_eq!(hear(&mut other).await, Some(Theirs::text("still here?")));
    }
    assert!(within(connection.open_stream("/", &[])).await.is_ok(), "streams beside it live on");
}

#[tokio::test]
async fn who_breaks_the_protocol_is_told_though_the_program_returns() {
    let handler = async |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async |mut socket| while let Some(Ok(_)) = socket.recv().await {})
    };
    let address = serve(Router::new().route("/", any(handler))).await;
    let mut connection = Http2::connect(&address).await;
    let (_, mut stream) = within(connection.open_stream("/", &[])).await.unwrap();
    // A text without a mask.
    stream.write_all(b"\x81\x02hi").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    within(stream.read_to_end(&mut answer)).await.unwrap();
    assert_eq!(answer.get(2..4), Some(&1002_u16.to_be_bytes()[..]), "{answer:?}");
}

#[tokio::test]
async fn a_program_that_returns_at_close_has_answered() {
    let handler = async |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async |mut socket| {
            while let Some(Ok(message)) = socket.recv().await {
                if message.is_close() {
                    return;
                }
            }
        })
    };
    let address = serve(Router::new().route("/", any(handler))).await;
    for version in BOTH {
        let mut client = join(version, &address).await;
        let close = tokio_tungstenite::tungstenite::protocol::CloseFrame {
            code: 3007.into(),
            reason: "bye".into(),
        };
        within(client.close(Some(close))).await.unwrap();
        assert_eq!(hear_close(&mut client).await.0, 3007);
        assert_eq!(hear(&mut client).await, None);
    }
}

#[tokio::test]
async fn the_server_closes_what_it_watches() {
    let shutdown = GracefulShutdown::new();
    let handler = async |State(shutdown): State<GracefulShutdown>, upgrade: WebSocketUpgrade| {
        upgrade.watch(&shutdown).on_upgrade(echo)
    };
    let router = Router::new().route("/", any(handler)).with_state(shutdown.clone());
    let address = serve(router).await;
    let mut clients = Vec::new();
    for version in BOTH {
        let mut client = join(version, &address).await;
        // It is watched before it answers.
        within(client.send(Theirs::text("here"))).await.unwrap();
        assert_eq!(hear(&mut client).await, Some(Theirs::text("here")));
        clients.push(client);
    }
    let closing = tokio::spawn(async move {
        shutdown.close_all(CloseCode::GOING_AWAY, "bye", std::future::pending::<()>()).await
    });
    for mut client in clients {
        assert_eq!(hear_close(&mut client).await, (1001, "bye".to_owned()));
        assert_eq!(hear(&mut client).await, None);
    }
    let summary = within(closing).await.unwrap().unwrap();
    assert_eq!((summary.clean, summary.aborted), (2, 0));
    // Whoever comes later is closed at once.
    for version in BOTH {
        assert_eq!(hear_close(&mut join(version, &address).await).await, (1001, "bye".to_owned()));
    }
}
