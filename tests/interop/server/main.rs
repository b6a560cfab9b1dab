//! Our side for the clients here: a server that does what an echo server has no occasion to.
//!
//! ```text
//! server std|tokio|smol [--deflate] [CERT KEY]
//!                 prints 'listening on ws://…' or 'listening on wss://…'
//!
//!   /fragments    sends a message in fragments with pings between, and says when the pong came
//!   /subprotocol  says which one was chosen     /refuse    answers with 401 and a body
//!   /leave        says bye and closes           /redirect  answers with 302, to /leave
//!   /drop         says bye and drops the connection
//! ```

mod blocking;
mod smol;
mod tokio;

use std::env::args;
use std::net::SocketAddr;

use websocket_proto::handshake::{Acceptance, AnswerError, Rejection, Request};
use websocket_proto::io::tls::ServerTls;
use websocket_proto::{Config, Deflate};

type Tls = Option<ServerTls>;

const LISTEN: &str = "127.0.0.1:0";

fn main() -> std::io::Result<()> {
    let mut arguments: Vec<_> = args().skip(1).collect();
    let mut config = Config::default();
    if arguments.iter().any(|argument| argument == "--deflate") {
        arguments.retain(|argument| argument != "--deflate");
        config.deflate = Some(Deflate::default());
    }
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let (io, tls) = match arguments[..] {
        [io] => (io, None),
        [io, chain, key] => (io, Some(ServerTls::from_pem_files(chain, key)?)),
        _ => panic!("usage: server std|tokio|smol [--deflate] [CERT KEY]"),
    };
    match io {
        "std" => blocking::serve(config, tls),
        "tokio" => tokio::serve(config, tls),
        "smol" => smol::serve(config, tls),
        _ => panic!("{io} is not one of std, tokio, smol"),
    }
}

fn announce(tls: &Tls, address: SocketAddr) {
    println!("listening on {}://{address}", if tls.is_some() { "wss" } else { "ws" });
}

/// What a client asked for.
#[derive(Debug, Default)]
struct Visit {
    path: String,
    /// Which subprotocol it got, of which ones.
    subprotocol: String,
}

impl Visit {
    fn decide(&mut self, request: &Request<'_>) -> Result<Acceptance, Rejection> {
        self.path = request.path().into();
        match request.path() {
            "/refuse" => Err(Rejection::unauthorized("Ticket")?.text("not without a ticket\n")),
            "/redirect" => Err(Rejection::new(302)?.header("Location", "/leave")?),
            _ => Ok(self.choose(request)?),
        }
    }

    fn choose(&mut self, request: &Request<'_>) -> Result<Acceptance, AnswerError> {
        let offered: Vec<_> = request.subprotocols().collect();
        if !offered.contains(&"superchat") {
            return Ok(Acceptance::new());
        }
        self.subprotocol = format!("superchat of {}", offered.join(", "));
        Acceptance::new().subprotocol("superchat")
    }
}

/// Serves an open connection to its end, `$wait` being `.await` or nothing.
macro_rules! serve_visit {
    ($socket:ident . $next:ident, $visit:ident, [$($wait:tt)*]) => {{
        use websocket_proto::{CloseCode, Event, MessageKind};

        let writer = $socket.writer();
        match $visit.path.as_str() {
            "/fragments" => {
                writer.start_message(MessageKind::Text)?;
                writer.send_fragment("κόσ".as_bytes())$($wait)*?;
                writer.send_ping(b"in between")$($wait)*?;
                // Half of a character.
                writer.send_fragment(&"με".as_bytes()[..3])$($wait)*?;
                writer.send_ping(b"are you there?")$($wait)*?;
                writer.send_fragment(&"με".as_bytes()[3..])$($wait)*?;
                writer.send_fragment(&[b'x'; 70_000])$($wait)*?;
                writer.send_last_fragment(b"")$($wait)*?;
            }
            "/subprotocol" => writer.send_text(&$visit.subprotocol)$($wait)*?,
            "/leave" => {
                writer.send_text("bye")$($wait)*?;
                writer.start_close(CloseCode::GOING_AWAY, "restart")?;
            }
            "/drop" => {
                writer.send_text("bye")$($wait)*?;
                writer.flush()$($wait)*?;
                return Ok(());
            }
            _ => {}
        }
        loop {
            match $socket.$next()$($wait)*? {
                Some((Event::Pong { payload: b"are you there?", .. }, reply)) => {
                    reply.send_text("ponged")$($wait)*?;
                }
                Some(_) => {}
                None => return Ok(()),
            }
        }
    }};
}
use serve_visit;
