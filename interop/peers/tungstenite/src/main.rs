//! tungstenite as a client and as a server, on blocking sockets.

#[path = "../../shared/matrix.rs"]
mod matrix;
mod tls;

use std::env;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use matrix::{Connection, Done, Message, REFUSAL, Trouble};
use tls::Stream;
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tungstenite::http::{HeaderValue, StatusCode};
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, Frame};
use tungstenite::{Error, HandshakeError, Message as Theirs, WebSocket, accept_hdr};

const PROTOCOL: &str = "Sec-WebSocket-Protocol";

struct OnTungstenite {
    socket: WebSocket<Stream>,
    tcp: TcpStream,
    subprotocol: Option<String>,
    /// What the peer's Close frame said.
    close: Option<(u16, String)>,
}

impl OnTungstenite {
    fn read(&mut self) -> Result<Theirs, Error> {
        let message = self.socket.read()?;
        if let Theirs::Close(frame) = &message {
            self.close = Some(match frame {
                Some(frame) => (frame.code.into(), frame.reason.to_string()),
                None => (1005, String::new()),
            });
        }
        Ok(message)
    }

    fn end(&mut self, error: Error) -> Trouble {
        match (error, self.close.take()) {
            (Error::ConnectionClosed | Error::Io(_), Some((code, reason))) => {
                Trouble::Closed(code, reason)
            }
            (Error::Io(_) | Error::Protocol(_), None) => Trouble::Closed(1006, String::new()),
            (other, _) => Trouble::Other(other.to_string()),
        }
    }
}

fn failed(error: impl ToString) -> Trouble {
    Trouble::Other(error.to_string())
}

impl Connection for OnTungstenite {
    fn send(&mut self, message: Message) -> Done {
        let message = match message {
            Message::Text(text) => Theirs::text(text),
            Message::Binary(data) => Theirs::binary(data),
        };
        self.socket.send(message).map_err(failed)
    }

    fn receive(&mut self) -> Done<Message> {
        loop {
            match self.read() {
                Ok(Theirs::Text(text)) => return Ok(Message::Text(text.to_string())),
                Ok(Theirs::Binary(data)) => return Ok(Message::Binary(data.to_vec())),
                Ok(_) => {}
                Err(error) => return Err(self.end(error)),
            }
        }
    }

    fn close(&mut self, code: Option<u16>, reason: &str) -> Done {
        let frame = code.map(|code| CloseFrame { code: code.into(), reason: reason.into() });
        self.socket.close(frame).map_err(failed)?;
        match self.receive() {
            Err(Trouble::Closed(1006, _)) => Err(Trouble::Other("no Close frame came".into())),
            Err(Trouble::Closed(..)) => Ok(()),
            other => Err(Trouble::Other(format!("{other:?}"))),
        }
    }

    fn send_fragments(&mut self, fragments: &[&str]) -> Done {
        for (place, fragment) in fragments.iter().enumerate() {
            let kind = if place == 0 { Data::Text } else { Data::Continue };
            let is_last = place + 1 == fragments.len();
            let frame = Frame::message(fragment.to_string(), OpCode::Data(kind), is_last);
            self.socket.send(Theirs::Frame(frame)).map_err(failed)?;
            if !is_last {
                self.socket.send(Theirs::Ping("in between".into())).map_err(failed)?;
            }
        }
        Ok(())
    }

    fn ping(&mut self) -> Done {
        self.socket.send(Theirs::Ping("are you there?".into())).map_err(failed)?;
        while !matches!(self.read().map_err(failed)?, Theirs::Pong(_)) {}
        Ok(())
    }

    fn drop_connection(&mut self) -> Done {
        self.tcp.shutdown(Shutdown::Both).map_err(failed)
    }

    fn send_after_silence(&mut self, text: &str) -> Done<Message> {
        let end = Instant::now() + Duration::from_secs(3);
        self.tcp.set_read_timeout(Some(Duration::from_millis(100))).map_err(failed)?;
        while Instant::now() < end {
            // The Ping of the peer, or the end of the time.
            let _ = self.socket.read();
            self.socket.flush().map_err(failed)?;
        }
        self.tcp.set_read_timeout(None).map_err(failed)?;
        self.send(Message::Text(text.into()))?;
        self.receive()
    }

    fn subprotocol(&self) -> Option<String> {
        self.subprotocol.clone()
    }
}

fn open(url: &str, offered: &[&str]) -> Done<OnTungstenite> {
    let mut request = url.into_client_request().map_err(failed)?;
    if !offered.is_empty() {
        let names = HeaderValue::from_str(&offered.join(", ")).map_err(failed)?;
        request.headers_mut().insert(PROTOCOL, names);
    }
    let address = format!("127.0.0.1:{}", request.uri().port_u16().unwrap_or(80));
    let tcp = TcpStream::connect(address).map_err(failed)?;
    tcp.set_nodelay(true).map_err(failed)?;
    let stream = Stream::client(tcp.try_clone().map_err(failed)?).map_err(failed)?;
    let (socket, response) = tungstenite::client(request, stream).map_err(refusal)?;
    let subprotocol = response.headers().get(PROTOCOL).and_then(|name| name.to_str().ok());
    Ok(OnTungstenite { socket, tcp, subprotocol: subprotocol.map(Into::into), close: None })
}

fn refusal<R: tungstenite::handshake::HandshakeRole>(error: HandshakeError<R>) -> Trouble {
    match error {
        HandshakeError::Failure(Error::Http(response)) => {
            let body = response.body().as_deref().unwrap_or_default();
            Trouble::Refused(response.status().as_u16(), String::from_utf8_lossy(body).into())
        }
        other => Trouble::Other(other.to_string()),
    }
}

fn decide(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    if request.uri().path() == "/refusal" {
        let mut refusal = ErrorResponse::new(Some(REFUSAL.into()));
        *refusal.status_mut() = StatusCode::UNAUTHORIZED;
        return Err(refusal);
    }
    let offered = request.headers().get(PROTOCOL).and_then(|names| names.to_str().ok());
    if offered.is_some_and(|names| names.split(',').any(|name| name.trim() == "chat")) {
        response.headers_mut().insert(PROTOCOL, HeaderValue::from_static("chat"));
    }
    Ok(response)
}

fn converse(tcp: TcpStream) -> Done {
    tcp.set_nodelay(true).map_err(failed)?;
    let stream = Stream::server(tcp.try_clone().map_err(failed)?).map_err(failed)?;
    let socket = accept_hdr(stream, decide).map_err(failed)?;
    matrix::serve(&mut OnTungstenite { socket, tcp, subprotocol: None, close: None })
}

fn listen() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let scheme = if env::var("INTEROP_KEY").is_ok() { "wss" } else { "ws" };
    println!("listening on {scheme}://{}", listener.local_addr()?);
    for tcp in listener.incoming() {
        let tcp = tcp?;
        thread::spawn(|| converse(tcp).map_err(|trouble| eprintln!("{trouble:?}")));
    }
    Ok(())
}

fn main() -> std::io::Result<()> {
    match env::args().nth(1).as_deref() {
        Some("server") => listen()?,
        _ => matrix::client(open),
    }
    Ok(())
}
