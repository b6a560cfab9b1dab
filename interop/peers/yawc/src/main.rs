//! yawc as a client and as a server.

#[path = "../../shared/matrix.rs"]
mod matrix;
#[path = "../../shared/matrix_hyper.rs"]
mod matrix_hyper;
#[path = "../../shared/matrix_tokio.rs"]
mod matrix_tokio;

use std::env::{self, var};
use std::io;

use futures_util::SinkExt;
use hyper::header::SEC_WEBSOCKET_PROTOCOL;
use matrix::{Connection, Done, Message, Trouble};
use matrix_tokio::{Duplex, Ground, Stream, Wrong};
use yawc::close::CloseCode;
use yawc::{Frame, HttpRequest, HttpStream, OpCode, Options, WebSocket, WebSocketError};

const LARGEST: usize = 64 << 20;

struct OnYawc<S> {
    ground: Ground,
    socket: WebSocket<S>,
}

fn failed(error: impl ToString) -> Trouble {
    Trouble::Other(error.to_string())
}

fn end(error: WebSocketError) -> Trouble {
    match error {
        WebSocketError::ConnectionClosed | WebSocketError::IoError(_) => {
            Trouble::Closed(1006, String::new())
        }
        other => failed(other),
    }
}

fn ending(close: &Frame) -> Done<Trouble> {
    let code = close.close_code().map_or(1005, u16::from);
    let reason = close.close_reason().map_err(failed)?.unwrap_or_default();
    Ok(Trouble::Closed(code, reason.into()))
}

impl<S: Duplex> OnYawc<S> {
    fn write(&mut self, frame: Frame) -> Done {
        self.ground.block_on(self.socket.send(frame)).map_err(failed)
    }

    fn read(&mut self) -> Done<Frame> {
        let frame = self.ground.block_on(self.socket.next_frame()).map_err(end)?;
        if frame.opcode() != OpCode::Close {
            return Ok(frame);
        }
        // The answer to a Close frame leaves when the next is asked for.
        let _ = self.ground.block_on(self.socket.next_frame());
        Err(ending(&frame)?)
    }
}

impl<S: Duplex> Connection for OnYawc<S> {
    fn send(&mut self, message: Message) -> Done {
        self.write(match message {
            Message::Text(text) => Frame::text(text),
            Message::Binary(data) => Frame::binary(data),
        })
    }

    fn receive(&mut self) -> Done<Message> {
        loop {
            let frame = self.read()?;
            match frame.opcode() {
                OpCode::Text => return Ok(Message::Text(frame.as_str().into())),
                OpCode::Binary => return Ok(Message::Binary(frame.into_payload().to_vec())),
                _ => {}
            }
        }
    }

    fn close(&mut self, code: Option<u16>, reason: &str) -> Done {
        let code = code.ok_or(Trouble::Absent)?;
        self.write(Frame::close(CloseCode::from(code), reason))?;
        match self.receive() {
            Err(Trouble::Closed(1006, _)) => Err(failed("no Close frame came")),
            Err(Trouble::Closed(..)) => Ok(()),
            other => Err(failed(format!("{other:?}"))),
        }
    }

    fn send_fragments(&mut self, fragments: &[&str]) -> Done {
        for (place, fragment) in fragments.iter().enumerate() {
            let data = fragment.to_string();
            let frame = if place == 0 { Frame::text(data) } else { Frame::continuation(data) };
            let is_last = place + 1 == fragments.len();
            self.write(frame.with_fin(is_last))?;
            if !is_last {
                self.write(Frame::ping("in between"))?;
            }
        }
        Ok(())
    }

    fn ping(&mut self) -> Done {
        self.write(Frame::ping("are you there?"))?;
        while self.read()?.opcode() != OpCode::Pong {}
        Ok(())
    }

    fn drop_connection(&mut self) -> Done {
        self.ground.drop_tcp().map_err(failed)
    }

    fn send_after_silence(&mut self, text: &str) -> Done<Message> {
        let socket = &mut self.socket;
        self.ground.listen_to_silence(async { while socket.next_frame().await.is_ok() {} });
        self.send(Message::Text(text.into()))?;
        self.receive()
    }

    fn subprotocol(&self) -> Option<String> {
        None
    }
}

fn bits(parameter: &str, wanted: &str) -> Option<u8> {
    wanted.split(',').find_map(|it| it.strip_prefix(parameter)?.strip_prefix('=')?.parse().ok())
}

fn options() -> Options {
    let options = Options::default().with_utf8().with_limits(LARGEST, LARGEST);
    match var("INTEROP_DEFLATE") {
        Ok(wanted) => compressing(options, &wanted),
        Err(_) => options.without_compression(),
    }
}

fn compressing(options: Options, wanted: &str) -> Options {
    let mut options = options.with_balanced_compression();
    if wanted.contains("server_no_context_takeover") {
        options = options.server_no_context_takeover();
    }
    if wanted.contains("client_no_context_takeover") {
        options = options.client_no_context_takeover();
    }
    if let Some(bits) = bits("server_max_window_bits", wanted) {
        options = options.with_server_max_window_bits(bits);
    }
    match bits("client_max_window_bits", wanted) {
        Some(bits) => options.with_client_max_window_bits(bits),
        None => options,
    }
}

fn open(url: &str, offered: &[&str]) -> Done<OnYawc<Stream>> {
    let mut request = HttpRequest::builder();
    if !offered.is_empty() {
        request = request.header(SEC_WEBSOCKET_PROTOCOL, offered.join(", "));
    }
    let (ground, stream) = matrix_tokio::connect(url).map_err(failed)?;
    let url = url.parse().map_err(|_| failed("no URL"))?;
    let handshake = WebSocket::handshake_with_request(url, stream, options(), request);
    let socket = ground.block_on(handshake).map_err(refusal)?;
    Ok(OnYawc { ground, socket })
}

fn refusal(error: WebSocketError) -> Trouble {
    match error {
        WebSocketError::InvalidStatusCode(status) => Trouble::Refused(status, String::new()),
        other => failed(other),
    }
}

fn converse(ground: Ground, stream: Stream) -> Result<(), Wrong> {
    let accepting = matrix_hyper::accept(stream, |request| {
        Ok(WebSocket::<HttpStream>::upgrade_with_options(request, options())?)
    });
    let Some(upgrade) = ground.block_on(accepting) else { return Ok(()) };
    let socket = ground.block_on(upgrade)?;
    matrix::serve(&mut OnYawc { ground, socket }).map_err(|trouble| format!("{trouble:?}").into())
}

fn main() -> io::Result<()> {
    match env::args().nth(1).as_deref() {
        Some("server") => matrix_tokio::listen(converse)?,
        _ => matrix::client(open),
    }
    Ok(())
}
