//! The WebSocket at `/ws`, from the request to its end.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, Request, State};
use axum::http::header::{
    CONNECTION, CONTENT_LENGTH, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use tracing::{Instrument, info, info_span};
use websocket_proto::Event;
use websocket_proto::handshake::http;
use websocket_proto_axum::{Receiver, Sender, WebSocket, WebSocketUpgrade};

use crate::admission::{JoinQuery, Participant, admit};
use crate::chat::Chat;
use crate::inbound::Inbound;
use crate::outbound::send_updates;
use crate::protocol::{ClientMessage, SUBPROTOCOL};
use crate::stream::WriteLimit;

/// Answers a request for a WebSocket. If it is accepted, a task serves the WebSocket from then on.
pub(crate) async fn accept(
    State(chat): State<Arc<Chat>>,
    Query(query): Query<JoinQuery>,
    Extension(write_limit): Extension<WriteLimit>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Response> {
    let participant = admit(&chat, upgrade.request(), query).await?;
    let (name, room) = (&participant.membership.name, &participant.membership.room.name);
    let span = info_span!("connection", name, room);
    let upgrade = upgrade.protocols([SUBPROTOCOL]).config(Arc::clone(&chat.config));
    Ok(upgrade.watch(&chat.shutdown).on_upgrade(move |socket| {
        write_limit.lift();
        run_websocket(chat, participant, socket).instrument(span)
    }))
}

/// Answers as [`accept`] would, without opening a WebSocket. Pages need this because browsers do
/// not tell them why a WebSocket was refused.
pub(crate) async fn check(
    State(chat): State<Arc<Chat>>,
    Query(query): Query<JoinQuery>,
    request: Request,
) -> Result<StatusCode, Response> {
    let upgrade = http::accept(&as_upgrade(&request))?;
    drop(admit(&chat, upgrade.request(), query).await?);
    Ok(StatusCode::NO_CONTENT)
}

/// The request with the headers that a browser adds to open a WebSocket (RFC 6455 §4.1).
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

/// Receives and sends on one WebSocket until it has ended.
async fn run_websocket(chat: Arc<Chat>, participant: Participant, socket: WebSocket) {
    let (sender, mut receiver) = socket.split();
    tokio::select! {
        // What the room has is queued before the receiver obeys a shutdown, after which nothing can be.
        biased;
        never = send_updates(&chat, &participant, &sender) => match never {},
        () = receive_messages(&chat, &participant, &mut receiver, &sender) => {}
    }
}

async fn receive_messages(
    chat: &Chat,
    participant: &Participant,
    receiver: &mut Receiver,
    sender: &Sender,
) {
    let mut inbound = Inbound::new(chat, participant, sender);
    while let Some(event) = receiver.receive().await.transpose() {
        match event {
            Ok(Event::Text(text)) => {
                inbound.handle(text.len(), ClientMessage::parse_text(text)).await
            }
            Ok(Event::Binary(data)) => {
                inbound.handle(data.len(), ClientMessage::parse_picture(data)).await;
            }
            Ok(Event::Ended(ending)) => {
                chat.metrics.count_ending(ending);
                info!(%ending, "ended");
            }
            Ok(_) => {}
            Err(error) => info!(%error, "failed"),
        }
    }
}
