//! `/ws`: from the request to the end of the WebSocket.

use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::response::Response;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tracing::{Instrument, info, info_span, warn};
use websocket_proto::handshake::{Acceptance, http};
use websocket_proto::io::task::{Receiver, Sender, Wire};
use websocket_proto::io::tokio::WebSocket;
use websocket_proto::{CloseCode, Event, Role};

use crate::chat::Chat;
use crate::guest::{Guest, Wish, admit};
use crate::pace::Pace;
use crate::protocol::{Heard, Refusal, SUBPROTOCOL, Said, Told};
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

/// One connection: hears what somebody says, and tells what happens in the room.
async fn serve(chat: Arc<Chat>, guest: Guest, upgrade: OnUpgrade) {
    let Ok(upgraded) = upgrade.await else { return };
    let (stream, config) = (TokioIo::new(upgraded), Arc::clone(&chat.config));
    let mut socket = WebSocket::established(stream, Role::Server, None, config, &[]);
    chat.shutdown.watch(&mut socket);
    let (mut receiver, sender) = socket.split();
    tokio::select! {
        () = hear(&chat, &guest, &mut receiver, &sender) => {}
        never = tell(&chat, &guest, &sender) => match never {},
    }
}

async fn hear<W: Wire>(chat: &Chat, guest: &Guest, receiver: &mut Receiver<W>, sender: &Sender<W>) {
    let mut pace = Pace::new();
    let mut is_kept = true;
    while let Some(event) = receiver.next().await.transpose() {
        let heard = match event {
            Ok(Event::Text(text)) => {
                chat.metrics.receive(text.as_bytes());
                Heard::text(text)
            }
            Ok(Event::Binary(data)) => {
                chat.metrics.receive(data);
                Heard::picture(data)
            }
            Ok(Event::Ended(ending)) => {
                chat.metrics.end(ending);
                info!(%ending, "ended");
                continue;
            }
            Ok(_) => continue,
            Err(error) => {
                info!(%error, "failed");
                continue;
            }
        };
        // Behind a message that is lost nothing is taken: it is all said again, in its order.
        if is_kept {
            pace.keep().await;
            is_kept = heed(guest, heard, sender).await;
        }
    }
}

/// Does what somebody asks for, or tells why not. Whether nothing is lost.
async fn heed<W: Wire>(guest: &Guest, heard: Result<Heard, Refusal>, sender: &Sender<W>) -> bool {
    let answer = match heard {
        Ok(Heard::Said { key, content }) => {
            let from = guest.seat.name.clone();
            let Err(error) = guest.seat.say(Said { from, key, content }).await else { return true };
            warn!(%error, "cannot keep a message");
            let _ = sender.close(CloseCode::TRY_AGAIN_LATER, "out of order");
            return false;
        }
        Ok(Heard::Ping { at }) => Told::Pong { at },
        Err(Refusal { ref key, why }) => Told::Refused { key: key.as_deref(), why },
    };
    // It cannot be answered when it has ended, which is told soon.
    let _ = sender.send_text(&answer.to_json()).await;
    true
}
