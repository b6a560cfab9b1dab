//! Deciding who may open a WebSocket.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tracing::{info, warn};
use websocket_proto::handshake::Request;

use crate::chat::Chat;
use crate::metrics::OpenConnection;
use crate::protocol::{MessageId, is_word};
use crate::rooms::{EnterError, Membership};

const MAX_ROOM_NAME_LEN: usize = 32;

/// The query of a request for a WebSocket.
#[derive(Deserialize)]
pub(crate) struct JoinQuery {
    room: String,
    after: Option<String>,
}

/// Somebody who was admitted, for as long as the connection lasts.
pub(crate) struct Participant {
    pub(crate) membership: Membership,
    /// The ID in the token, which tells apart people who have the same name.
    pub(crate) id: String,
    /// The last message that the client has already received on an earlier connection.
    pub(crate) after: Option<MessageId>,
    _open_connection: OpenConnection,
}

/// Checks a request and enters the room it asks for. The error is the response that says why not.
pub(crate) async fn admit(
    chat: &Chat,
    request: Request<'_>,
    query: JoinQuery,
) -> Result<Participant, Response> {
    check_and_enter(chat, request, query).await.map_err(|(status, why)| {
        info!(status = status.as_u16(), why, origin = request.origin(), "refused");
        chat.metrics.count_refusal(status.as_u16());
        (status, why).into_response()
    })
}

type HttpRefusal = (StatusCode, &'static str);

async fn check_and_enter(
    chat: &Chat,
    request: Request<'_>,
    query: JoinQuery,
) -> Result<Participant, HttpRefusal> {
    if !chat.is_origin_allowed(request) {
        return Err((StatusCode::FORBIDDEN, "a page of another origin"));
    }
    let offered = request.subprotocols().find_map(|offered| offered.strip_prefix("token."));
    let token = offered.or_else(|| request.bearer_token());
    let Some(person) = token.and_then(|token| chat.tokens.verify(token)) else {
        return Err((StatusCode::UNAUTHORIZED, "no token, or one that is no longer good"));
    };
    if !is_word(&query.room, MAX_ROOM_NAME_LEN) {
        return Err((StatusCode::BAD_REQUEST, "a room has 1 to 32 letters, digits, - and _"));
    }
    let Ok(after) = query.after.map(|after| after.parse()).transpose() else {
        return Err((StatusCode::BAD_REQUEST, "after is not the ID of a message"));
    };
    let membership = chat.rooms.enter(&query.room, &person.name).await.map_err(refuse)?;
    let open_connection = chat.metrics.count_connection();
    Ok(Participant { membership, id: person.id, after, _open_connection: open_connection })
}

fn refuse(error: EnterError) -> HttpRefusal {
    let why = match error {
        EnterError::TooManyRooms => "too many rooms",
        EnterError::Closing => "restarting",
        EnterError::Unavailable(error) => {
            warn!(%error, "cannot prepare a room");
            "out of order"
        }
    };
    (StatusCode::SERVICE_UNAVAILABLE, why)
}
