//! The command line.

use std::time::Duration;

use lexopt::prelude::{Long, Short, Value, ValueExt};

const HELP: &str = "\
Usage: cargo test --release -p chat --test load -- [OPTIONS]

Starts a server, lets clients talk, checks what each receives, and ends the server.

Options:
      --clients N   how many clients connect [default: 200]
      --rooms N     how many rooms they are in [default: 20]
      --messages N  how many messages each sends [default: 10]
      --seconds N   in which time [default: 2]
  -h, --help        print this";

pub(crate) struct Options {
    pub(crate) clients: usize,
    pub(crate) rooms: usize,
    pub(crate) messages: usize,
    pub(crate) time: Duration,
}

impl Options {
    /// Reads the command line. `None` if it asks for help, which this prints.
    pub(crate) fn parse() -> Result<Option<Self>, lexopt::Error> {
        let mut options =
            Self { clients: 200, rooms: 20, messages: 10, time: Duration::from_secs(2) };
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("clients") => options.clients = parser.value()?.parse()?,
                Long("rooms") => options.rooms = parser.value()?.parse()?,
                Long("messages") => options.messages = parser.value()?.parse()?,
                Long("seconds") => options.time = Duration::from_secs(parser.value()?.parse()?),
                Long("help") | Short('h') => {
                    println!("{HELP}");
                    return Ok(None);
                }
                // A filter, which `cargo test` passes to all test programs.
                Value(_) => {}
                other => return Err(other.unexpected()),
            }
        }
        match options.rooms {
            0 => Err("--rooms takes at least 1".into()),
            _ => Ok(Some(options)),
        }
    }
}
