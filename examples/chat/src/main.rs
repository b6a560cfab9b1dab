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
mod tell;
mod token;

use std::io::{IsTerminal, Write, stderr, stdout};
use std::process::ExitCode;
use std::sync::Arc;

use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};

use chat::Chat;
use options::{HELP, LogFormat, Options};
use serve::serve;

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
    let listener = TcpListener::bind(options.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", options.listen))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let chat = Arc::new(Chat::new(options).await?);
    println!("listening on http://{address}");
    let _ = stdout().flush();
    let end = async {
        asked_to_end.await;
        chat.close().await;
    };
    tokio::join!(serve(listener, &chat), end);
    Ok(())
}

fn asked_to_end() -> std::io::Result<impl Future<Output = ()>> {
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
