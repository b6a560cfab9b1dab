//! What a handler can say, and what the client gets.

use std::collections::HashMap;

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures_util::{SinkExt, StreamExt};
use hyper::Version;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message as Theirs;
use websocket_proto_axum::{CloseCode, Config, Deflate, Message, WebSocketUpgrade};

use crate::clients::{BOTH, Http2, Stream, hear, hear_close, join, open};
use crate::{echo, serve, within};

async fn describe(
    State(server): State<&'static str>,
    Path(room): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let (path, cookie) = (upgrade.request().path().to_owned(), upgrade.request().cookie("id"));
    let line = format!("{server} {room} {:?} {path} {cookie:?}", query.get("as"));
    upgrade.on_upgrade(async move |mut socket| {
        let _ = socket.send(Message::text(line)).await;
        while let Some(Ok(message)) = socket.recv().await {
            if socket.send(message).await.is_err() {
                return;
            }
        }
    })
}

async fn stamped(request: Request, next: Next) -> Response {
    ([("x-stamp", "7")], next.run(request).await).into_response()
}

#[tokio::test]
async fn other_extractors_nested_routers_and_middleware() {
    let rooms = Router::new().route("/{room}", any(describe)).with_state("here");
    let address = serve(Router::new().nest("/rooms", rooms).layer(from_fn(stamped))).await;
    for version in BOTH {
        let (response, client) =
            open(version, &address, "/rooms/a%20b?as=Ada", &[("cookie", "id=8")]).await;
        assert_eq!(response.headers()["x-stamp"], "7");
        let mut client = client.unwrap();
        let described = "here a b Some(\"Ada\") /a%20b Some(\"8\")";
        assert_eq!(hear(&mut client).await, Some(Theirs::text(described)), "{version:?}");
        for message in [Theirs::text("é€😀"), Theirs::binary(vec![7; 300_000])] {
            within(client.send(message.clone())).await.unwrap();
            assert_eq!(hear(&mut client).await, Some(message));
        }
        within(client.close(None)).await.unwrap();
        assert!(hear(&mut client).await.unwrap().is_close());
        assert_eq!(hear(&mut client).await, None);
    }
}

#[tokio::test]
async fn subprotocols() {
    let handler = async |upgrade: WebSocketUpgrade| {
        let requested: Vec<_> = upgrade.requested_protocols().cloned().collect();
        let mut upgrade = upgrade.protocols([String::from("v3"), String::from("v2")]);
        if requested.len() == 1 {
            upgrade.set_selected_protocol("v1".parse().unwrap());
        }
        let selected = upgrade.selected_protocol().cloned();
        upgrade.on_upgrade(async move |mut socket| {
            assert_eq!(socket.protocol(), selected.as_ref());
            let _ = socket.send(Message::text(format!("{requested:?} {selected:?}"))).await;
        })
    };
    let address = serve(Router::new().route("/", any(handler))).await;
    for version in BOTH {
        for (offered, chosen, said) in [
            ("v1, v2,v3", Some("v3"), r#"["v1", "v2", "v3"] Some("v3")"#),
            ("x, y", None, r#"["x", "y"] None"#),
            ("v1", Some("v1"), r#"["v1"] Some("v1")"#),
            ("v3", None, r#"["v3"] None"#),
        ] {
            let headers = [("sec-websocket-protocol", offered)];
            let mut stream = Spoken::open(version, &address, &headers).await;
            assert_eq!(stream.chosen.as_deref(), chosen, "{offered}");
            assert_eq!(stream.text().await, said);
        }
    }
}

/// A client that looks at nothing itself: tungstenite fails where no subprotocol is chosen.
struct Spoken {
    chosen: Option<String>,
    stream: Box<dyn Stream>,
}

impl Spoken {
    async fn open(version: Version, address: &str, headers: &[(&'static str, &str)]) -> Self {
        let (response, stream) = raw(version, address, headers).await;
        let chosen = response.headers().get("sec-websocket-protocol");
        Self { chosen: chosen.map(|value| value.to_str().unwrap().to_owned()), stream }
    }

    /// The text of a short frame.
    async fn text(&mut self) -> String {
        let mut head = [0; 2];
        within(self.stream.read_exact(&mut head)).await.unwrap();
        assert_eq!(head[0], 0x81, "one whole text");
        let mut payload = vec![0; head[1].into()];
        within(self.stream.read_exact(&mut payload)).await.unwrap();
        String::from_utf8(payload).unwrap()
    }
}

/// The response that opens a WebSocket at `/`, and the stream after it.
async fn raw(
    version: Version,
    address: &str,
    headers: &[(&'static str, &str)],
) -> (http::Response<()>, Box<dyn Stream>) {
    if version == Version::HTTP_2 {
        let mut connection = Http2::connect(address).await;
        let (response, stream) = within(connection.open_stream("/", headers)).await.unwrap();
        return (response, Box::new(stream));
    }
    let mut request = http::Request::builder().uri("/").header("host", address);
    let fixed = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    for (name, value) in fixed.iter().chain(headers) {
        request = request.header(*name, *value);
    }
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let stream = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, driver) = hyper::client::conn::http1::handshake(stream).await.unwrap();
    tokio::spawn(driver.with_upgrades());
    let body = http_body_util::Empty::<axum::body::Bytes>::new();
    let mut response = within(sender.send_request(request.body(body).unwrap())).await.unwrap();
    assert_eq!(response.status(), 101);
    let upgraded = hyper::upgrade::on(&mut response).await.unwrap();
    (response.map(|_| ()), Box::new(hyper_util::rt::TokioIo::new(upgraded)))
}

#[tokio::test]
async fn compression_is_one_word() {
    let plain = async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(echo);
    let deflating =
        async |upgrade: WebSocketUpgrade| upgrade.deflate(Deflate::default()).on_upgrade(echo);
    let plain = serve(Router::new().route("/", any(plain))).await;
    let deflating = serve(Router::new().route("/", any(deflating))).await;
    let offer = [("sec-websocket-extensions", "permessage-deflate")];
    for version in BOTH {
        let (response, mut stream) = raw(version, &deflating, &offer).await;
        assert_eq!(response.headers()["sec-websocket-extensions"], "permessage-deflate");
        // A masked text of 200 letters.
        stream.write_all(b"\x81\xfe\x00\xc8\0\0\0\0").await.unwrap();
        stream.write_all(&[b'a'; 200]).await.unwrap();
        let mut head = [0; 2];
        within(stream.read_exact(&mut head)).await.unwrap();
        assert_eq!(head[0], 0xc1, "a compressed text");
        assert!(head[1] < 20, "{} bytes of 200", head[1]);
        for (address, offer) in [(&deflating, &[][..]), (&plain, &offer)] {
            let (response, _) = raw(version, address, offer).await;
            assert!(!response.headers().contains_key("sec-websocket-extensions"));
        }
    }
}

#[tokio::test]
async fn limits_and_the_config_below_them() {
    let handler = async |upgrade: WebSocketUpgrade| {
        let mut config = Config::default();
        config.limits.message = 7;
        config.limits.frame = 7;
        upgrade.config(config).max_message_size(100).max_frame_size(50).on_upgrade(echo)
    };
    let address = serve(Router::new().route("/", any(handler))).await;
    for version in BOTH {
        let mut client = join(version, &address).await;
        for len in [50, 51] {
            within(client.send(Theirs::text("x".repeat(len)))).await.unwrap();
            if len == 50 {
                assert_eq!(hear(&mut client).await, Some(Theirs::text("x".repeat(len))));
            }
        }
        assert_eq!(hear_close(&mut client).await.0, 1009);
        assert_eq!(hear(&mut client).await, None);
    }
}

#[tokio::test]
async fn headers_beside_the_response() {
    let handler =
        async |upgrade: WebSocketUpgrade| ([("set-cookie", "id=8")], upgrade.on_upgrade(echo));
    let address = serve(Router::new().route("/", any(handler))).await;
    for version in BOTH {
        let (response, client) = open(version, &address, "/", &[]).await;
        assert_eq!(response.headers()["set-cookie"], "id=8");
        assert!(client.is_some());
    }
}

#[tokio::test]
async fn streams_and_sinks() {
    let handler = async |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async |mut socket| {
            // Found in the socket inside.
            let first = socket.next().await.unwrap().unwrap();
            socket.feed(first).await.unwrap();
            socket.flush().await.unwrap();
            let (mut sink, mut stream) = socket.split();
            let second = stream.next().await.unwrap().unwrap();
            sink.send(second).await.unwrap();
            sink.close().await.unwrap();
            assert!(matches!(stream.next().await, Some(Ok(Message::Close { .. }))));
            assert!(stream.next().await.is_none());
            assert!(stream.ending().unwrap().is_clean());
        })
    };
    let address = serve(Router::new().route("/", any(handler))).await;
    for version in BOTH {
        let mut client = join(version, &address).await;
        for text in ["first", "second"] {
            within(client.send(Theirs::text(text))).await.unwrap();
            assert_eq!(hear(&mut client).await, Some(Theirs::text(text)));
        }
        assert_eq!(hear_close(&mut client).await, (1000, String::new()));
        assert_eq!(hear(&mut client).await, None);
    }
}

#[tokio::test]
async fn a_whole_socket_goes_where_a_stream_is_taken() {
    let handler = async |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async |socket| {
            let (sender, receiver) = socket.into_inner().split();
            receiver.forward(sender).await.unwrap();
        })
    };
    let address = serve(Router::new().route("/", any(handler))).await;
    let mut client = join(Version::HTTP_11, &address).await;
    within(client.send(Theirs::text("back"))).await.unwrap();
    assert_eq!(hear(&mut client).await, Some(Theirs::text("back")));
    within(client.close(None)).await.unwrap();
    assert!(hear(&mut client).await.unwrap().is_close());
}

#[tokio::test]
async fn closing_twice_is_closing_once() {
    let handler = async |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async |mut socket| {
            let close = || Message::close(CloseCode::GOING_AWAY, "enough");
            socket.send(close()).await.unwrap();
            socket.send(close()).await.unwrap();
            assert!(socket.send(Message::text("late")).await.is_err());
            while socket.recv().await.is_some() {}
            socket.send(close()).await.unwrap();
            assert!(socket.ending().unwrap().is_clean());
        })
    };
    let address = serve(Router::new().route("/", any(handler))).await;
    for version in BOTH {
        let mut client = join(version, &address).await;
        assert_eq!(hear_close(&mut client).await, (1001, "enough".to_owned()));
        assert_eq!(hear(&mut client).await, None);
    }
}
