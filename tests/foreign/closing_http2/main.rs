//! The end of a WebSocket over HTTP/2, as browsers end it: hyper and ours in memory, against frames
//! that are sent and seen one at a time. The clock stands still, unless everybody waits for it.

use std::convert::Infallible;
use std::future::poll_fn;
use std::time::Duration;

use bytes::Bytes;
use h2::client::{self, SendRequest};
use h2::{Reason, RecvStream, SendStream};
use http_body_util::Full;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{DuplexStream, duplex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, timeout};
use websocket_proto::handshake::Acceptance;
use websocket_proto::io::hyper::{Upgrading, accept};
use websocket_proto::{CloseCode, Config, EndCause, Ending, Event};

const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Close frames with 1000: masked with zeros, and not masked.
const CLIENT_CLOSE: &[u8] = &[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8];
const SERVER_CLOSE: &[u8] = &[0x88, 0x02, 0x03, 0xe8];

/// A stream that a server has accepted, and what is heard of the server.
struct Opened {
    send: SendStream<Bytes>,
    receive: RecvStream,
    endings: UnboundedReceiver<Ending>,
}

/// How the server deals with its WebSocket.
#[derive(Clone, Copy)]
enum Server {
    Receives,
    ClosesAtOnce,
}

/// Firefox leaves its half of the stream open, and a handler is not to wait for that.
#[tokio::test(start_paused = true)]
async fn the_end_does_not_wait_for_that_of_the_stream() {
    let mut opened = open(Server::Receives).await;
    let before = Instant::now();
    opened.send(CLIENT_CLOSE);
    assert_eq!(opened.rest().await, SERVER_CLOSE);
    assert_eq!(opened.endings.recv().await.unwrap().cause, EndCause::Clean);
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_close_of_the_servers_does_not_wait_either() {
    let mut opened = open(Server::ClosesAtOnce).await;
    let before = Instant::now();
    assert_eq!(opened.receive.data().await.unwrap().unwrap(), SERVER_CLOSE);
    opened.send(CLIENT_CLOSE);
    assert_eq!(opened.rest().await, b"");
    assert_eq!(opened.endings.recv().await.unwrap().cause, EndCause::Clean);
    assert_eq!(before.elapsed(), Duration::ZERO);
}

/// Browsers take a reset for a failure if it overtakes the Close frame, and use HTTP/1.1 from then on.
#[tokio::test(start_paused = true)]
async fn a_stream_is_reset_only_when_its_peer_had_time_to_end_it() {
    let mut opened = open(Server::Receives).await;
    opened.send(CLIENT_CLOSE);
    opened.rest().await;
    opened.endings.recv().await.unwrap();
    let almost = CLOSE_TIMEOUT - Duration::from_millis(10);
    let early = timeout(almost, opened.reset()).await;
    assert!(early.is_err(), "reset with {early:?}");
    assert_eq!(opened.reset().await, Reason::NO_ERROR);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_its_peer_ends_is_not_reset() {
    let mut opened = open(Server::Receives).await;
    opened.send(CLIENT_CLOSE);
    opened.rest().await;
    opened.send.send_data(Bytes::new(), true).unwrap();
    opened.endings.recv().await.unwrap();
    let reset = timeout(CLOSE_TIMEOUT * 2, opened.reset()).await;
    assert!(reset.is_err(), "reset with {reset:?}");
}

/// Chromium resets the stream as soon as it has both Close frames.
#[tokio::test(start_paused = true)]
async fn a_reset_after_both_close_frames_is_a_clean_end() {
    let mut opened = open(Server::Receives).await;
    opened.send(CLIENT_CLOSE);
    opened.rest().await;
    opened.send.send_reset(Reason::CANCEL);
    assert_eq!(opened.endings.recv().await.unwrap().cause, EndCause::Clean);
}

impl Opened {
    fn send(&mut self, bytes: &'static [u8]) {
        self.send.send_data(Bytes::from_static(bytes), false).unwrap();
    }

    /// What still comes until the server ends its half of the stream.
    async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        while let Some(data) = self.receive.data().await {
            rest.extend_from_slice(&data.unwrap());
        }
        rest
    }

    async fn reset(&mut self) -> Reason {
        poll_fn(|cx| self.send.poll_reset(cx)).await.unwrap()
    }
}

async fn open(server: Server) -> Opened {
    let (ours, theirs) = duplex(1 << 16);
    let (report, endings) = unbounded_channel();
    tokio::spawn(serve(ours, server, report));
    let mut requests = connect(theirs).await;
    let request = Request::builder()
        .method(Method::CONNECT)
        .uri("https://example.com/")
        .header("sec-websocket-version", "13")
        .extension(h2::ext::Protocol::from_static("websocket"))
        .body(())
        .unwrap();
    let (response, send) = requests.send_request(request, false).unwrap();
    let response = response.await.unwrap();
    assert_eq!(response.status(), 200);
    Opened { send, receive: response.into_body(), endings }
}

/// A connection whose server has said that Extended CONNECT is welcome, with its first frame.
async fn connect(stream: DuplexStream) -> SendRequest<Bytes> {
    let (requests, mut connection) = client::handshake(stream).await.unwrap();
    let mut pings = connection.ping_pong().unwrap();
    tokio::spawn(connection);
    pings.ping(h2::Ping::opaque()).await.unwrap();
    assert!(requests.is_extended_connect_protocol_enabled());
    requests.ready().await.unwrap()
}

async fn serve(stream: DuplexStream, server: Server, report: UnboundedSender<Ending>) {
    let answer = service_fn(move |mut request| {
        let report = report.clone();
        async move {
            let mut config = Config::default();
            config.close_timeout = CLOSE_TIMEOUT;
            let offer = accept(&mut request).unwrap();
            let (response, upgrading) = offer.respond(&Acceptance::new(), config).unwrap();
            tokio::spawn(handle(upgrading, server, report));
            Ok::<Response<Full<Bytes>>, Infallible>(response)
        }
    });
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.enable_connect_protocol();
    http.serve_connection(TokioIo::new(stream), answer).await.unwrap();
}

async fn handle(upgrading: Upgrading, server: Server, report: UnboundedSender<Ending>) {
    let mut socket = upgrading.await.unwrap();
    if let Server::ClosesAtOnce = server {
        report.send(socket.close_with(CloseCode::NORMAL, "").await.unwrap()).unwrap();
        return;
    }
    while let Some((event, _)) = socket.receive().await.unwrap() {
        if let Event::Ended(ending) = event {
            report.send(ending.clone()).unwrap();
        }
    }
}
