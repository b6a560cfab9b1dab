//! WebSockets over HTTP/2, in memory: our client with a server of h2's, and our streams at both ends.

mod capacity;
mod cuts;
mod drops;
mod echo;
mod endings;
mod frames;
mod handshake;
mod link;
mod node;
mod plain;
mod refusals;
mod server;
mod settings;
mod streams;

use std::future::Future;
use std::time::Duration;

use websocket_proto::Config;
use websocket_proto::handshake::ClientRequest;

/// After this time a test is regarded as hanging. It is much longer than any test takes.
const GUARD: Duration = Duration::from_secs(60);

async fn guarded<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(GUARD, future).await.expect("a test that hangs")
}

fn request() -> ClientRequest {
    ClientRequest::new("wss://example.com/chat?room=7").unwrap()
}

/// A configuration without pings, whose closing exchange may take this long.
fn closing_within(close_timeout: Duration) -> Config {
    let mut config = Config::default();
    (config.keepalive, config.close_timeout) = (None, close_timeout);
    config
}

/// One in which no deadline passes before the test is regarded as hanging.
fn patient() -> Config {
    let mut config = closing_within(2 * GUARD);
    config.handshake_timeout = 2 * GUARD;
    config
}
