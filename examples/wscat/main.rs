//! Talks to a WebSocket server from a terminal: each line of input is one message, each message
//! received one line of output.
//!
//! It also shows a loop of one's own around the state machine: a thread reads the socket, another
//! one standard input, and the main thread owns the connection and waits for both at once
//! ([`session`]). TLS, if there is any, runs in the main thread too: it reads from a [`socket`]
//! that holds what the first thread has read. With `--reconnect` one session follows the other
//! ([`reconnect`]). With `--verbose` it shows the frames that pass ([`verbose`]).

mod inputs;
mod options;
mod proxy;
mod reconnect;
mod session;
mod socket;
mod trust;
mod verbose;

use std::io::{self, BufRead, BufReader};
use std::process::ExitCode;

use websocket_proto::io::Error;

pub(crate) use session::Terminal;

fn main() -> ExitCode {
    let (messages, notes) = (Box::new(io::stdout()), Box::new(io::stderr()));
    let input = BufReader::new(io::stdin());
    match run(lexopt::Parser::from_env(), input, &mut Terminal { messages, notes }) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) | Err(_) => ExitCode::FAILURE,
    }
}

/// Returns whether the connection was closed cleanly.
pub(crate) fn run(
    arguments: lexopt::Parser,
    input: impl BufRead + Send + 'static,
    terminal: &mut Terminal,
) -> io::Result<bool> {
    let options = match options::parse(arguments) {
        Ok(Some(options)) => options,
        Ok(None) => return Ok(true),
        Err(error) => return fail(&error, terminal),
    };
    match reconnect::run(&options, input, terminal) {
        Ok(ending) if ending.is_clean() => Ok(true),
        Ok(ending) => fail(&ending, terminal),
        Err(Error::Refused(refused)) => {
            terminal.notes.write_all(refused.response().body())?;
            fail(&Error::Refused(refused), terminal)
        }
        Err(error) => fail(&error, terminal),
    }
}

fn fail(error: &dyn std::fmt::Display, terminal: &mut Terminal) -> io::Result<bool> {
    terminal.note(&error.to_string())?;
    Ok(false)
}
