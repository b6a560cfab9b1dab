//! A chat: rooms, names, pictures and history, in one process or in several.
//!
//! `socket.rs` has the WebSocket. README.md says how to run the chat, PROTOCOL.md describes its
//! protocol.

mod admission;
mod chat;
mod inbound;
mod metrics;
mod options;
mod outbound;
mod pages;
mod protocol;
mod rate_limit;
mod rooms;
mod serve;
mod socket;
mod stream;
mod token;

use std::io::{self, IsTerminal, Write, stderr, stdout};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tracing::{info, warn};

use chat::Chat;
use options::{HELP, LogFormat, Options};
use pages::{metrics_router, router};
use serve::serve;

/// How many connections the address of the metrics takes at once. They do not count towards
/// `--connections`, so operators can look also when the chat is full.
const METRICS_CONNECTIONS: usize = 16;

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Options::parse() {
        Ok(Some(options)) => run(options).await,
        Ok(None) => return print_help(),
        Err(error) => Err(format!("{error} (--help says what there is)")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chat: {error}");
            ExitCode::FAILURE
        }
    }
}

fn print_help() -> ExitCode {
    println!("{HELP}");
    ExitCode::SUCCESS
}

async fn run(options: Options) -> Result<(), String> {
    start_log(options.log);
    raise_file_limit();
    let end_signal = end_signal().map_err(|error| format!("no signals: {error}"))?;
    let listener = listen(options.listen).await?;
    let metrics = match options.metrics {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let chat = Arc::new(Chat::new(options).await?);
    print_addresses(&listener, metrics.as_ref()).map_err(|error| error.to_string())?;
    let end = async {
        end_signal.await;
        chat.close().await;
    };
    let metrics = async {
        if let Some(listener) = metrics {
            let slots = Arc::new(Semaphore::new(METRICS_CONNECTIONS));
            serve(listener, metrics_router(Arc::clone(&chat)), &slots, &chat).await;
        }
    };
    tokio::join!(serve(listener, router(Arc::clone(&chat)), &chat.slots, &chat), metrics, end);
    Ok(())
}

async fn listen(address: SocketAddr) -> Result<TcpListener, String> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("cannot listen on {address}: {error}"))
}

/// Prints the addresses, so that whoever asked for port 0 learns which port it is.
fn print_addresses(listener: &TcpListener, metrics: Option<&TcpListener>) -> io::Result<()> {
    let mut out = stdout();
    writeln!(out, "listening on http://{}", listener.local_addr()?)?;
    if let Some(metrics) = metrics {
        writeln!(out, "metrics on http://{}/metrics", metrics.local_addr()?)?;
    }
    out.flush()
}

/// Completes when the process gets SIGTERM or SIGINT.
fn end_signal() -> io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => info!("asked to end by SIGTERM"),
            _ = interrupt.recv() => info!("asked to end by SIGINT"),
        }
    })
}

/// Raises the limit on open files as far as the system allows: each connection is an open file.
fn raise_file_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        warn!(%error, "cannot raise the limit on open files");
    }
}

fn start_log(format: LogFormat) {
    let log = tracing_subscriber::fmt().with_target(false).with_writer(stderr);
    match format {
        LogFormat::Text => log.with_ansi(stderr().is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}
