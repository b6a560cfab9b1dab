//! The client that Autobahn|Testsuite's fuzzing server tests: see `autobahn/run client`.

mod blocking;
#[cfg(feature = "smol")]
mod smol;
#[cfg(feature = "tokio")]
mod tokio;

use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::{Long, Short, ValueExt};
use websocket_proto::Config;
use websocket_proto::io::Error;

const HELP: &str = "\
Usage: autobahn_client [OPTIONS]

Runs every case of a fuzzing server, echoing what it sends, and has it write its report.

Options:
      --url URL            the fuzzing server [default: ws://127.0.0.1:9001]
      --agent NAME         the name in the report [default: websocket-proto]
      --io std|tokio|smol  which adapter to use [default: std]
      --deflate            offer to compress messages
  -h, --help               print this";

struct Options {
    url: String,
    agent: String,
    io: Io,
    config: Config,
}

fn main() -> ExitCode {
    match options().and_then(|options| options.map_or(Ok(()), |options| run(&options))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("autobahn_client: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), lexopt::Error> {
    let Options { url, agent, io, config } = options;
    let ran = match io {
        Io::Std => blocking::run(url, agent, *config),
        #[cfg(feature = "tokio")]
        Io::Tokio => tokio::run(url, agent, *config),
        #[cfg(feature = "smol")]
        Io::Smol => smol::run(url, agent, *config),
    };
    ran.map_err(|error| format!("{url}: {error}").into())
}

/// The URL at which the fuzzing server reports how many cases there are.
fn count_url(url: &str) -> String {
    format!("{url}/getCaseCount")
}

fn case_url(url: &str, agent: &str, case: u32) -> String {
    format!("{url}/runCase?case={case}&agent={agent}")
}

/// The URL that makes the fuzzing server write its report.
fn report_url(url: &str, agent: &str) -> String {
    format!("{url}/updateReports?agent={agent}")
}

fn config() -> Config {
    let mut config = Config::default();
    // Otherwise a case that expects the client to end the stream first takes longer by seconds.
    config.close_timeout = Duration::from_secs(2);
    config
}

/// Reports the progress. A case may end with an error: the fuzzing server decides what is right.
fn note(case: u32, count: u32, result: Result<(), Error>) {
    if let Err(Error::Io(error)) = result {
        eprintln!("case {case}: {error}");
    }
    if case.is_multiple_of(50) || case == count {
        println!("{case} of {count} cases");
    }
}

/// `None` if help was asked for.
fn options() -> Result<Option<Options>, lexopt::Error> {
    let (url, agent) = ("ws://127.0.0.1:9001".into(), "websocket-proto".into());
    let mut options = Options { url, agent, io: Io::Std, config: config() };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("url") => options.url = parser.value()?.string()?,
            Long("agent") => options.agent = parser.value()?.string()?,
            Long("io") => options.io = parser.value()?.parse_with(parse_io)?,
            Long("deflate") => set_deflate(&mut options.config)?,
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
}

fn parse_io(name: &str) -> Result<Io, String> {
    match name {
        "std" => Ok(Io::Std),
        #[cfg(feature = "tokio")]
        "tokio" => Ok(Io::Tokio),
        #[cfg(feature = "smol")]
        "smol" => Ok(Io::Smol),
        #[cfg(not(feature = "tokio"))]
        "tokio" => Err("build with --features tokio (or --all-features)".into()),
        #[cfg(not(feature = "smol"))]
        "smol" => Err("build with --features smol (or --all-features)".into()),
        _ => Err("not one of std, tokio, smol".into()),
    }
}
