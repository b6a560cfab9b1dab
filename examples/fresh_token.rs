//! A client whose token expires, on tokio. Somebody else writes a new token to a file now and then, as
//! orchestrators do for services: the client reads the file anew for each attempt to connect.
//!
//! ```sh
//! cargo run --features tokio --example fresh_token -- ws://127.0.0.1:9001 /run/secrets/token
//! ```
//!
//! It prints the messages that it receives, and ends when another attempt is not worth while.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use websocket_proto::backoff::{Advice, Backoff, Disconnect};
use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::tokio::{Reconnecting, WebSocket, connect_with};
use websocket_proto::io::{Error, Update};
use websocket_proto::{Config, Event};

const USAGE: &str = "usage: fresh_token URL FILE    the file has the token for the server";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, file] = &arguments[..] else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    follow(url, file.into(), Backoff::default(), |line| println!("{line}")).await;
    ExitCode::SUCCESS
}

/// Prints what happens, until another attempt to connect is not worth while.
pub(crate) async fn follow(
    url: &str,
    file: PathBuf,
    mut backoff: Backoff,
    mut print: impl FnMut(&str),
) {
    // Without this, a client gives up after 401: the next attempt would be refused, too.
    backoff.advise = |disconnect| match disconnect {
        Disconnect::Refused(401) => Advice::Retry,
        other => other.default_advice(),
    };
    let url = url.to_owned();
    let dial = move || {
        let (url, file) = (url.clone(), file.clone());
        async move { dial(&url, &file).await }
    };
    let mut client = Reconnecting::with_dial(dial, backoff);
    while let Some(update) = client.receive().await {
        match update {
            Update::Connected(..) => print("connected"),
            Update::Event(Event::Text(text), _) => print(text),
            Update::Event(..) | Update::Waiting(_) => {}
            Update::Lost(ending) => print(&format!("lost the connection: {ending}")),
            Update::Failed(error) => print(&format!("cannot connect: {error}")),
            Update::GaveUp(reason) => print(&format!("giving up: {reason}")),
        }
    }
}

/// Connects with the token that is valid now. If there is none, the attempt has failed, and another
/// one follows.
async fn dial(url: &str, file: &Path) -> Result<WebSocket, Error> {
    // A small file takes no time; ask a server for a token with `.await`.
    let token = std::fs::read_to_string(file)?;
    let request = ClientRequest::new(url)?.bearer(token.trim())?;
    connect_with(&request, Config::default()).await
}
