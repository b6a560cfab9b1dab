//! The server's handshake for implementations that take their requests from hyper.

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::matrix::REFUSAL;
use crate::matrix_tokio::{Stream, Wrong};

type Answer = Response<Full<Bytes>>;

/// Makes an answer to a request, and what becomes the connection once it is sent.
pub type Upgrade<B, U> = fn(&mut Request<Incoming>) -> Result<(Response<B>, U), Wrong>;

fn refusal() -> Answer {
    let mut answer = Response::new(Full::from(REFUSAL));
    *answer.status_mut() = StatusCode::UNAUTHORIZED;
    answer
}

fn offers_chat(request: &Request<Incoming>) -> bool {
    let offered = request.headers().get(SEC_WEBSOCKET_PROTOCOL).map(HeaderValue::to_str);
    matches!(offered, Some(Ok(names)) if names.split(',').any(|name| name.trim() == "chat"))
}

async fn answer<B, U>(
    mut request: Request<Incoming>,
    upgrade: Upgrade<B, U>,
    upgraded: UnboundedSender<U>,
) -> Result<Answer, Wrong> {
    if request.uri().path() == "/refusal" {
        return Ok(refusal());
    }
    let (answer, connection) = upgrade(&mut request)?;
    let _ = upgraded.send(connection);
    let (mut head, _) = answer.into_parts();
    if offers_chat(&request) {
        head.headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("chat"));
    }
    Ok(Response::from_parts(head, Full::default()))
}

/// The upgrade of a connection, or none if it was refused.
pub async fn accept<B, U>(stream: Stream, upgrade: Upgrade<B, U>) -> Option<U>
where
    B: Send + 'static,
    U: Send + 'static,
{
    let (upgraded, mut coming) = unbounded_channel();
    let service = service_fn(move |request| answer(request, upgrade, upgraded.clone()));
    let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::spawn(serving.with_upgrades());
    coming.recv().await
}
