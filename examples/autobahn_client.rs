//! The client that Autobahn|Testsuite's fuzzing server tests: see `autobahn/run client`.

use std::process::ExitCode;

use lexopt::prelude::{Long, Short, ValueExt};
use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::{Error, blocking};
use websocket_proto::{Config, Event};

const HELP: &str = "\
Usage: autobahn_client [OPTIONS]

Runs every case of a fuzzing server, echoing what it sends, and has it write its report.

Options:
      --url URL     the fuzzing server [default: ws://127.0.0.1:9001]
      --agent NAME  the name in the report [default: websocket-proto]
      --io std      which adapter to use [default: std]
  -h, --help        print this";

struct Options {
    url: String,
    agent: String,
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(Some(options)) => options,
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("autobahn_client: {error}");
            return ExitCode::FAILURE;
        }
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("autobahn_client: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Error> {
    let Options { url, agent } = options;
    let count = case_count(&format!("{url}/getCaseCount"))?;
    for case in 1..=count {
        // A case ends in whatever way it has to; the fuzzing server is the judge.
        if let Err(Error::Io(error)) = echo(&format!("{url}/runCase?case={case}&agent={agent}")) {
            eprintln!("case {case}: {error}");
        }
        if case % 50 == 0 || case == count {
            println!("{case} of {count} cases");
        }
    }
    echo(&format!("{url}/updateReports?agent={agent}"))
}

fn case_count(url: &str) -> Result<u32, Error> {
    let mut socket = blocking::connect(url)?;
    let mut count = 0;
    while let Some((event, _)) = socket.receive()? {
        if let Event::Text(text) = event {
            count = text.parse().unwrap_or(0);
        }
    }
    Ok(count)
}

fn echo(url: &str) -> Result<(), Error> {
    let mut config = Config::default();
    // A case that expects the client to leave first waits for seconds otherwise.
    config.close_timeout = std::time::Duration::from_secs(2);
    let mut socket = blocking::connect_with(&ClientRequest::new(url)?, config)?;
    loop {
        match socket.receive() {
            Ok(Some((Event::Text(text), reply))) => reply.send_text(text)?,
            Ok(Some((Event::Binary(data), reply))) => reply.send_binary(data)?,
            Ok(Some(_)) | Err(Error::Protocol(_)) => {}
            Ok(None) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// `None` if help was asked for.
fn options() -> Result<Option<Options>, lexopt::Error> {
    let mut options =
        Options { url: "ws://127.0.0.1:9001".into(), agent: "websocket-proto".into() };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("url") => options.url = parser.value()?.string()?,
            Long("agent") => options.agent = parser.value()?.string()?,
            Long("io") => match parser.value()?.string()?.as_str() {
                "std" => {}
                other => return Err(format!("--io {other}: there is no such adapter yet").into()),
            },
            Long("help") | Short('h') => {
                println!("{HELP}");
                return Ok(None);
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(options))
}
