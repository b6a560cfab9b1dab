//! Accepting connections, and giving nobody more time than it takes to ask.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tracing::debug;

use crate::chat::Chat;
use crate::pages;

/// How long the head of a request may take, and then what comes behind it. A connection without a
/// request is kept as long; WebSockets have deadlines of their own.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves until the end of the server begins.
pub(crate) async fn serve(mut listener: TcpListener, chat: &Arc<Chat>) {
    let router = pages::router(Arc::clone(chat)).layer(from_fn(hurry));
    let service = TowerToHyperService::new(router);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    loop {
        let (stream, _) = tokio::select! {
            accepted = Listener::accept(&mut listener) => accepted,
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

async fn hurry(request: Request, next: Next) -> Response {
    match timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}
