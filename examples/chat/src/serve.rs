//! Accepting connections and serving HTTP on them, with a time limit on each step of a request.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncWriteExt, copy, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use crate::chat::Chat;
use crate::stream::Stream;

/// How long each step of a request may take: reading its head, handling it with its body, and
/// writing any part of the response. An idle connection is closed after the same time. WebSockets
/// have deadlines of their own.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait before accepting again when the system has no open files or memory left.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(500);

/// How many clients are told at the same time that the server is full. Further ones are
/// disconnected without an answer.
const MAX_CONCURRENT_REJECTIONS: usize = 64;

/// How long telling a client that the server is full may take.
const REJECTION_TIMEOUT: Duration = Duration::from_secs(1);

const TOO_MANY_CONNECTIONS: &str = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\
    Cache-Control: no-store\r\nContent-Type: text/plain\r\nContent-Length: 20\r\n\r\n\
    too many connections";

/// Serves until the shutdown begins. Each connection takes one of the slots, whether it becomes a
/// WebSocket or not.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    slots: &Arc<Semaphore>,
    chat: &Chat,
) {
    let service = TowerToHyperService::new(router.layer(from_fn(limit_time)));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(REQUEST_TIMEOUT);
    let rejections = Arc::new(Semaphore::new(MAX_CONCURRENT_REJECTIONS));
    loop {
        let stream = tokio::select! {
            stream = accept(&listener) => stream,
            () = chat.shutdown.begun() => return,
        };
        // Messages are short and should not wait for one another.
        let _ = stream.set_nodelay(true);
        let Ok(slot) = Arc::clone(slots).try_acquire_owned() else {
            chat.metrics.count_refusal(503);
            reject(stream, &rejections);
            continue;
        };
        let stream = Stream::new(stream, slot, REQUEST_TIMEOUT);
        let (service, write_limit) = (service.clone(), stream.write_limit().clone());
        let service = service_fn(move |mut request| {
            request.extensions_mut().insert(write_limit.clone());
            service.call(request)
        });
        let serving = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
        tokio::spawn(async move {
            if let Err(error) = serving.await {
                debug!(%error, "an HTTP connection failed");
            }
        });
    }
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => pause_after(error).await,
        }
    }
}

/// Waits before the next attempt, unless the error concerned only one connection. Any other error
/// would occur again at once.
async fn pause_after(error: io::Error) {
    match error.kind() {
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset => {
            debug!(%error, "a connection was gone before it was accepted");
        }
        _ => {
            warn!(%error, "cannot accept connections, trying again");
            sleep(ACCEPT_RETRY_DELAY).await;
        }
    }
}

/// Tells the client that the server is full, unless too many others are just being told.
fn reject(stream: TcpStream, rejections: &Arc<Semaphore>) {
    if let Ok(rejection) = Arc::clone(rejections).try_acquire_owned() {
        tokio::spawn(async move {
            let _ = timeout(REJECTION_TIMEOUT, send_rejection(stream)).await;
            drop(rejection);
        });
    }
}

/// Writes the answer, then reads the request to its end: closing with unread data makes the system
/// reset the connection, and the reset can overtake the answer.
async fn send_rejection(mut stream: TcpStream) -> io::Result<u64> {
    stream.readable().await?;
    stream.write_all(TOO_MANY_CONNECTIONS.as_bytes()).await?;
    stream.shutdown().await?;
    copy(&mut stream, &mut sink()).await
}

async fn limit_time(request: Request, next: Next) -> Response {
    match timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}
