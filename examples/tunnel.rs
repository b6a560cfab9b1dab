//! A tunnel: TCP connections pass through WebSockets, where only those come through.
//!
//! One tunnel stands at each end. The first takes plain connections and carries each in a WebSocket;
//! the second takes WebSockets and carries each in a plain connection. Either end may be a program
//! that speaks WebSocket itself: a browser with noVNC, an MQTT broker or client.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::{Long, Short, Value, ValueExt};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use websocket_proto::handshake::{Acceptance, ClientRequest, OriginPolicy, Rejection};
use websocket_proto::io::tokio::{accept_with, connect_with};
use websocket_proto::{Config, Delivery};

const HELP: &str = "\
Usage: tunnel [OPTIONS] TARGET

Carries every connection to TARGET. If that is ws://… or wss://…, plain TCP connections are taken
and carried in WebSockets. If it is tcp://HOST:PORT, WebSockets are taken and carried in plain TCP
connections; those from pages of other sites are refused.

Options:
      --listen ADDRESS    where to listen [default: 127.0.0.1:9001]
      --subprotocol NAME  the subprotocol to ask for, or to agree to: mqtt, for example
  -h, --help              print this

SSH through a web server's port:
  server$ tunnel --listen 0.0.0.0:80 tcp://127.0.0.1:22
  client$ tunnel --listen 127.0.0.1:2222 ws://server.example/
  client$ ssh -p 2222 127.0.0.1";

/// How long the program behind the other end may pause, and read nothing.
const PATIENCE: Duration = Duration::from_secs(3600);

pub(crate) struct Options {
    pub(crate) listen: String,
    subprotocol: Option<String>,
    target: Target,
}

#[derive(Clone)]
enum Target {
    WebSocket(Box<ClientRequest>),
    Tcp(String),
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match parse(lexopt::Parser::from_env()) {
        Ok(Some(options)) => match TcpListener::bind(&options.listen).await {
            Ok(listener) => serve(listener, options).await,
            Err(error) => Err(format!("{}: {error}", options.listen).into()),
        },
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tunnel: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Takes connections for ever.
pub(crate) async fn serve(listener: TcpListener, options: Options) -> Result<(), lexopt::Error> {
    loop {
        match listener.accept().await {
            Ok((near, peer)) => {
                let (target, subprotocol) = (options.target.clone(), options.subprotocol.clone());
                tokio::spawn(async move {
                    match carry(near, target, subprotocol).await {
                        Ok((there, back)) => eprintln!("{peer}: {there} bytes there, {back} back"),
                        Err(error) => eprintln!("{peer}: {error}"),
                    }
                });
            }
            // For example, too many files are open.
            Err(error) => {
                eprintln!("tunnel: cannot accept: {error}");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Carries one connection, and returns how many bytes went there and how many came back.
async fn carry(
    near: TcpStream,
    target: Target,
    subprotocol: Option<String>,
) -> io::Result<(u64, u64)> {
    near.set_nodelay(true)?;
    match target {
        Target::WebSocket(request) => to_web_socket(near, &request).await,
        Target::Tcp(address) => to_tcp(near, &address, subprotocol.as_deref()).await,
    }
}

async fn to_web_socket(mut near: TcpStream, request: &ClientRequest) -> io::Result<(u64, u64)> {
    let mut far = connect_with(request, config()).await?.into_byte_stream();
    copy_bidirectional(&mut near, &mut far).await
}

async fn to_tcp(
    near: TcpStream,
    address: &str,
    subprotocol: Option<&str>,
) -> io::Result<(u64, u64)> {
    let mut far = None;
    let socket = accept_with(near, config(), async |request| {
        // Any page that somebody here looks at could otherwise reach the target.
        if !request.is_origin_allowed(&OriginPolicy::SameHost) {
            return Err(refusal(403, "pages of other sites are not let through"));
        }
        match TcpStream::connect(address).await {
            Ok(stream) => far = Some(stream),
            Err(error) => return Err(refusal(502, &format!("{address}: {error}"))),
        }
        let supported: Vec<&str> = subprotocol.into_iter().collect();
        Ok(Acceptance::new().choose_subprotocol(*request, &supported))
    });
    let mut near = socket.await?.into_byte_stream();
    let mut far = far.ok_or(io::ErrorKind::NotConnected)?;
    far.set_nodelay(true)?;
    copy_bidirectional(&mut near, &mut far).await
}

fn refusal(status: u16, reason: &str) -> Rejection {
    match Rejection::new(status) {
        Ok(rejection) => rejection.text(reason),
        Err(error) => unreachable!("{status}: {error}"),
    }
}

fn config() -> Config {
    let mut config = Config::default();
    // Where the messages begin and end means nothing here, so none has to be put together.
    config.delivery = Delivery::Streaming;
    (config.limits.message, config.limits.frame) = (u64::MAX, u64::MAX);
    // A program that reads nothing for a while holds up the other end, which must not take this for
    // a connection that is dead.
    config.write_timeout = Some(PATIENCE);
    if let Some(keepalive) = &mut config.keepalive {
        keepalive.timeout = PATIENCE;
    }
    config
}

/// `None` if help was asked for.
pub(crate) fn parse(mut parser: lexopt::Parser) -> Result<Option<Options>, lexopt::Error> {
    let (mut listen, mut subprotocol) = ("127.0.0.1:9001".to_owned(), None);
    let mut target = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Value(value) if target.is_none() => target = Some(value.string()?),
            Long("listen") => listen = parser.value()?.string()?,
            Long("subprotocol") => subprotocol = Some(parser.value()?.string()?),
            Long("help") | Short('h') => {
                println!("{HELP}");
                return Ok(None);
            }
            other => return Err(other.unexpected()),
        }
    }
    let target = target.ok_or("no target: see --help")?;
    let target = parse_target(&target, subprotocol.as_deref())
        .map_err(|error| format!("{target}: {error}"))?;
    Ok(Some(Options { listen, subprotocol, target }))
}

fn parse_target(target: &str, subprotocol: Option<&str>) -> Result<Target, lexopt::Error> {
    if let Some(address) = target.strip_prefix("tcp://") {
        return Ok(Target::Tcp(address.into()));
    }
    let mut request = ClientRequest::new(target).map_err(|error| error.to_string())?;
    if let Some(name) = subprotocol {
        request = request.subprotocol(name).map_err(|error| error.to_string())?;
    }
    Ok(Target::WebSocket(Box::new(request)))
}
