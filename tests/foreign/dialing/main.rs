//! How clients are dialled, the same for all adapters: which address is tried when, through which
//! proxy, with which options, and after which redirects.
#![cfg(all(feature = "tls", feature = "tokio", feature = "smol"))]

mod addresses;
mod hostile;
mod options;
mod proxies;
mod proxy;
mod reconnecting;
mod redirects;
mod server;
mod silent;

use std::time::{Duration, Instant};

use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::{
    ConnectError, Dial, Error, blocking, smol as for_smol, tokio as for_tokio,
};
use websocket_proto::{CloseCode, Config, Event};

/// After this time a test is regarded as hanging.
const GUARD: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug)]
enum Io {
    Blocking,
    Tokio,
    Smol,
}

const ALL: [Io; 3] = [Io::Blocking, Io::Tokio, Io::Smol];

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// A configuration for peers that say nothing.
fn short() -> Config {
    let mut config = Config::default();
    config.handshake_timeout = Duration::from_millis(400);
    config
}

/// Connects, has the server echo a message that is longer than any buffer, and closes. Returns how
/// long connecting took.
fn exchange(io: Io, request: &ClientRequest, options: &Dial) -> Result<Duration, Error> {
    let (start, message) = (Instant::now(), vec![7; 3_000_001]);
    macro_rules! echo {
        ($socket:ident $(, $wait:tt)?) => {{
            let took = start.elapsed();
            $socket.send_binary(&message)$(.$wait)??;
            let Some((Event::Binary(echo), _)) = $socket.receive()$(.$wait)?? else { panic!() };
            assert!(echo == message);
            assert!($socket.close_with(CloseCode::NORMAL, "")$(.$wait)??.is_clean());
            took
        }};
    }
    Ok(match io {
        Io::Blocking => {
            let mut socket = blocking::dial(request, Config::default(), options)?;
            echo!(socket)
        }
        Io::Tokio => run(async {
            let mut socket = for_tokio::dial(request, Config::default(), options).await?;
            Ok::<_, Error>(echo!(socket, await))
        })?,
        Io::Smol => smol::block_on(async {
            let mut socket = for_smol::dial(request, Config::default(), options).await?;
            Ok::<_, Error>(echo!(socket, await))
        })?,
    })
}

/// Connects in vain.
fn fail(io: Io, request: &ClientRequest, options: &Dial) -> Error {
    fail_with(Config::default(), io, request, options)
}

fn fail_with(config: Config, io: Io, request: &ClientRequest, options: &Dial) -> Error {
    let start = Instant::now();
    let result = match io {
        Io::Blocking => blocking::dial(request, config, options).map(drop),
        Io::Tokio => run(for_tokio::dial(request, config, options)).map(drop),
        Io::Smol => smol::block_on(for_smol::dial(request, config, options)).map(drop),
    };
    assert!(start.elapsed() < GUARD, "{io:?}");
    result.unwrap_err()
}

/// The same, when there is no connection to the server.
#[track_caller]
fn unconnected(io: Io, request: &ClientRequest, options: &Dial) -> Box<ConnectError> {
    unconnected_with(Config::default(), io, request, options)
}

#[track_caller]
fn unconnected_with(
    config: Config,
    io: Io,
    request: &ClientRequest,
    options: &Dial,
) -> Box<ConnectError> {
    match fail_with(config, io, request, options) {
        Error::Connect(error) => error,
        error => panic!("{io:?}: {error:?}"),
    }
}

fn request(url: &str) -> ClientRequest {
    ClientRequest::new(url).unwrap()
}
