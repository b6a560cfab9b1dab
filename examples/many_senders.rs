//! Many tasks send on one WebSocket while another receives: `Stream`, `Sink` and `select!`, on
//! tokio.
//!
//! ```sh
//! cargo run --features tokio,futures --example many_senders -- ws://127.0.0.1:9001
//! ```
//!
//! Each sensor is a task that sends its readings. What the server answers is printed. When the last
//! reading is sent, or at Ctrl-C, the connection is closed. With the example `echo` as the server,
//! the readings come back.

use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::task::JoinSet;
use websocket_proto::io::Error;
use websocket_proto::io::tokio::{Sender, connect};
use websocket_proto::{CloseCode, Message};

const USAGE: &str =
    "usage: many_senders URL [SENSORS [READINGS]]    [default: 3 sensors, 10 readings]";

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().filter(|url| url.starts_with("ws"));
    let numbers: Result<Vec<u32>, _> = arguments.map(|argument| argument.parse()).collect();
    let (Some(url), Ok(numbers)) = (url, numbers) else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    let sensors = numbers.first().copied().unwrap_or(3);
    let readings = numbers.get(1).copied().unwrap_or(10);
    let stop = async { drop(tokio::signal::ctrl_c().await) };
    match run(&url, sensors, readings, stop, |line| println!("{line}")).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("many_senders: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Sends the readings of all sensors, and prints the answers until the connection has ended.
pub(crate) async fn run(
    url: &str,
    sensors: u32,
    readings: u32,
    stop: impl Future<Output = ()>,
    mut print: impl FnMut(&str),
) -> Result<(), Error> {
    let (sender, mut receiver) = connect(url).await?.split();
    let mut tasks = JoinSet::new();
    for sensor in 1..=sensors {
        tasks.spawn(measure(sensor, readings, sender.clone()));
    }
    // When `stop` is done first, dropping `tasks` ends those that have more to send.
    let mut done = pin!(async {
        tokio::select! {
            _ = tasks.join_all() => {}
            () = stop => {}
        }
    });
    let mut closing = false;
    loop {
        tokio::select! {
            message = receiver.next() => match message {
                Some(message) => if let Message::Text(text) = message? {
                    print(&text);
                },
                // A stream ends in the same way when it was closed and when it was cut off.
                None => {
                    if let Some(ending) = receiver.ending() {
                        print(&format!("the connection has ended: {ending}"));
                    }
                    return Ok(());
                }
            },
            () = &mut done, if !closing => {
                closing = true;
                // Answers that are on their way still arrive. If the connection has ended already,
                // this fails, and the stream ends next.
                let _ = sender.start_close(CloseCode::NORMAL, "");
            }
        }
    }
}

/// One sensor. It ends early when its readings cannot be sent any more.
async fn measure(sensor: u32, readings: u32, mut sender: Sender) -> Result<(), Error> {
    for reading in 1..=readings {
        // `send` returns when the message is written; `feed` would only queue it.
        sender.send(Message::text(format!("sensor {sensor} reading {reading}"))).await?;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}
