//! Requests that open no WebSocket.

use std::error::Error;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use hyper::{Method, Version};
use websocket_proto_axum::{OriginPolicy, WebSocketUpgrade, WebSocketUpgradeRejection};

use crate::clients::{BOTH, Http2, answer_to, open};
use crate::{echo, serve, within};

fn plain() -> Router {
    Router::new().route("/", any(async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(echo)))
}

/// A request that opens a WebSocket, with changed lines.
fn request(changes: &[(&str, &str)]) -> String {
    let good = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    changes.iter().fold(good.to_owned(), |request, (old, new)| {
        assert!(request.contains(old), "{old}");
        request.replace(old, new)
    })
}

#[tokio::test]
async fn each_mistake_over_http_1_has_its_status_and_words() {
    let address = serve(plain()).await;
    for (changes, status, header, words) in [
        (&[("Upgrade: websocket\r\n", "")][..], 426, "upgrade: websocket", "upgrade"),
        (&[("Version: 13", "Version: 12")], 426, "sec-websocket-version: 13", "version"),
        (&[("GET ", "PUT ")], 405, "allow: GET", "method"),
        (&[("dGhlIHNhbXBsZSBub25jZQ==", "key")], 400, "", "Sec-WebSocket-Key"),
        (&[("Host: h\r\n", "")], 400, "", "Host"),
        (&[("Version: 13", "Version: 13\r\nSec-WebSocket-Protocol: a, a")], 400, "", "Protocol"),
        (&[("HTTP/1.1", "HTTP/1.0")], 505, "", "HTTP/1.1"),
    ] {
        let answer = answer_to(&address, &request(changes)).await;
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        let first = head.lines().next().unwrap();
        assert_eq!(first.split(' ').nth(1), Some(&*status.to_string()), "{changes:?}: {answer}");
        assert!(head.contains("content-type: text/plain; charset=utf-8"), "{answer}");
        assert!(head.contains(header), "{answer}");
        assert!(text.to_lowercase().contains(&words.to_lowercase()), "{text}");
    }
}

#[tokio::test]
async fn each_mistake_over_http_2_has_its_status_and_words() {
    let address = serve(plain()).await;
    let mut connection = Http2::connect(&address).await;
    let page = within(connection.send(connection.request(Method::GET, "/"))).await;
    assert_eq!(
        (page.status(), &page.headers()["allow"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"CONNECT".parse().unwrap())
    );
    assert!(page.body().contains("extended connect"), "{page:?}");

    for (protocol, version, status, words) in
        [("connect-udp", "13", 501, ":protocol"), ("websocket", "8", 400, "version")]
    {
        let mut request = connection.connect_request("/", protocol);
        request.headers_mut().insert("sec-websocket-version", version.parse().unwrap());
        let response = within(connection.send(request)).await;
        assert_eq!(response.status(), status, "{response:?}");
        assert!(response.body().contains(words), "{response:?}");
    }
    // The connection serves on.
    assert!(within(connection.open_stream("/", &[])).await.is_ok());
}

async fn of_this_host(upgrade: WebSocketUpgrade) -> Result<Response, WebSocketUpgradeRejection> {
    Ok(upgrade.origin(&OriginPolicy::SameHost)?.on_upgrade(echo))
}

async fn of_a_list(upgrade: WebSocketUpgrade) -> Result<Response, WebSocketUpgradeRejection> {
    let pages = [String::from("https://a.example"), String::from("https://b.example")];
    let pages: Vec<_> = pages.iter().map(String::as_str).collect();
    Ok(upgrade.origin(&OriginPolicy::list(&pages)?)?.on_upgrade(echo))
}

async fn of_a_bad_list(upgrade: WebSocketUpgrade) -> Result<Response, WebSocketUpgradeRejection> {
    Ok(upgrade.origin(&OriginPolicy::list(&["*.example"])?)?.on_upgrade(echo))
}

#[tokio::test]
async fn pages_of_other_origins() {
    let router = Router::new().route("/host", any(of_this_host)).route("/list", any(of_a_list));
    let address = serve(router.route("/bad", any(of_a_bad_list))).await;
    let own = format!("http://{address}");
    for version in BOTH {
        for (path, origin, is_allowed) in [
            ("/host", &*own, true),
            ("/host", "http://other.example", false),
            ("/host", "null", false),
            ("/list", "https://b.example", true),
            ("/list", &own, false),
        ] {
            let (response, client) = open(version, &address, path, &[("origin", origin)]).await;
            assert_eq!(client.is_some(), is_allowed, "{path} {origin}");
            if !is_allowed {
                assert_eq!(response.status(), 403);
                assert_eq!(response.body(), "pages of this origin may not connect\n");
            }
        }
        assert!(open(version, &address, "/host", &[]).await.1.is_some(), "no browser");
        let (response, _) = open(version, &address, "/bad", &[("origin", &own)]).await;
        assert_eq!((response.status().as_u16(), response.body().as_str()), (500, ""));
    }
}

async fn page_or_socket(upgrade: Option<WebSocketUpgrade>) -> Response {
    match upgrade {
        Some(upgrade) => upgrade.on_upgrade(echo),
        None => "a page".into_response(),
    }
}

#[tokio::test]
async fn an_optional_websocket() {
    let address = serve(Router::new().route("/", any(page_or_socket))).await;
    for plain in [
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\nConnection: Upgrade, close\r\n\r\n",
    ] {
        let answer = answer_to(&address, plain).await;
        assert!(answer.contains(" 200 OK\r\n") && answer.ends_with("a page"), "{answer}");
    }
    let bad = answer_to(&address, &request(&[("dGhlIHNhbXBsZSBub25jZQ==", "key")])).await;
    assert!(bad.starts_with("HTTP/1.1 400 "), "{bad}");
    let mut connection = Http2::connect(&address).await;
    let page = within(connection.send(connection.request(Method::GET, "/"))).await;
    assert_eq!((page.status(), page.body().as_str()), (StatusCode::OK, "a page"));
    let other = within(connection.send(connection.connect_request("/", "connect-udp"))).await;
    assert_eq!(other.status(), 501);
    for version in BOTH {
        assert!(open(version, &address, "/", &[]).await.1.is_some());
    }
}

#[tokio::test]
async fn a_rejection_in_the_hands_of_the_handler() {
    type Extracted = Result<WebSocketUpgrade, WebSocketUpgradeRejection>;
    let handler = async |upgrade: Extracted| match upgrade {
        Ok(upgrade) => upgrade.on_upgrade(echo),
        Err(error) => {
            let error: Box<dyn Error> = Box::new(error);
            (StatusCode::IM_A_TEAPOT, error.to_string()).into_response()
        }
    };
    let address = serve(Router::new().route("/", any(handler))).await;
    let answer =
        answer_to(&address, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 418 "), "{answer}");
    assert!(answer.contains("upgrade"), "{answer}");
    assert!(open(Version::HTTP_11, &address, "/", &[]).await.1.is_some());
}

#[tokio::test]
async fn two_handlers_cannot_have_the_same_connection() {
    let handler =
        async |_first: WebSocketUpgrade, second: WebSocketUpgrade| second.on_upgrade(echo);
    let address = serve(Router::new().route("/", any(handler))).await;
    for version in BOTH {
        let (response, _) = open(version, &address, "/", &[]).await;
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
        assert!(response.body().contains("without upgrades"), "{response:?}");
    }
}
