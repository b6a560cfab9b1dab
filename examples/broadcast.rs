//! One message to a thousand connections, encoded once and never copied.
//!
//! A server accepts connections and sends each of them the same news; the clients, in the same
//! program, read and count. Some clients do not read for a while: what the server does about them
//! is an option, and it prints how often it did that.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use lexopt::prelude::{Long, Short, ValueExt};
use tokio::net::{TcpListener, TcpStream};
use websocket_proto::io::Error;
use websocket_proto::io::tokio::{GracefulShutdown, Sender, accept, connect};
use websocket_proto::{CloseCode, Event, Prepared, SendError};

const HELP: &str = "\
Usage: broadcast [OPTIONS]

Options:
      --connections N  how many clients connect [default: 1000]
      --messages N     how many messages each is sent [default: 120]
      --interval MS    milliseconds from one message to the next [default: 20]
      --bytes N        the length of a message [default: 65536]
      --stalled N      how many of the clients do not read [default: 10]
      --slow POLICY    what to do with a client that has no room: wait for it, skip messages, or
                       disconnect it [default: disconnect]
  -h, --help           print this";

#[derive(Clone, Copy)]
enum Policy {
    Wait,
    Skip,
    Disconnect,
}

struct Options {
    connections: usize,
    messages: usize,
    interval: Duration,
    bytes: usize,
    stalled: usize,
    policy: Policy,
}

/// What happened to the messages.
#[derive(Default)]
struct Tally {
    sent: usize,
    skipped: usize,
    disconnected: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    match options() {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(options)) => match run(&options).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error),
        },
        Err(error) => fail(&error),
    }
}

fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("broadcast: {error}");
    ExitCode::FAILURE
}

async fn run(options: &Options) -> Result<(), Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("ws://{}", listener.local_addr()?);
    let shutdown = GracefulShutdown::new();
    let mut clients = Vec::new();
    let mut receivers = Vec::new();
    for index in 0..options.connections {
        let stalled = index < options.stalled;
        clients.push(tokio::spawn(client(url.clone(), stalled)));
        receivers.push(serve(listener.accept().await?.0, &shutdown).await?);
    }
    println!("{} connections, {} of them stalled", receivers.len(), options.stalled);

    let news = Prepared::binary(&vec![7; options.bytes]);
    let start = Instant::now();
    let mut tally = Tally::default();
    for _ in 0..options.messages {
        broadcast(&mut receivers, &news, options.policy, &mut tally).await;
        tokio::time::sleep(options.interval).await;
    }
    println!("sent {} messages in {:.1?}", tally.sent, start.elapsed());
    println!("skipped {}, disconnected {} slow clients", tally.skipped, tally.disconnected);

    let patience = tokio::time::sleep(Duration::from_secs(10));
    let summary = shutdown.close_all(CloseCode::GOING_AWAY, "that was all", patience).await?;
    println!("{} connections ended cleanly, {} were aborted", summary.clean, summary.aborted);
    let mut received = 0;
    for client in clients {
        received += client.await.unwrap_or(Ok(0)).unwrap_or(0);
    }
    println!("received {received} messages");
    Ok(())
}

/// Sends to everyone. Receivers that have no room are treated as `policy` says, and counted.
async fn broadcast(
    receivers: &mut Vec<Sender<TcpStream>>,
    news: &Prepared,
    policy: Policy,
    tally: &mut Tally,
) {
    let mut connected = Vec::with_capacity(receivers.len());
    for receiver in receivers.drain(..) {
        match receiver.try_send_prepared(news) {
            Ok(()) => tally.sent += 1,
            Err(SendError::Full) => match policy {
                Policy::Wait if receiver.send_prepared(news).await.is_ok() => tally.sent += 1,
                Policy::Skip => tally.skipped += 1,
                Policy::Wait | Policy::Disconnect => {
                    let _ = receiver.start_close(CloseCode::POLICY, "too slow");
                    tally.disconnected += 1;
                    continue;
                }
            },
            Err(_) => continue,
        }
        connected.push(receiver);
    }
    *receivers = connected;
}

/// Accepts a WebSocket, has a task receive from it, and returns its sender.
async fn serve(stream: TcpStream, shutdown: &GracefulShutdown) -> Result<Sender<TcpStream>, Error> {
    stream.set_nodelay(true)?;
    let mut socket = accept(stream).await?;
    shutdown.watch(&mut socket);
    let (sender, mut receiver) = socket.split();
    tokio::spawn(async move { while let Ok(Some(_)) = receiver.receive().await {} });
    Ok(sender)
}

/// Connects and receives until the end. Returns how many messages arrived.
async fn client(url: String, stalled: bool) -> Result<usize, Error> {
    let mut socket = connect(&url).await?;
    if stalled {
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    let mut messages = 0;
    while let Some((event, _)) = socket.receive().await? {
        messages += usize::from(matches!(event, Event::Binary(_)));
    }
    Ok(messages)
}

/// `None` if help was asked for.
fn options() -> Result<Option<Options>, lexopt::Error> {
    let mut options = Options {
        connections: 1000,
        messages: 120,
        interval: Duration::from_millis(20),
        bytes: 1 << 16,
        stalled: 10,
        policy: Policy::Disconnect,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("connections") => options.connections = parser.value()?.parse()?,
            Long("messages") => options.messages = parser.value()?.parse()?,
            Long("interval") => {
                options.interval = Duration::from_millis(parser.value()?.parse()?);
            }
            Long("bytes") => options.bytes = parser.value()?.parse()?,
            Long("stalled") => options.stalled = parser.value()?.parse()?,
            Long("slow") => options.policy = parser.value()?.parse_with(parse_policy)?,
            Long("help") | Short('h') => {
                println!("{HELP}");
                return Ok(None);
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(options))
}

fn parse_policy(name: &str) -> Result<Policy, String> {
    match name {
        "wait" => Ok(Policy::Wait),
        "skip" => Ok(Policy::Skip),
        "disconnect" => Ok(Policy::Disconnect),
        _ => Err("not one of wait, skip, disconnect".into()),
    }
}
