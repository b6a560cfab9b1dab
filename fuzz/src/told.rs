//! What happened, in values that can be compared.

use websocket_proto::handshake::{Headers, OriginPolicy, Request, Response};
use websocket_proto::{Ending, Event, Message, MessageKind, ProtocolError, SendError};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    /// A head of HTTP: what its accessors say, and its headers.
    Head(String, Vec<(String, Vec<u8>)>),
    /// The body of a refusal, and whether it is cut.
    Body(Vec<u8>, bool),
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(u16, String),
    Failed(ProtocolError),
    /// A call was refused.
    Refuses(SendError),
    Ended(Ending),
    /// What had come of a head when the stream ended.
    Unfinished(Vec<u8>),
    /// What the other side made of something that was sent.
    Sent(Box<Self>),
    /// What was sent, where nobody reads it.
    SentBytes(Vec<u8>),
}

impl Told {
    /// A message.
    pub(crate) const fn message(kind: MessageKind, payload: Vec<u8>) -> Self {
        match kind {
            MessageKind::Text => Self::Text(payload),
            MessageKind::Binary => Self::Binary(payload),
        }
    }

    /// A message or a control frame that was taken.
    pub(crate) fn owned(message: Message) -> Self {
        match message {
            Message::Text(text) => Self::Text(text.as_bytes().to_vec()),
            Message::Binary(data) => Self::Binary(data.into()),
            Message::Ping(payload) => Self::Ping(payload.into()),
            Message::Pong(payload) => Self::Pong(payload.into()),
            Message::Close { code, reason, .. } => Self::Close(code.get(), reason.to_string()),
            other => panic!("{other:?}, which is no message of RFC 6455"),
        }
    }

    /// Whether it is something that must not follow a violation.
    pub(crate) const fn is_delivered(&self) -> bool {
        match self {
            Self::Failed(_) | Self::Refuses(_) | Self::Ended(_) | Self::Unfinished(_) => false,
            Self::Sent(_) | Self::SentBytes(_) => false,
            Self::Head(..) | Self::Body(..) | Self::Close(..) => true,
            Self::Text(_) | Self::Binary(_) | Self::Ping(_) | Self::Pong(_) => true,
        }
    }
}

/// The event; nothing for the parts of a message.
pub(crate) fn told(event: Event<'_>) -> Vec<Told> {
    match event {
        Event::Request(it) => vec![Told::Head(request(it), headers(it.headers()))],
        Event::Open(it) => vec![Told::Head(response(it), headers(it.headers()))],
        Event::Refused(it) => {
            let body = Told::Body(it.body().into(), it.is_body_truncated());
            vec![Told::Head(response(it), headers(it.headers())), body]
        }
        Event::Text(text) => vec![Told::Text(text.into())],
        Event::Binary(data) => vec![Told::Binary(data.to_vec())],
        Event::Ping(payload) => vec![Told::Ping(payload.into())],
        Event::Pong { payload, .. } => vec![Told::Pong(payload.into())],
        Event::Close { code, reason, .. } => vec![Told::Close(code.get(), reason.into())],
        Event::Ended(ending) => vec![Told::Ended(ending.clone())],
        _ => Vec::new(),
    }
}

fn request(it: Request<'_>) -> String {
    let target = (it.target(), it.path(), it.authority());
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
