//! soketto as a client and as a server.

#[path = "../../shared/matrix.rs"]
mod matrix;
#[path = "../../shared/matrix_tokio.rs"]
mod matrix_tokio;

use std::env::{self, var};
use std::io;
use std::time::Duration;

use matrix::{Connection, Done, Message, Trouble};
use matrix_tokio::{Ground, Stream, Wrong};
use soketto::connection::{Builder, CloseReason, Error};
use soketto::data::{ByteSlice125, Data, Incoming};
use soketto::extension::deflate::Deflate;
use soketto::handshake::server::Response;
use soketto::handshake::{Client, Server, ServerResponse};
use soketto::{Mode, Receiver, Sender};
use tokio::time::sleep;
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};

const LARGEST: usize = 64 << 20;

struct OnSoketto {
    ground: Ground,
    sender: Sender<Compat<Stream>>,
    receiver: Receiver<Compat<Stream>>,
    subprotocol: Option<String>,
}

/// What comes: a message, or a Pong.
enum Arrival {
    Message(Message),
    Pong,
}

fn failed(error: impl ToString) -> Trouble {
    Trouble::Other(error.to_string())
}

fn ending(close: &CloseReason) -> Trouble {
    Trouble::Closed(close.code, close.descr.clone().unwrap_or_default())
}

fn end(error: Error) -> Trouble {
    match error {
        Error::Closed | Error::Io(_) => Trouble::Closed(1006, String::new()),
        other => failed(other),
    }
}

async fn read(receiver: &mut Receiver<Compat<Stream>>) -> Done<Arrival> {
    let mut data = Vec::new();
    match receiver.receive(&mut data).await.map_err(end)? {
        Incoming::Data(Data::Text(_)) => {
            let text = String::from_utf8(data).map_err(failed)?;
            Ok(Arrival::Message(Message::Text(text)))
        }
        Incoming::Data(Data::Binary(_)) => Ok(Arrival::Message(Message::Binary(data))),
        Incoming::Pong(_) => Ok(Arrival::Pong),
        Incoming::Closed(close) => Err(ending(&close)),
    }
}

impl OnSoketto {
    fn new(
        ground: Ground,
        mut builder: Builder<Compat<Stream>>,
        subprotocol: Option<String>,
    ) -> Self {
        builder.set_max_message_size(LARGEST);
        builder.set_max_frame_size(LARGEST);
        let (sender, receiver) = builder.finish();
        Self { ground, sender, receiver, subprotocol }
    }

    async fn write(sender: &mut Sender<Compat<Stream>>, message: Message) -> Result<(), Error> {
        match message {
            Message::Text(text) => sender.send_text_owned(text).await?,
            Message::Binary(data) => sender.send_binary(data).await?,
        }
        sender.flush().await
    }

    async fn write_ping(sender: &mut Sender<Compat<Stream>>) -> Result<(), Error> {
        let payload = ByteSlice125::try_from(&b"are you there?"[..]).expect("it is short");
        sender.send_ping(payload).await?;
        sender.flush().await
    }
}

impl Connection for OnSoketto {
    fn send(&mut self, message: Message) -> Done {
        self.ground.block_on(Self::write(&mut self.sender, message)).map_err(failed)
    }

    fn receive(&mut self) -> Done<Message> {
        loop {
            if let Arrival::Message(message) = self.ground.block_on(read(&mut self.receiver))? {
                return Ok(message);
            }
        }
    }

    /// It has no other code than 1000, and no reasons.
    fn close(&mut self, code: Option<u16>, reason: &str) -> Done {
        if code != Some(1000) || !reason.is_empty() {
            return Err(Trouble::Absent);
        }
        self.ground.block_on(self.sender.close()).map_err(failed)?;
        match self.receive() {
            // With TLS, it tells of no Close frame once it has closed its own half.
            Err(Trouble::Closed(1000 | 1006, _)) => Ok(()),
            other => Err(failed(format!("{other:?}"))),
        }
    }

    fn ping(&mut self) -> Done {
        self.ground.block_on(Self::write_ping(&mut self.sender)).map_err(failed)?;
        match self.ground.block_on(read(&mut self.receiver))? {
            Arrival::Pong => Ok(()),
            Arrival::Message(message) => Err(failed(format!("there came {message:?}"))),
        }
    }

    fn drop_connection(&mut self) -> Done {
        self.ground.drop_tcp().map_err(failed)
    }

    fn send_after_silence(&mut self, text: &str) -> Done<Message> {
        let Self { ground, sender, receiver, .. } = self;
        let speaking = async {
            sleep(Duration::from_secs(3)).await;
            Self::write(sender, Message::Text(text.into())).await
        };
        // What is cancelled while it reads has lost its place.
        let (arrived, sent) = ground.block_on(async { tokio::join!(read(receiver), speaking) });
        sent.map_err(failed)?;
        match arrived? {
            Arrival::Message(message) => Ok(message),
            Arrival::Pong => Err(failed("there came a Pong")),
        }
    }

    fn subprotocol(&self) -> Option<String> {
        self.subprotocol.clone()
    }
}

fn bits(parameter: &str) -> Option<u8> {
    let wanted = var("INTEROP_DEFLATE").ok()?;
    wanted.split(',').find_map(|it| it.strip_prefix(parameter)?.strip_prefix('=')?.parse().ok())
}

fn deflate(mode: Mode) -> Option<Box<Deflate>> {
    var("INTEROP_DEFLATE").ok()?;
    let mut deflate = Box::new(Deflate::new(mode));
    if mode == Mode::Client {
        bits("server_max_window_bits").inspect(|bits| deflate.set_max_server_window_bits(*bits));
        bits("client_max_window_bits").inspect(|bits| deflate.set_max_client_window_bits(*bits));
    }
    Some(deflate)
}

fn open(url: &str, offered: &[&str]) -> Done<OnSoketto> {
    let (_, rest) = url.split_once("://").ok_or_else(|| failed("no scheme"))?;
    let (host, _) = rest.split_once('/').ok_or_else(|| failed("no path"))?;
    let (ground, stream) = matrix_tokio::connect(url).map_err(failed)?;
    let mut client = Client::new(stream.compat(), host, &rest[host.len()..]);
    offered.iter().for_each(|name| {
        client.add_protocol(name);
    });
    if let Some(deflate) = deflate(Mode::Client) {
        client.add_extension(deflate);
    }
    match ground.block_on(client.handshake()).map_err(failed)? {
        ServerResponse::Accepted { protocol } => {
            Ok(OnSoketto::new(ground, client.into_builder(), protocol))
        }
        ServerResponse::Rejected { status_code } => {
            Err(Trouble::Refused(status_code, String::new()))
        }
        other => Err(failed(format!("{other:?}"))),
    }
}

/// Answers the request; whether a connection is open now.
async fn answer(
    server: &mut Server<'_, Compat<Stream>>,
) -> Result<bool, soketto::handshake::Error> {
    let request = server.receive_request().await?;
    if request.path() == "/refusal" {
        server.send_response(&Response::Reject { status_code: 401 }).await?;
        return Ok(false);
    }
    let key = request.key();
    let protocol = request.protocols().any(|name| name == "chat").then_some("chat");
    server.send_response(&Response::Accept { key, protocol }).await?;
    Ok(true)
}

fn converse(ground: Ground, stream: Stream) -> Result<(), Wrong> {
    let mut server = Server::new(stream.compat());
    server.add_protocol("chat");
    if let Some(deflate) = deflate(Mode::Server) {
        server.add_extension(deflate);
    }
    if !ground.block_on(answer(&mut server))? {
        return Ok(());
    }
    let mut connection = OnSoketto::new(ground, server.into_builder(), None);
    matrix::serve(&mut connection).map_err(|trouble| format!("{trouble:?}").into())
}

fn main() -> io::Result<()> {
    match env::args().nth(1).as_deref() {
        Some("server") => matrix_tokio::listen(converse)?,
        _ => matrix::client(open),
    }
    Ok(())
}
