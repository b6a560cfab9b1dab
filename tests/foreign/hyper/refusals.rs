//! Requests that open no WebSocket, and responses that never leave: what the client sees, and that
//! nobody waits for ever.

use std::convert::Infallible;
use std::io;

use bytes::Bytes;
use h2::client::Builder;
use h2::ext::Protocol;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1 as client_http1;
use hyper::http::request;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use websocket_proto::Config;
use websocket_proto::io::Error;
use websocket_proto::io::hyper::{AcceptError, Upgrading, WebSocket, accept};

use super::by_hand::{Client, STREAM};
use super::h2_client;
use super::leftovers::REQUEST;
use super::server::{Body, http2, open, within};

/// What a server does with a request; `None` answers nothing.
type Answer = fn(Request<Incoming>) -> (Option<Response<Body>>, Option<Upgrading>);

/// The versions of HTTP, with and without the upgrades of HTTP/1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Serving {
    Http1,
    Http1WithoutUpgrades,
    Http2,
}

/// Serves a connection; what comes of each `Upgrading` is sent.
fn serve(
    stream: DuplexStream,
    serving: Serving,
    answer: Answer,
) -> UnboundedReceiver<Result<WebSocket, Error>> {
    let (sender, results) = unbounded_channel();
    let service = service_fn(move |request| {
        let (response, upgrading) = answer(request);
        let sender = sender.clone();
        tokio::spawn(async move {
            if let Some(upgrading) = upgrading {
                let _ = sender.send(upgrading.await);
            }
        });
        async { response.ok_or_else(|| io::Error::other("no answer")) }
    });
    let (stream, http) = (TokioIo::new(stream), http1::Builder::new());
    match serving {
        Serving::Http1 => {
            tokio::spawn(http.serve_connection(stream, service).with_upgrades());
        }
        Serving::Http1WithoutUpgrades => {
            tokio::spawn(http.serve_connection(stream, service));
        }
        Serving::Http2 => {
            tokio::spawn(http2().serve_connection(stream, service));
        }
    }
    results
}

fn refuse(mut request: Request<Incoming>) -> (Option<Response<Body>>, Option<Upgrading>) {
    match accept(&mut request) {
        Ok(_) => panic!("{request:?}"),
        Err(error) => {
            let response: Response<Body> = error.into();
            assert_eq!(response.status(), error.status());
            (Some(response), None)
        }
    }
}

/// The response of HTTP/1.1, as a client sees it.
async fn ask_http1(request: Request<Full<Bytes>>, answer: Answer) -> (StatusCode, String) {
    let (ours, theirs) = duplex(1 << 16);
    let _results = serve(theirs, Serving::Http1, answer);
    let (mut sender, connection) = client_http1::handshake(TokioIo::new(ours)).await.unwrap();
    tokio::spawn(connection);
    let response = sender.send_request(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// The response of HTTP/2.
async fn ask_http2(request: Request<()>, answer: Answer) -> (StatusCode, String) {
    let (ours, theirs) = duplex(1 << 16);
    let _results = serve(theirs, Serving::Http2, answer);
    let mut sender = h2_client::handshake(ours, &Builder::new()).await;
    let (response, mut stream) = h2_client::connect(&mut sender, request).await;
    let mut body = String::new();
    stream.read_to_string(&mut body).await.unwrap();
    (response.status(), body)
}

/// A good request of HTTP/1.1.
fn http1_request() -> request::Builder {
    Request::builder()
        .uri("/")
        .header("host", "h")
        .header("upgrade", "websocket")
        .header("connection", "upgrade")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
}

#[tokio::test]
async fn requests_of_http1() {
    let bare = || Request::builder().uri("/").header("host", "h");
    let good = || http1_request().header("sec-websocket-version", "13");
    let cases = [
        (bare(), 426),
        (good().method(Method::POST), 405),
        (good().version(Version::HTTP_10), 505),
        (http1_request(), 400),
        (http1_request().header("sec-websocket-version", "12"), 426),
        (good().header("sec-websocket-key", "again"), 400),
        (good().header("sec-websocket-protocol", "a b"), 400),
        (good().header("sec-websocket-extensions", "?"), 400),
    ];
    for (request, status) in cases {
        let request = request.body(Full::default()).unwrap();
        let shown = format!("{request:?}");
        let (seen, body) = within(ask_http1(request, refuse)).await;
        assert_eq!(seen.as_u16(), status, "{shown}: {body}");
        assert!(body.ends_with('\n'), "{shown}: {body}");
    }
}

#[tokio::test]
async fn requests_of_http2() {
    let bare = |method| Request::builder().method(method).uri("https://h/chat");
    let connect = |protocol| bare(Method::CONNECT).extension(Protocol::from_static(protocol));
    let version = |version| connect("websocket").header("sec-websocket-version", version);
    let cases = [
        (bare(Method::GET), 405),
        (bare(Method::POST), 405),
        (bare(Method::CONNECT).uri("h:80"), 501),
        (connect("connect-udp"), 501),
        (connect("websocket"), 400),
        (version("12"), 400),
        (version("13").header("sec-websocket-protocol", "a b"), 400),
        (version("13").header("sec-websocket-extensions", "?"), 400),
        (version("13").header("host", "other"), 400),
    ];
    for (request, status) in cases {
        let request = request.body(()).unwrap();
        let shown = format!("{request:?}");
        let (seen, body) = within(ask_http2(request, refuse)).await;
        assert_eq!(seen.as_u16(), status, "{shown}: {body}");
        assert!(body.ends_with('\n'), "{shown}: {body}");
    }
}

/// Another has taken the connection out of the request before.
fn accept_twice(mut request: Request<Incoming>) -> (Option<Response<Body>>, Option<Upgrading>) {
    drop(accept(&mut request).unwrap());
    let error = accept(&mut request).unwrap_err();
    assert_eq!(error, AcceptError::NotUpgradable);
    (Some(error.into()), None)
}

#[tokio::test]
async fn a_connection_that_was_taken_before() {
    let request = http1_request().header("sec-websocket-version", "13");
    let answer = ask_http1(request.body(Full::default()).unwrap(), accept_twice);
    assert_eq!(within(answer).await.0, 500);
    let answer = ask_http2(h2_client::request(), accept_twice);
    assert_eq!(within(answer).await.0, 500);
}

/// The answers that open no WebSocket though one was accepted.
fn say_nothing(mut request: Request<Incoming>) -> (Option<Response<Body>>, Option<Upgrading>) {
    (None, open(&mut request, Config::default()).1)
}

fn say_no(mut request: Request<Incoming>) -> (Option<Response<Body>>, Option<Upgrading>) {
    let mut response = Response::new("no\n".into());
    *response.status_mut() = StatusCode::FORBIDDEN;
    (Some(response), open(&mut request, Config::default()).1)
}

fn say_ok(mut request: Request<Incoming>) -> (Option<Response<Body>>, Option<Upgrading>) {
    let mut response = Response::new("a page\n".into());
    response.headers_mut().insert("content-length", 7.into());
    (Some(response), open(&mut request, Config::default()).1)
}

fn accept_and_leave(mut request: Request<Incoming>) -> (Option<Response<Body>>, Option<Upgrading>) {
    (Some(open(&mut request, Config::default()).0), None)
}

fn accept_well(mut request: Request<Incoming>) -> (Option<Response<Body>>, Option<Upgrading>) {
    let (response, upgrading) = open(&mut request, Config::default());
    (Some(response), upgrading)
}

/// Sends a request, and keeps the client until the `Upgrading` is done; returns its result.
async fn upgrading_result(serving: Serving, answer: Answer) -> Result<WebSocket, Error> {
    let (mut ours, theirs) = duplex(1 << 16);
    let mut results = serve(theirs, serving, answer);
    if serving == Serving::Http2 {
        let mut sender = h2_client::handshake(ours, &Builder::new()).await;
        let (response, _send) = sender.send_request(h2_client::request(), false).unwrap();
        let _response = response.await;
        return results.recv().await.unwrap();
    }
    ours.write_all(REQUEST).await.unwrap();
    results.recv().await.unwrap()
}

/// At the latest at the deadline of the handshake: hyper may keep it waiting with the connection.
#[tokio::test(start_paused = true)]
async fn an_upgrading_without_its_response_fails() {
    let answers: [(&str, Answer); 3] =
        [("nothing", say_nothing), ("no", say_no), ("a page", say_ok)];
    for (name, answer) in answers {
        for serving in [Serving::Http1, Serving::Http1WithoutUpgrades, Serving::Http2] {
            let result = within(upgrading_result(serving, answer)).await;
            assert!(matches!(result, Err(Error::Io(_))), "{name}, {serving:?}: {result:?}");
        }
    }
}

/// hyper has no connection to hand over, and says so.
#[tokio::test]
async fn a_server_without_upgrades() {
    let serving = Serving::Http1WithoutUpgrades;
    let result = within(upgrading_result(serving, accept_well)).await;
    assert!(matches!(result, Err(Error::Io(_))), "{result:?}");
    for serving in [Serving::Http1, Serving::Http2] {
        within(upgrading_result(serving, accept_well)).await.unwrap();
    }
}

/// A client whose WebSocket nobody wants sees its end.
#[tokio::test]
async fn an_upgrading_that_is_dropped() {
    let (mut ours, theirs) = duplex(1 << 16);
    let _results = serve(theirs, Serving::Http1, accept_and_leave);
    ours.write_all(REQUEST).await.unwrap();
    let mut answer = Vec::new();
    within(ours.read_to_end(&mut answer)).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 101"), "{}", answer.escape_ascii());
    assert!(answer.ends_with(b"\r\n\r\n"), "{}", answer.escape_ascii());
    let (status, body) = within(ask_http2(h2_client::request(), accept_and_leave)).await;
    assert_eq!((status.as_u16(), body.as_str()), (200, ""));
}

/// The connection fails before the response has left.
#[tokio::test]
async fn a_client_that_goes_before_the_response() {
    for serving in [Serving::Http1, Serving::Http2] {
        let mut keep = None;
        let (ours, theirs) = duplex(1 << 16);
        let (sender, mut asked) = unbounded_channel();
        let service = service_fn(move |mut request: Request<Incoming>| {
            sender.send(open(&mut request, Config::default()).1.unwrap()).unwrap();
            std::future::pending::<Result<Response<Body>, Infallible>>()
        });
        let (mut client, theirs) = (Some(ours), TokioIo::new(theirs));
        if serving == Serving::Http1 {
            let connection = http1::Builder::new().serve_connection(theirs, service);
            tokio::spawn(connection.with_upgrades());
            client.as_mut().unwrap().write_all(REQUEST).await.unwrap();
        } else {
            tokio::spawn(http2().serve_connection(theirs, service));
            let mut by_hand = Client::connect(client.take().unwrap(), 0).await;
            by_hand.ask(STREAM).await;
            keep = Some(by_hand);
        }
        let upgrading = within(asked.recv()).await.unwrap();
        drop((client, keep.take()));
        let result = within(upgrading).await;
        assert!(matches!(result, Err(Error::Io(_))), "{serving:?}: {result:?}");
    }
}
