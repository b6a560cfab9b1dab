//! An echo server: text comes back as text, binary as binary. One thread a connection.

use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;

use lexopt::prelude::{Long, Short, ValueExt};
use websocket_proto::handshake::Acceptance;
use websocket_proto::io::{Error, blocking};
use websocket_proto::{Config, Event};

const HELP: &str = "\
Usage: echo [OPTIONS]

Sends every message back to the client that it came from.

Options:
      --listen ADDRESS     where to listen [default: 127.0.0.1:9001]
      --io std             which adapter to use [default: std]
      --max-message BYTES  the longest message to take [default: 67108864]
  -h, --help               print this";

struct Options {
    listen: String,
    config: Config,
}

fn main() -> ExitCode {
    match options().and_then(|options| options.map_or(Ok(()), |options| serve(&options))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("echo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(options: &Options) -> Result<(), lexopt::Error> {
    let listener = TcpListener::bind(&options.listen)
        .map_err(|error| format!("cannot listen on {}: {error}", options.listen))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    println!("listening on ws://{address}");
    for stream in listener.incoming() {
        let config = options.config;
        match stream {
            Ok(stream) => {
                thread::spawn(move || echo(stream, config));
            }
            Err(error) => eprintln!("echo: accept: {error}"),
        }
    }
    Ok(())
}

fn echo(stream: TcpStream, config: Config) {
    if let Err(error) = try_echo(stream, config) {
        eprintln!("echo: {error}");
    }
}

fn try_echo(stream: TcpStream, config: Config) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let mut socket = blocking::accept_with(stream, config, |_| Ok(Acceptance::new()))?;
    loop {
        match socket.receive() {
            Ok(Some((Event::Text(text), reply))) => reply.send_text(text)?,
            Ok(Some((Event::Binary(data), reply))) => reply.send_binary(data)?,
            Ok(Some(_)) => {}
            Ok(None) => return Ok(()),
            // The peer is owed a Close frame, which going on delivers.
            Err(Error::Protocol(error)) => eprintln!("echo: {error}"),
            Err(error) => return Err(error),
        }
    }
}

/// `None` if help was asked for.
fn options() -> Result<Option<Options>, lexopt::Error> {
    let mut options = Options { listen: "127.0.0.1:9001".into(), config: Config::default() };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("listen") => options.listen = parser.value()?.string()?,
            Long("io") => check_io(&parser.value()?.string()?)?,
            Long("max-message") => {
                let length = parser.value()?.parse()?;
                options.config.limits.message = length;
                options.config.limits.frame = length;
            }
            Long("deflate") => return Err("--deflate: there is no compression yet".into()),
            Long("tls") => return Err("--tls: there is no TLS yet".into()),
            Long("help") | Short('h') => {
                println!("{HELP}");
                return Ok(None);
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(options))
}

fn check_io(io: &str) -> Result<(), lexopt::Error> {
    match io {
        "std" => Ok(()),
        "tokio" | "smol" => Err(format!("--io {io}: there is no such adapter yet").into()),
        other => Err(format!("--io {other}: not one of std, tokio, smol").into()),
    }
}
