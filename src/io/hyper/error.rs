//! Why a request does not open a WebSocket.

use std::fmt;

use ::http::header::{CONTENT_TYPE, HeaderValue};
use ::http::{Response, StatusCode};

use crate::ProtocolError;
use crate::handshake::ExtendedConnectError;

/// Why a request that hyper has read does not open a WebSocket. It converts into the response to
/// answer with, which has a line of text if the mistake is the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AcceptError {
    /// The request, which is one of HTTP/1, breaks a rule, or asks for something else.
    Request(ProtocolError),
    /// The request, which is one of HTTP/2, breaks a rule, or asks for something else.
    ExtendedConnect(ExtendedConnectError),
    /// hyper has no connection to hand over with this request: it serves without upgrades, or the
    /// connection was taken out of the request before. The mistake is the application's.
    NotUpgradable,
}

impl AcceptError {
    /// The HTTP status to answer with: 500 for [`NotUpgradable`](Self::NotUpgradable), or else from
    /// 400 to 505.
    pub fn status(self) -> u16 {
        match self {
            Self::Request(error) => error.http_status().unwrap_or(500),
            Self::ExtendedConnect(error) => error.status(),
            Self::NotUpgradable => 500,
        }
    }
}

impl fmt::Display for AcceptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => error.fmt(f),
            Self::ExtendedConnect(error) => error.fmt(f),
            Self::NotUpgradable => f.write_str("hyper serves this connection without upgrades"),
        }
    }
}

impl std::error::Error for AcceptError {}

impl From<ProtocolError> for AcceptError {
    fn from(error: ProtocolError) -> Self {
        Self::Request(error)
    }
}

impl From<ExtendedConnectError> for AcceptError {
    fn from(error: ExtendedConnectError) -> Self {
        Self::ExtendedConnect(error)
    }
}

impl<B: From<Vec<u8>>> From<AcceptError> for Response<B> {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::Request(error) => error.into(),
            AcceptError::ExtendedConnect(error) => error.into(),
            AcceptError::NotUpgradable => {
                let mut response = Self::new(format!("{error}\n").into_bytes().into());
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                let text = HeaderValue::from_static("text/plain; charset=utf-8");
                response.headers_mut().insert(CONTENT_TYPE, text);
                response
            }
        }
    }
}
