//! One face for the sockets of all adapters.

use std::net::TcpStream;

use websocket_proto::io::{Error, MaybeTls, blocking, smol as on_smol, tokio as on_tokio};
use websocket_proto::{CloseCode, Connection, Ending, Event, MessageKind};

/// What was received.
#[derive(Debug)]
pub(crate) enum Seen {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    /// The first answer to a Ping of the keepalive.
    SignOfLife,
    Close(CloseCode, String),
    Ended(Ending),
}

impl Seen {
    /// What an event says, except that something is streamed, which is not configured here.
    fn of(event: &Event<'_>) -> Option<Self> {
        Some(match event {
            Event::Text(text) => Self::Text((*text).into()),
            Event::Binary(data) => Self::Binary(data.to_vec()),
            Event::Ping(payload) => Self::Ping(payload.to_vec()),
            Event::Pong { round_trip: Some(_), .. } => Self::SignOfLife,
            Event::Pong { payload, .. } => Self::Pong(payload.to_vec()),
            Event::Close { code, reason, .. } => Self::Close(*code, (*reason).into()),
            Event::Ended(ending) => Self::Ended((*ending).clone()),
            _ => return None,
        })
    }
}

/// The calls that both programs use. Those of the blocking adapter block.
pub(crate) trait Socket {
    async fn send_text(&mut self, text: &str) -> Result<(), Error>;
    async fn send_binary(&mut self, data: &[u8]) -> Result<(), Error>;
    async fn send_ping(&mut self, payload: &[u8]) -> Result<(), Error>;
    fn start_text(&mut self) -> Result<(), Error>;
    async fn send_fragment(&mut self, data: &[u8]) -> Result<(), Error>;
    async fn send_last_fragment(&mut self, data: &[u8]) -> Result<(), Error>;
    fn start_close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error>;
    async fn close_with(&mut self, code: CloseCode, reason: &str) -> Result<Ending, Error>;
    fn abort(&mut self);
    /// The next that was received; `None` after the end.
    async fn receive(&mut self) -> Result<Option<Seen>, Error>;
    fn subprotocol(&mut self) -> Option<String>;
    fn connection(&self) -> &Connection;
}

macro_rules! implement_socket {
    ($socket:ty, [$($wait:tt)*]) => {
        impl Socket for $socket {
            async fn send_text(&mut self, text: &str) -> Result<(), Error> {
                self.writer().send_text(text)$($wait)*
            }
            async fn send_binary(&mut self, data: &[u8]) -> Result<(), Error> {
                self.writer().send_binary(data)$($wait)*
            }
            async fn send_ping(&mut self, payload: &[u8]) -> Result<(), Error> {
                self.writer().send_ping(payload)$($wait)*
            }
            fn start_text(&mut self) -> Result<(), Error> {
                Ok(self.writer().start_message(MessageKind::Text)?)
            }
            async fn send_fragment(&mut self, data: &[u8]) -> Result<(), Error> {
                self.writer().send_fragment(data)$($wait)*
            }
            async fn send_last_fragment(&mut self, data: &[u8]) -> Result<(), Error> {
                self.writer().send_last_fragment(data)$($wait)*
            }
            fn start_close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
                self.writer().start_close(code, reason).map_err(Error::from)
            }
            async fn close_with(&mut self, code: CloseCode, reason: &str) -> Result<Ending, Error> {
                self.close_with(code, reason)$($wait)*
            }
            fn abort(&mut self) {
                self.writer().abort();
            }
            async fn receive(&mut self) -> Result<Option<Seen>, Error> {
                while let Some((event, _)) = self.receive()$($wait)*? {
                    if let Some(seen) = Seen::of(&event) {
                        return Ok(Some(seen));
                    }
                }
                Ok(None)
            }
            fn subprotocol(&mut self) -> Option<String> {
                self.response()?.subprotocol().map(String::from)
            }
            fn connection(&self) -> &Connection {
                self.connection()
            }
        }
    };
}

implement_socket!(blocking::WebSocket<MaybeTls<TcpStream>>, []);
implement_socket!(on_tokio::WebSocket, [.await]);
implement_socket!(on_smol::WebSocket, [.await]);
