//! `/ws`: from the request to the end of the WebSocket.

use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::http::header::{
    CONNECTION, CONTENT_LENGTH, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tracing::{Instrument, info, info_span};
use websocket_proto::handshake::{Acceptance, http};
use websocket_proto::io::task::{Receiver, Sender, Wire};
use websocket_proto::io::tokio::WebSocket;
use websocket_proto::{Event, Role};

use crate::chat::Chat;
use crate::guest::{Guest, Wish, admit};
use crate::hear::Hearing;
use crate::protocol::{Heard, SUBPROTOCOL};
use crate::stream::Stream;
use crate::tell::tell;

/// Answers the request; what comes behind the answer is a task's.
pub(crate) async fn answer(
    State(chat): State<Arc<Chat>>,
    Query(wish): Query<Wish>,
    mut request: Request,
) -> Result<Response, Response> {
    let upgrade = http::accept(&request)?;
    let guest = admit(&chat, upgrade.request(), wish).await?;
    let acceptance = Acceptance::new().choose_subprotocol(upgrade.request(), &[SUBPROTOCOL]);
    let response = upgrade.response_with(&acceptance)?;
    let span = info_span!("connection", name = guest.seat.name, room = guest.seat.room.name);
    tokio::spawn(serve(chat, guest, hyper::upgrade::on(&mut request)).instrument(span));
    Ok(response)
}

/// What a request for the WebSocket would be answered, for pages: browsers do not tell them why it was
/// refused.
pub(crate) async fn explain(
    State(chat): State<Arc<Chat>>,
    Query(wish): Query<Wish>,
    request: Request,
) -> Result<StatusCode, Response> {
    let upgrade = http::accept(&as_upgrade(&request))?;
    drop(admit(&chat, upgrade.request(), wish).await?);
    Ok(StatusCode::NO_CONTENT)
}

/// With what a browser adds when it opens a WebSocket (RFC 6455 §4.1).
fn as_upgrade(request: &Request) -> Request<()> {
    let mut upgrade = Request::new(());
    *upgrade.uri_mut() = request.uri().clone();
    *upgrade.headers_mut() = request.headers().clone();
    for (name, value) in [
        (CONNECTION, "Upgrade"),
        (UPGRADE, "websocket"),
        (SEC_WEBSOCKET_VERSION, "13"),
        (SEC_WEBSOCKET_KEY, "AAAAAAAAAAAAAAAAAAAAAA=="),
    ] {
        upgrade.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    upgrade.headers_mut().remove(CONTENT_LENGTH);
    upgrade
}

/// One connection: hears what somebody says, and tells what happens in the room.
async fn serve(chat: Arc<Chat>, guest: Guest, upgrade: OnUpgrade) {
    let Ok(upgraded) = upgrade.await else { return };
    let Ok(parts) = upgraded.downcast::<TokioIo<Stream>>() else { return };
    let (stream, _place) = parts.io.into_inner().into_parts();
    let (config, read) = (Arc::clone(&chat.config), parts.read_buf);
    let mut socket = WebSocket::established(stream, Role::Server, None, config, &read);
    chat.shutdown.watch(&mut socket);
    let (mut receiver, sender) = socket.split();
    tokio::select! {
        () = hear(&chat, &guest, &mut receiver, &sender) => {}
        never = tell(&chat, &guest, &sender) => match never {},
    }
}

async fn hear<W: Wire>(chat: &Chat, guest: &Guest, receiver: &mut Receiver<W>, sender: &Sender<W>) {
    let mut hearing = Hearing::new(chat, guest, sender);
    while let Some(event) = receiver.next().await.transpose() {
        match event {
            Ok(Event::Text(text)) => hearing.take(text.len(), Heard::text(text)).await,
            Ok(Event::Binary(data)) => hearing.take(data.len(), Heard::picture(data)).await,
            Ok(Event::Ended(ending)) => {
                chat.metrics.end(ending);
                info!(%ending, "ended");
            }
            Ok(_) => {}
            Err(error) => info!(%error, "failed"),
        }
    }
}
