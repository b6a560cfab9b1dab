//! Who may come in.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tracing::{info, warn};
use websocket_proto::handshake::Request;

use crate::chat::Chat;
use crate::metrics::Connected;
use crate::protocol::{Id, is_word};
use crate::rooms::{Seat, Shut};

const LONGEST_ROOM: usize = 32;

/// The query of the request.
#[derive(Deserialize)]
pub(crate) struct Wish {
    room: String,
    after: Option<String>,
}

/// Somebody who was let in.
pub(crate) struct Guest {
    pub(crate) seat: Seat,
    /// What tells this person from namesakes.
    pub(crate) id: String,
    /// The last message that was told before.
    pub(crate) after: Option<Id>,
    _connected: Connected,
}

/// Lets somebody in, or says why not.
pub(crate) async fn admit(chat: &Chat, asked: Request<'_>, wish: Wish) -> Result<Guest, Response> {
    find_place(chat, asked, wish).await.map_err(|(status, why)| {
        info!(status = status.as_u16(), why, origin = asked.origin(), "refused");
        chat.metrics.refuse(status.as_u16());
        (status, why).into_response()
    })
}

type Refusal = (StatusCode, &'static str);

async fn find_place(chat: &Chat, asked: Request<'_>, wish: Wish) -> Result<Guest, Refusal> {
    if !chat.is_welcome(asked) {
        return Err((StatusCode::FORBIDDEN, "a page of another origin"));
    }
    let offered = asked.subprotocols().find_map(|offered| offered.strip_prefix("token."));
    let token = offered.or_else(|| asked.bearer_token());
    let Some(person) = token.and_then(|token| chat.tokens.person(token)) else {
        return Err((StatusCode::UNAUTHORIZED, "no token, or one that is no longer good"));
    };
    if !is_word(&wish.room, LONGEST_ROOM) {
        return Err((StatusCode::BAD_REQUEST, "a room has 1 to 32 letters, digits, - and _"));
    }
    let Ok(after) = wish.after.map(|after| after.parse()).transpose() else {
        return Err((StatusCode::BAD_REQUEST, "after is not the ID of a message"));
    };
    let seat = chat.rooms.enter(&wish.room, &person.name).await.map_err(explain)?;
    Ok(Guest { seat, id: person.id, after, _connected: chat.metrics.connect() })
}

fn explain(shut: Shut) -> Refusal {
    let why = match shut {
        Shut::TooManyRooms => "too many rooms",
        Shut::Closing => "restarting",
        Shut::Unavailable(error) => {
            warn!(%error, "cannot prepare a room");
            "out of order"
        }
    };
    (StatusCode::SERVICE_UNAVAILABLE, why)
}
