//! A client of a market-data feed that stays connected, on tokio: when the connection is lost it
//! connects again, subscribes again, and says which prices it has missed.
//!
//! ```sh
//! cargo run --features tokio --example feed -- ws://127.0.0.1:9001 EUR/USD GBP/USD
//! ```
//!
//! It sends `subscribe SYMBOL` for each symbol, and expects `NUMBER SYMBOL PRICE` for each price;
//! the prices of a symbol are numbered. Ctrl-C closes the connection and ends the program.

use std::collections::HashMap;
use std::process::ExitCode;

use websocket_proto::backoff::Backoff;
use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::{Error, Update, tokio::Reconnecting};
use websocket_proto::{CloseCode, Config, Event};

const USAGE: &str = "usage: feed URL SYMBOL…    for example: feed ws://127.0.0.1:9001 EUR/USD";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, _, ..] = &arguments[..] else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    let symbols = &arguments[1..];
    let stop = async { drop(tokio::signal::ctrl_c().await) };
    match follow(url, symbols, Backoff::default(), stop, |line| println!("{line}")).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("feed: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Follows the feed until `stop` is done, or until another attempt to connect is not worth while.
pub(crate) async fn follow(
    url: &str,
    symbols: &[String],
    backoff: Backoff,
    stop: impl Future<Output = ()>,
    mut print: impl FnMut(&str),
) -> Result<(), Error> {
    let mut client = Reconnecting::new(ClientRequest::new(url)?, Config::default(), backoff);
    let mut numbers = HashMap::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let update = tokio::select! {
            update = client.receive() => update,
            () = &mut stop => {
                client.close_with(CloseCode::NORMAL, "").await?;
                return Ok(());
            }
        };
        match update {
            Some(Update::Connected(_, sender)) => {
                print("connected");
                for symbol in symbols {
                    // If the connection is lost already, `Update::Lost` says so next.
                    let _ = sender.send_text(&format!("subscribe {symbol}")).await;
                }
            }
            Some(Update::Event(Event::Text(line), _)) => match note_price(&mut numbers, line) {
                Some(0) => print(line),
                Some(missed) => print(&format!("{line} (missed {missed} before)")),
                None => print(&format!("not understood: {line:?}")),
            },
            Some(Update::Event(..)) => {}
            Some(Update::Lost(ending)) => print(&format!("lost the connection: {ending}")),
            Some(Update::Failed(error)) => print(&format!("cannot connect: {error}")),
            Some(Update::Waiting(delay)) => print(&format!("next attempt in {delay:.1?}")),
            Some(Update::GaveUp(reason)) => print(&format!("giving up: {reason}")),
            None => return Ok(()),
        }
    }
}

/// Notes the number of a price. Returns how many prices of the symbol were missed before it.
fn note_price(numbers: &mut HashMap<String, u64>, line: &str) -> Option<u64> {
    let (number, rest) = line.split_once(' ')?;
    let (symbol, _price) = rest.split_once(' ')?;
    let number: u64 = number.parse().ok()?;
    let last = numbers.insert(symbol.to_owned(), number);
    Some(last.map_or(0, |last| number.saturating_sub(last).saturating_sub(1)))
}
