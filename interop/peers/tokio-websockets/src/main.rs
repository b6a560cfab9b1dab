//! tokio-websockets as a client and as a server.

#[path = "../../shared/matrix.rs"]
mod matrix;
#[path = "../../shared/matrix_tokio.rs"]
mod matrix_tokio;

use std::env;
use std::io;

use futures_util::{SinkExt, StreamExt};
use http::header::{HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use matrix::{Connection, Done, Message, Trouble};
use matrix_tokio::{Ground, Stream, Wrong};
use tokio_websockets::upgrade::Error as UpgradeError;
use tokio_websockets::{
    ClientBuilder, CloseCode, Config, Error, Limits, Message as Theirs, ServerBuilder,
    WebSocketStream,
};

/// A longer message is sent in fragments of this size.
const FRAME_SIZE: usize = 30_000;

struct OnTokioWebsockets {
    ground: Ground,
    socket: WebSocketStream<Stream>,
    subprotocol: Option<String>,
    /// What the peer's Close frame said.
    close: Option<(u16, String)>,
}

fn failed(error: impl ToString) -> Trouble {
    Trouble::Other(error.to_string())
}

fn converted(message: Message) -> Theirs {
    match message {
        Message::Text(text) => Theirs::text(text),
        Message::Binary(data) => Theirs::binary(data),
    }
}

impl OnTokioWebsockets {
    fn write(&mut self, message: Theirs) -> Done {
        self.ground.block_on(self.socket.send(message)).map_err(failed)
    }

    /// The next message of any kind; the end is none.
    fn read(&mut self) -> Done<Option<Theirs>> {
        let message = match self.ground.block_on(self.socket.next()).transpose() {
            Ok(Some(message)) => message,
            Ok(None) | Err(Error::Io(_)) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        if let Some((code, reason)) = message.as_close() {
            self.close = Some((code.into(), reason.into()));
        }
        Ok(Some(message))
    }

    fn end(&mut self) -> Trouble {
        let (code, reason) = self.close.take().unwrap_or((1006, String::new()));
        Trouble::Closed(code, reason)
    }
}

impl Connection for OnTokioWebsockets {
    fn send(&mut self, message: Message) -> Done {
        self.write(converted(message))
    }

    fn receive(&mut self) -> Done<Message> {
        while let Some(message) = self.read()? {
            if let Some(text) = message.as_text() {
                return Ok(Message::Text(text.into()));
            }
            if message.is_binary() {
                return Ok(Message::Binary(message.as_payload().to_vec()));
            }
        }
        Err(self.end())
    }

    fn close(&mut self, code: Option<u16>, reason: &str) -> Done {
        let code = code.map(CloseCode::try_from).transpose().map_err(failed)?;
        self.write(Theirs::close(code, reason))?;
        match self.receive() {
            Err(Trouble::Closed(1006, _)) => Err(failed("no Close frame came")),
            Err(Trouble::Closed(..)) => Ok(()),
            other => Err(failed(format!("{other:?}"))),
        }
    }

    fn send_fragments(&mut self, fragments: &[&str]) -> Done {
        self.write(Theirs::text(fragments.concat()))
    }

    fn ping(&mut self) -> Done {
        self.write(Theirs::ping("are you there?"))?;
        while !self.read()?.ok_or_else(|| failed("no Pong came"))?.is_pong() {}
        Ok(())
    }

    fn drop_connection(&mut self) -> Done {
        self.ground.drop_tcp().map_err(failed)
    }

    fn send_after_silence(&mut self, text: &str) -> Done<Message> {
        let socket = &mut self.socket;
        self.ground.listen_to_silence(async { while socket.next().await.is_some() {} });
        self.send(Message::Text(text.into()))?;
        self.receive()
    }

    fn subprotocol(&self) -> Option<String> {
        self.subprotocol.clone()
    }
}

fn open(url: &str, offered: &[&str]) -> Done<OnTokioWebsockets> {
    let mut builder = ClientBuilder::new().uri(url).map_err(failed)?.limits(Limits::unlimited());
    if url.ends_with("/fragments-sent") {
        builder = builder.config(Config::default().frame_size(FRAME_SIZE));
    }
    if !offered.is_empty() {
        let names = HeaderValue::from_str(&offered.join(", ")).map_err(failed)?;
        builder = builder.add_header(SEC_WEBSOCKET_PROTOCOL, names).map_err(failed)?;
    }
    let (ground, stream) = matrix_tokio::connect(url).map_err(failed)?;
    let (socket, response) = ground.block_on(builder.connect_on(stream)).map_err(refusal)?;
    let subprotocol = response.headers().get(SEC_WEBSOCKET_PROTOCOL);
    let subprotocol = subprotocol.and_then(|name| name.to_str().ok()).map(Into::into);
    Ok(OnTokioWebsockets { ground, socket, subprotocol, close: None })
}

fn refusal(error: Error) -> Trouble {
    match error {
        Error::Upgrade(UpgradeError::DidNotSwitchProtocols(status)) => {
            Trouble::Refused(status, String::new())
        }
        other => failed(other),
    }
}

fn converse(ground: Ground, stream: Stream) -> Result<(), Wrong> {
    let builder = ServerBuilder::new()
        .limits(Limits::unlimited())
        .config(Config::default().frame_size(FRAME_SIZE));
    let (_, socket) = ground.block_on(builder.accept(stream))?;
    let mut connection = OnTokioWebsockets { ground, socket, subprotocol: None, close: None };
    matrix::serve(&mut connection).map_err(|trouble| format!("{trouble:?}").into())
}

fn main() -> io::Result<()> {
    match env::args().nth(1).as_deref() {
        Some("server") => matrix_tokio::listen(converse)?,
        _ => matrix::client(open),
    }
    Ok(())
}
