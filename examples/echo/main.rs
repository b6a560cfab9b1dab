//! An echo server: text comes back as text, binary as binary. There is a file for each adapter,
//! which begins with the echo itself; the rest is about the command line and TLS.

mod blocking;
#[cfg(feature = "hyper")]
mod hyper;
#[cfg(feature = "smol")]
mod smol;
mod tls;
#[cfg(feature = "tokio")]
mod tokio;

use std::process::ExitCode;

use lexopt::prelude::{Long, Short, ValueExt};
use websocket_proto::Config;

const HELP: &str = "\
Usage: echo [OPTIONS]

Sends every message back to the client that it came from.

Options:
      --listen ADDRESS     where to listen [default: 127.0.0.1:9001]
      --io std|tokio|smol|hyper
                           which adapter to use [default: std]
      --tls CERT KEY       speak TLS (wss://) with these PEM files
      --deflate            compress messages for clients that want it
      --no-keepalive       send no pings
      --max-message BYTES  the longest message to take [default: 67108864]
  -h, --help               print this";

struct Options {
    listen: String,
    io: Io,
    config: Config,
    tls: tls::Tls,
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
    let Options { listen, io, config, tls } = options;
    let served = match io {
        Io::Std => blocking::serve(listen, *config, tls),
        #[cfg(feature = "tokio")]
        Io::Tokio => tokio::serve(listen, *config, tls),
        #[cfg(feature = "smol")]
        Io::Smol => smol::serve(listen, *config, tls),
        #[cfg(feature = "hyper")]
        Io::Hyper => hyper::serve(listen, *config, tls),
    };
    served.map_err(|error| format!("{listen}: {error}").into())
}

/// `None` if help was asked for.
fn options() -> Result<Option<Options>, lexopt::Error> {
    let listen = "127.0.0.1:9001".into();
    let mut options = Options { listen, io: Io::Std, config: Config::default(), tls: None };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("listen") => options.listen = parser.value()?.string()?,
            Long("io") => options.io = parser.value()?.parse_with(parse_io)?,
            Long("max-message") => {
                let length = parser.value()?.parse()?;
                options.config.limits.message = length;
                options.config.limits.frame = length;
            }
            Long("no-keepalive") => options.config.keepalive = None,
            Long("deflate") => set_deflate(&mut options.config)?,
            Long("tls") => {
                let chain = parser.value()?.string()?;
                options.tls = tls::load(&chain, &parser.value()?.string()?)?;
            }
            Long("help") | Short('h') => {
                println!("{HELP}");
                return Ok(None);
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(options))
}

#[cfg(feature = "deflate")]
fn set_deflate(config: &mut Config) -> Result<(), String> {
    config.deflate = Some(websocket_proto::Deflate::default());
    Ok(())
}

#[cfg(not(feature = "deflate"))]
fn set_deflate(_: &mut Config) -> Result<(), String> {
    Err("--deflate: build with --features deflate (or --all-features)".into())
}

enum Io {
    Std,
    #[cfg(feature = "tokio")]
    Tokio,
    #[cfg(feature = "smol")]
    Smol,
    #[cfg(feature = "hyper")]
    Hyper,
}

fn parse_io(name: &str) -> Result<Io, String> {
    match name {
        "std" => Ok(Io::Std),
        #[cfg(feature = "tokio")]
        "tokio" => Ok(Io::Tokio),
        #[cfg(feature = "smol")]
        "smol" => Ok(Io::Smol),
        #[cfg(feature = "hyper")]
        "hyper" => Ok(Io::Hyper),
        #[cfg(not(feature = "tokio"))]
        "tokio" => Err("build with --features tokio (or --all-features)".into()),
        #[cfg(not(feature = "smol"))]
        "smol" => Err("build with --features smol (or --all-features)".into()),
        #[cfg(not(feature = "hyper"))]
        "hyper" => Err("build with --features hyper (or --all-features)".into()),
        _ => Err("not one of std, tokio, smol, hyper".into()),
    }
}
