//! Accepting connections, and giving nobody more time than it takes to ask.

use std::io::{Error, ErrorKind};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use crate::chat::Chat;

/// How long the head of a request may take, and then what comes behind it. A connection without a
/// request is kept as long; WebSockets have deadlines of their own.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait for open files or memory when there are none for one more connection.
const BREATH: Duration = Duration::from_millis(500);

/// Serves until the end of the server begins.
pub(crate) async fn serve(listener: TcpListener, router: Router, chat: &Chat) {
    let service = TowerToHyperService::new(router.layer(from_fn(hurry)));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    loop {
        let stream = tokio::select! {
            stream = accept(&listener) => stream,
            () = chat.shutdown.begun() => return,
        };
        // Messages are short and should not wait for one another.
        let _ = stream.set_nodelay(true);
        let serving = http.serve_connection(TokioIo::new(stream), service.clone()).with_upgrades();
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
async fn wait_out(error: Error) {
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

async fn hurry(request: Request, next: Next) -> Response {
    match timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}
