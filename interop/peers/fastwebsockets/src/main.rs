//! fastwebsockets as a client and as a server.

#[path = "../../shared/matrix.rs"]
mod matrix;
#[path = "../../shared/matrix_hyper.rs"]
mod matrix_hyper;
#[path = "../../shared/matrix_tokio.rs"]
mod matrix_tokio;

use std::env;
use std::io;

use fastwebsockets::handshake::{self, generate_key};
use fastwebsockets::upgrade::upgrade;
use fastwebsockets::{FragmentCollector, Frame, OpCode, Payload, WebSocket, WebSocketError};
use http_body_util::Empty;
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::{
    CONNECTION, HOST, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::upgrade::Upgraded;
use hyper_util::rt::{TokioExecutor, TokioIo};
use matrix::{Connection, Done, Message, Trouble};
use matrix_tokio::{Ground, Stream, Wrong};

const LARGEST: usize = 64 << 20;

struct OnFastwebsockets {
    ground: Ground,
    socket: FragmentCollector<TokioIo<Upgraded>>,
    subprotocol: Option<String>,
}

fn failed(error: impl ToString) -> Trouble {
    Trouble::Other(error.to_string())
}

fn end(error: WebSocketError) -> Trouble {
    match error {
        WebSocketError::UnexpectedEOF | WebSocketError::IoError(_) => {
            Trouble::Closed(1006, String::new())
        }
        other => failed(other),
    }
}

fn ending(payload: &[u8]) -> Trouble {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return Trouble::Closed(1005, String::new());
    };
    Trouble::Closed(u16::from_be_bytes(*code), String::from_utf8_lossy(reason).into())
}

fn owned(data: impl Into<Vec<u8>>) -> Payload<'static> {
    Payload::Owned(data.into())
}

fn ping_frame(payload: &str) -> Frame<'static> {
    Frame::new(true, OpCode::Ping, None, owned(payload))
}

impl OnFastwebsockets {
    fn new(
        ground: Ground,
        mut socket: WebSocket<TokioIo<Upgraded>>,
        subprotocol: Option<String>,
    ) -> Self {
        socket.set_max_message_size(LARGEST);
        Self { ground, socket: FragmentCollector::new(socket), subprotocol }
    }

    fn write(&mut self, frame: Frame<'static>) -> Done {
        self.ground.block_on(self.socket.write_frame(frame)).map_err(failed)
    }

    fn read(&mut self) -> Done<Frame<'static>> {
        let frame = self.ground.block_on(self.socket.read_frame()).map_err(end)?;
        if frame.opcode == OpCode::Close { Err(ending(&frame.payload)) } else { Ok(frame) }
    }
}

impl Connection for OnFastwebsockets {
    fn send(&mut self, message: Message) -> Done {
        self.write(match message {
            Message::Text(text) => Frame::text(owned(text)),
            Message::Binary(data) => Frame::binary(owned(data)),
        })
    }

    fn receive(&mut self) -> Done<Message> {
        loop {
            let frame = self.read()?;
            let data = frame.payload.to_vec();
            match frame.opcode {
                OpCode::Text => return String::from_utf8(data).map(Message::Text).map_err(failed),
                OpCode::Binary => return Ok(Message::Binary(data)),
                _ => {}
            }
        }
    }

    fn close(&mut self, code: Option<u16>, reason: &str) -> Done {
        self.write(match code {
            Some(code) => Frame::close(code, reason.as_bytes()),
            None => Frame::close_raw(owned([])),
        })?;
        match self.receive() {
            Err(Trouble::Closed(1006, _)) => Err(failed("no Close frame came")),
            Err(Trouble::Closed(..)) => Ok(()),
            other => Err(failed(format!("{other:?}"))),
        }
    }

    fn send_fragments(&mut self, fragments: &[&str]) -> Done {
        for (place, fragment) in fragments.iter().enumerate() {
            let kind = if place == 0 { OpCode::Text } else { OpCode::Continuation };
            let is_last = place + 1 == fragments.len();
            self.write(Frame::new(is_last, kind, None, owned(*fragment)))?;
            if !is_last {
                self.write(ping_frame("in between"))?;
            }
        }
        Ok(())
    }

    fn ping(&mut self) -> Done {
        self.write(ping_frame("are you there?"))?;
        while self.read()?.opcode != OpCode::Pong {}
        Ok(())
    }

    fn drop_connection(&mut self) -> Done {
        self.ground.drop_tcp().map_err(failed)
    }

    fn send_after_silence(&mut self, text: &str) -> Done<Message> {
        let socket = &mut self.socket;
        self.ground.listen_to_silence(async { while socket.read_frame().await.is_ok() {} });
        self.send(Message::Text(text.into()))?;
        self.receive()
    }

    fn subprotocol(&self) -> Option<String> {
        self.subprotocol.clone()
    }
}

fn request(url: &str, offered: &[&str]) -> Done<Request<Empty<Bytes>>> {
    let (_, rest) = url.split_once("://").ok_or_else(|| failed("no scheme"))?;
    let (host, path) = rest.split_once('/').ok_or_else(|| failed("no path"))?;
    let mut request = Request::get(format!("/{path}"))
        .header(HOST, host)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_KEY, generate_key())
        .header(SEC_WEBSOCKET_VERSION, "13");
    if !offered.is_empty() {
        request = request.header(SEC_WEBSOCKET_PROTOCOL, offered.join(", "));
    }
    request.body(Empty::new()).map_err(failed)
}

fn open(url: &str, offered: &[&str]) -> Done<OnFastwebsockets> {
    let request = request(url, offered)?;
    let (ground, stream) = matrix_tokio::connect(url).map_err(failed)?;
    let executor = TokioExecutor::new();
    let opening = handshake::client(&executor, request, stream);
    let (socket, response) = ground.block_on(opening).map_err(refusal)?;
    let subprotocol = response.headers().get(SEC_WEBSOCKET_PROTOCOL);
    let subprotocol = subprotocol.and_then(|name| name.to_str().ok()).map(Into::into);
    Ok(OnFastwebsockets::new(ground, socket, subprotocol))
}

fn refusal(error: WebSocketError) -> Trouble {
    match error {
        WebSocketError::InvalidStatusCode(status) => Trouble::Refused(status, String::new()),
        other => failed(other),
    }
}

fn converse(ground: Ground, stream: Stream) -> Result<(), Wrong> {
    let accepting = matrix_hyper::accept(stream, |request| Ok(upgrade(request)?));
    let Some(upgrade) = ground.block_on(accepting) else { return Ok(()) };
    let socket = ground.block_on(upgrade)?;
    let mut connection = OnFastwebsockets::new(ground, socket, None);
    matrix::serve(&mut connection).map_err(|trouble| format!("{trouble:?}").into())
}

fn main() -> io::Result<()> {
    match env::args().nth(1).as_deref() {
        Some("server") => matrix_tokio::listen(converse)?,
        _ => matrix::client(open),
    }
    Ok(())
}
