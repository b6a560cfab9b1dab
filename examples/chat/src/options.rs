//! The command line.

use std::net::SocketAddr;

use lexopt::prelude::{Long, Short, ValueExt};
use websocket_proto::handshake::{AnswerError, OriginPolicy};

pub(crate) const HELP: &str = "\
A chat with rooms: open http://127.0.0.1:8080 in two windows, and talk.

Usage: chat [OPTIONS]

Options:
      --listen ADDRESS     where to listen; port 0 takes a free one [default: 127.0.0.1:8080]
      --metrics ADDRESS    where to serve /metrics, which is served nowhere else; port 0 takes a
                           free one
      --redis URL          share rooms with other instances through Redis, as
                           redis://127.0.0.1:6379; without it, rooms are in memory
      --origin ORIGIN      let the pages of this origin connect, as https://chat.example.com; may be
                           given several times [default: those of the host that is connected to]
      --connections N      how many connections there may be, WebSockets and others
                           [default: 10000]
      --memory MIB         how much memory the messages of all rooms may take, 64 or more
                           [default: 256]
      --log FORMAT         text or json, to standard error [default: text]
  -h, --help               print this

SIGTERM and SIGINT close all connections with 1012 and end the server within five seconds.";

#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) listen: SocketAddr,
    /// The address of `/metrics`; `None` if it is not served.
    pub(crate) metrics: Option<SocketAddr>,
    /// A URL.
    pub(crate) redis: Option<String>,
    /// The origins whose pages may connect. If there are none, those of the host that the client
    /// connected to may.
    pub(crate) origins: Vec<String>,
    /// How many connections there may be.
    pub(crate) connections: usize,
    /// How many bytes the messages of all rooms may take.
    pub(crate) memory: usize,
    pub(crate) log: LogFormat,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

impl Options {
    /// Reads the command line. `None` if it asks for help.
    pub(crate) fn parse() -> Result<Option<Self>, lexopt::Error> {
        let mut options = Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            metrics: None,
            redis: None,
            origins: Vec::new(),
            connections: 10_000,
            memory: 256 << 20,
            log: LogFormat::Text,
        };
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("listen") => options.listen = parser.value()?.parse()?,
                Long("metrics") => options.metrics = Some(parser.value()?.parse()?),
                Long("redis") => options.redis = Some(parser.value()?.string()?),
                Long("origin") => options.origins.push(parser.value()?.parse_with(parse_origin)?),
                Long("connections") => options.connections = parser.value()?.parse()?,
                Long("memory") => options.memory = parser.value()?.parse_with(parse_memory)?,
                Long("log") => options.log = parser.value()?.parse_with(parse_format)?,
                Long("help") | Short('h') => return Ok(None),
                other => return Err(other.unexpected()),
            }
        }
        Ok(Some(options))
    }
}

/// Converts MiB to bytes. The minimum is one picture for each room; with less, some would be
/// dropped before everybody in the room has received them.
fn parse_memory(number: &str) -> Result<usize, String> {
    match number.parse::<usize>() {
        Ok(number @ 64..=1_048_576) => Ok(number << 20),
        _ => Err("not a number of MiB from 64 to 1048576".into()),
    }
}

/// An origin that no page has would keep everybody out.
fn parse_origin(origin: &str) -> Result<String, AnswerError> {
    OriginPolicy::list(&[origin]).map(|_| origin.into())
}

fn parse_format(name: &str) -> Result<LogFormat, String> {
    match name {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("not one of text, json".into()),
    }
}
