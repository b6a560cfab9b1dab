//! An open connection, and what is expected of it.

use std::fmt;

use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::Error;
use websocket_proto::{CloseCode, Ending};

use super::Side;
use super::adapter::Adapter;
use super::cells::{Outcome, Tried};
use crate::settings::Settings;
use crate::socket::{Seen, Socket};

/// What came instead of what was expected.
#[derive(Debug)]
pub(super) struct Failure(pub(super) String);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}

#[derive(PartialEq)]
pub(super) enum Message {
    Text(String),
    Binary(Vec<u8>),
}

/// Short, as it is for people.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => {
                let beginning: String = text.chars().take(40).collect();
                write!(f, "a text of {} bytes, {beginning:?}", text.len())
            }
            Self::Binary(data) => {
                let beginning = &data[..data.len().min(16)];
                write!(f, "a binary message of {} bytes, {beginning:02x?}", data.len())
            }
        }
    }
}

impl<A: Adapter> Side<A> {
    pub(super) async fn open(&self) -> Result<Talk<A::Socket>, Failure> {
        self.open_offering(&[]).await
    }

    pub(super) async fn open_offering(
        &self,
        subprotocols: &[&str],
    ) -> Result<Talk<A::Socket>, Failure> {
        let mut socket = self.dial("/", subprotocols).await?;
        let subprotocol = socket.subprotocol();
        let talk = Talk { socket, subprotocol, pings: 0, pongs: Vec::new() };
        talk.check_compression(&self.settings)?;
        Ok(talk)
    }

    pub(super) async fn dial(&self, path: &str, offered: &[&str]) -> Result<A::Socket, Error> {
        let request = ClientRequest::new(&format!("{}{path}", self.url))?;
        let request =
            offered.iter().try_fold(request, |request, name| request.subprotocol(name))?;
        self.adapter.open(&request, &self.settings).await
    }
}

pub(super) struct Talk<S> {
    pub(super) socket: S,
    pub(super) subprotocol: Option<String>,
    /// How many Pings have come.
    pub(super) pings: u64,
    /// The payloads of the Pongs that have come, but those for the keepalive.
    pub(super) pongs: Vec<Vec<u8>>,
}

impl<S: Socket> Talk<S> {
    fn check_compression(&self, settings: &Settings) -> Result<(), Failure> {
        let is_wanted = settings.config.deflate.is_some() && !settings.has_parameters();
        if is_wanted && self.socket.connection().deflate().is_none() {
            return Err(Failure("the server does not agree to compression".into()));
        }
        Ok(())
    }

    pub(super) fn parameters_were_declined(&self, settings: &Settings) -> bool {
        settings.has_parameters() && self.socket.connection().deflate().is_none()
    }

    /// The next message or what ends the connection, after counting what comes before.
    pub(super) async fn next(&mut self) -> Result<Seen, Failure> {
        loop {
            match self.receive().await? {
                Seen::Ping(_) => self.pings += 1,
                Seen::Pong(payload) => self.pongs.push(payload),
                Seen::SignOfLife => {}
                seen => return Ok(seen),
            }
        }
    }

    pub(super) async fn receive(&mut self) -> Result<Seen, Failure> {
        self.socket.receive().await?.ok_or_else(|| Failure("nothing came any more".into()))
    }

    pub(super) async fn next_message(&mut self) -> Result<Message, Failure> {
        match self.next().await? {
            Seen::Text(text) => Ok(Message::Text(text)),
            Seen::Binary(data) => Ok(Message::Binary(data)),
            Seen::Close(code, reason) => {
                Err(Failure(format!("the server closed with {code} {reason:?}")))
            }
            other => Err(Failure(format!("there came {other:?}"))),
        }
    }

    pub(super) async fn expect(&mut self, expected: Message) -> Result<(), Failure> {
        let message = self.next_message().await?;
        if message == expected {
            return Ok(());
        }
        Err(Failure(format!("there came {message}, and not {expected}")))
    }

    pub(super) async fn echo(&mut self, message: Message) -> Result<(), Failure> {
        match &message {
            Message::Text(text) => self.socket.send_text(text).await?,
            Message::Binary(data) => self.socket.send_binary(data).await?,
        }
        self.expect(message).await
    }

    /// Closes, and demands that the peer answers.
    pub(super) async fn finish(&mut self) -> Tried {
        self.close(CloseCode::NORMAL, "").await
    }

    pub(super) async fn close(&mut self, code: CloseCode, reason: &str) -> Tried {
        let ending = self.socket.close_with(code, reason).await?;
        if !ending.is_clean() || ending.fault.is_some() {
            return Err(Failure(ending.to_string()));
        }
        Ok(Outcome::Passed(remark(&ending, code)))
    }
}

/// Says what the peer answered, where it is not the same code (§5.5.1).
fn remark(ending: &Ending, code: CloseCode) -> String {
    match ending.code() {
        answer if answer == code => String::new(),
        answer => format!("answered with {answer}"),
    }
}
