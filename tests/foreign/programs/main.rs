//! The short programs of `examples/`, each with somebody else's implementation at the other end.
#![cfg(all(
    feature = "deflate",
    feature = "futures",
    feature = "hyper",
    feature = "tls",
    feature = "tokio"
))]

mod chat;
mod compression;
mod feed;
mod fresh_token;
mod http_clients;
mod large_message;
mod many_senders;
mod private_ca;
mod tick_loop;

use std::net::TcpStream;
use std::time::Duration;

use tokio::sync::oneshot;

/// After this time a test is regarded as hanging. It is much longer than any test takes.
const GUARD: Duration = Duration::from_secs(20);

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(GUARD, future).await.expect("hangs")
}

/// A connection that fails where it would hang.
fn dial(address: std::net::SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(GUARD)).unwrap();
    stream.set_write_timeout(Some(GUARD)).unwrap();
    stream
}

/// What stands for Ctrl-C: pressed when the first is used or dropped.
fn ctrl_c() -> (oneshot::Sender<()>, impl Future<Output = ()>) {
    let (press, pressed) = oneshot::channel();
    (press, async { drop(pressed.await) })
}
