//! Accepting connections, and giving nobody more time than it takes to ask.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncWriteExt, copy, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use crate::chat::Chat;
use crate::stream::Stream;

/// How long the head of a request may take, then what comes behind it, and then what is written until
/// some of it is taken. A connection without a request is kept as long; WebSockets have deadlines of
/// their own.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait for open files or memory when there are none for one more connection.
const BREATH: Duration = Duration::from_millis(500);

/// How many are told at once that there is no place for them, and for how long that is tried.
const TURNED_AWAY: usize = 64;
const GOODBYE: Duration = Duration::from_secs(1);

const FULL: &str = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nCache-Control: no-store\r\n\
    Content-Type: text/plain\r\nContent-Length: 20\r\n\r\ntoo many connections";

/// Serves until the end of the server begins. Each connection takes a place, whatever it turns into.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    places: &Arc<Semaphore>,
    chat: &Chat,
) {
    let service = TowerToHyperService::new(router.layer(from_fn(hurry)));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    let goodbyes = Arc::new(Semaphore::new(TURNED_AWAY));
    loop {
        let stream = tokio::select! {
            stream = accept(&listener) => stream,
            () = chat.shutdown.begun() => return,
        };
        // Messages are short and should not wait for one another.
        let _ = stream.set_nodelay(true);
        let Ok(place) = Arc::clone(places).try_acquire_owned() else {
            chat.metrics.refuse(503);
            turn_away(stream, &goodbyes);
            continue;
        };
        let stream = TokioIo::new(Stream::new(stream, place, PATIENCE));
        let serving = http.serve_connection(stream, service.clone()).with_upgrades();
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
            Err(error) => wait_out(error).await,
        }
    }
}

/// What is wrong with one connection is gone with it; all else would come again at once.
async fn wait_out(error: io::Error) {
    match error.kind() {
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset => {
            debug!(%error, "a connection was gone before it was accepted");
        }
        _ => {
            warn!(%error, "cannot accept connections, trying again");
            sleep(BREATH).await;
        }
    }
}

/// Says why, unless that would be too much of it at once.
fn turn_away(stream: TcpStream, goodbyes: &Arc<Semaphore>) {
    if let Ok(goodbye) = Arc::clone(goodbyes).try_acquire_owned() {
        tokio::spawn(async move {
            let _ = timeout(GOODBYE, say_full(stream)).await;
            drop(goodbye);
        });
    }
}

/// To the end of what is asked: what is not read makes the system reset the connection, and the reset
/// can overtake the answer.
async fn say_full(mut stream: TcpStream) -> io::Result<u64> {
    stream.readable().await?;
    stream.write_all(FULL.as_bytes()).await?;
    stream.shutdown().await?;
    copy(&mut stream, &mut sink()).await
}

async fn hurry(request: Request, next: Next) -> Response {
    match timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}
