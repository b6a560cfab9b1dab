//! Why a request does not open a WebSocket.

use std::fmt;

use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use websocket_proto::handshake::AnswerError;
use websocket_proto::io::hyper::AcceptError;

/// Why a request does not open a WebSocket. As a response, it has the status and a line of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebSocketUpgradeRejection {
    /// The request breaks a rule or asks for something else (400 to 505), or cannot be upgraded (500).
    Request(AcceptError),
    /// The page that asks has an origin that the policy does not allow (403).
    Origin,
    /// The answer is a mistake of the application's, of which the client learns only the 500.
    Answer(AnswerError),
}

impl fmt::Display for WebSocketUpgradeRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => error.fmt(f),
            Self::Origin => f.write_str("pages of this origin may not connect"),
            Self::Answer(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for WebSocketUpgradeRejection {}

impl IntoResponse for WebSocketUpgradeRejection {
    fn into_response(self) -> Response {
        match self {
            Self::Request(error) => error.into(),
            Self::Origin => (StatusCode::FORBIDDEN, format!("{self}\n")).into_response(),
            Self::Answer(error) => error.into(),
        }
    }
}

impl From<AnswerError> for WebSocketUpgradeRejection {
    fn from(error: AnswerError) -> Self {
        Self::Answer(error)
    }
}
