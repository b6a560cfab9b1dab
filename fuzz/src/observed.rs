//! What a connection did, as values that can be compared.

use websocket_proto::handshake::{Headers, OriginPolicy, Request, Response};
use websocket_proto::{Ending, Event, Message, MessageKind, ProtocolError, SendError};

/// One event, failure or output of a connection.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Observed {
    /// An HTTP head: what its accessors return, as text, and its headers.
    Head(String, Vec<(String, Vec<u8>)>),
    /// The body of a refusal, and whether it is truncated.
    Body(Vec<u8>, bool),
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(u16, String),
    Failed(ProtocolError),
    /// A call of the application failed.
    CallFailed(SendError),
    Ended(Ending),
    /// The part of a head that had arrived when the connection ended.
    UnfinishedHead(Vec<u8>),
    /// The event to which output led at the other side.
    Sent(Box<Self>),
    /// Output, where there is no other side that reads it.
    SentBytes(Vec<u8>),
}

impl Observed {
    /// A message.
    pub(crate) const fn message(kind: MessageKind, payload: Vec<u8>) -> Self {
        match kind {
            MessageKind::Text => Self::Text(payload),
            MessageKind::Binary => Self::Binary(payload),
        }
    }

    /// A message or control frame that was taken as an owned one.
    pub(crate) fn owned(message: Message) -> Self {
        match message {
            Message::Text(text) => Self::Text(text.as_bytes().to_vec()),
            Message::Binary(data) => Self::Binary(data.into()),
            Message::Ping(payload) => Self::Ping(payload.into()),
            Message::Pong(payload) => Self::Pong(payload.into()),
            Message::Close { code, reason, .. } => Self::Close(code.get(), reason.to_string()),
            other => panic!("{other:?} is no message of RFC 6455"),
        }
    }

    /// Whether this is something from the peer, which must not follow a violation.
    pub(crate) const fn is_delivered(&self) -> bool {
        match self {
            Self::Failed(_) | Self::CallFailed(_) | Self::Ended(_) | Self::UnfinishedHead(_) => {
                false
            }
            Self::Sent(_) | Self::SentBytes(_) => false,
            Self::Head(..) | Self::Body(..) | Self::Close(..) => true,
            Self::Text(_) | Self::Binary(_) | Self::Ping(_) | Self::Pong(_) => true,
        }
    }
}

/// The event in comparable form. Parts of a message give nothing.
pub(crate) fn observe(event: Event<'_>) -> Vec<Observed> {
    match event {
        Event::Request(it) => vec![Observed::Head(request(it), headers(it.headers()))],
        Event::Open(it) => vec![Observed::Head(response(it), headers(it.headers()))],
        Event::Refused(it) => {
            let body = Observed::Body(it.body().into(), it.is_body_truncated());
            vec![Observed::Head(response(it), headers(it.headers())), body]
        }
        Event::Text(text) => vec![Observed::Text(text.into())],
        Event::Binary(data) => vec![Observed::Binary(data.to_vec())],
        Event::Ping(payload) => vec![Observed::Ping(payload.into())],
        Event::Pong { payload, .. } => vec![Observed::Pong(payload.into())],
        Event::Close { code, reason, .. } => vec![Observed::Close(code.get(), reason.into())],
        Event::Ended(ending) => vec![Observed::Ended(ending.clone())],
        _ => Vec::new(),
    }
}

fn request(it: Request<'_>) -> String {
    let target = (it.target(), it.path(), it.query(), it.query_parameter("a"), it.authority());
    let subprotocols: Vec<_> = it.subprotocols().collect();
    let origin = (it.origin(), it.is_origin_allowed(&OriginPolicy::SameHost));
    let credentials = (it.basic_credentials(), it.bearer_token(), it.cookie("a"));
    format!("{target:?} {subprotocols:?} {origin:?} {credentials:?} {it:?}")
}

fn response(it: Response<'_>) -> String {
    let status = (it.status(), it.reason(), it.subprotocol());
    let versions: Vec<_> = it.supported_versions().collect();
    let challenges: Vec<_> = it.challenges().collect();
    let next = (it.location(), it.retry_after());
    format!("{status:?} {versions:?} {challenges:?} {next:?} {it:?}")
}

fn headers(headers: Headers<'_>) -> Vec<(String, Vec<u8>)> {
    headers.iter().map(|header| (header.name().into(), header.value().into())).collect()
}
