//! A chat: rooms, names, pictures and history, in one process or in several.
//!
//! `socket.rs` is its WebSocket; README.md says how to run it, PROTOCOL.md what it says.

mod chat;
mod guest;
mod hear;
mod metrics;
mod options;
mod pace;
mod pages;
mod protocol;
mod rooms;
mod serve;
mod socket;
mod stream;
mod tell;
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

/// How many may look at the metrics at once, also when there is no place for anybody else.
const OPERATORS: usize = 16;

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
    let asked_to_end = asked_to_end().map_err(|error| format!("no signals: {error}"))?;
    let listener = listen(options.listen).await?;
    let metrics = match options.metrics {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let chat = Arc::new(Chat::new(options).await?);
    print_addresses(&listener, metrics.as_ref()).map_err(|error| error.to_string())?;
    let end = async {
        asked_to_end.await;
        chat.close().await;
    };
    let metrics = async {
        if let Some(listener) = metrics {
            let places = Arc::new(Semaphore::new(OPERATORS));
            serve(listener, metrics_router(Arc::clone(&chat)), &places, &chat).await;
        }
    };
    tokio::join!(serve(listener, router(Arc::clone(&chat)), &chat.places, &chat), metrics, end);
    Ok(())
}

async fn listen(address: SocketAddr) -> Result<TcpListener, String> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("cannot listen on {address}: {error}"))
}

/// For whoever asked for port 0.
fn print_addresses(listener: &TcpListener, metrics: Option<&TcpListener>) -> io::Result<()> {
    let mut out = stdout();
    writeln!(out, "listening on http://{}", listener.local_addr()?)?;
    if let Some(metrics) = metrics {
        writeln!(out, "metrics on http://{}/metrics", metrics.local_addr()?)?;
    }
    out.flush()
}

fn asked_to_end() -> io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => info!("asked to end by SIGTERM"),
            _ = interrupt.recv() => info!("asked to end by SIGINT"),
        }
    })
}

/// As high as it can be had: each connection is an open file.
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
