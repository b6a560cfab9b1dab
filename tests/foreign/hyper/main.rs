//! `io::hyper` from outside: WebSockets over HTTP/2 and HTTP/1.1, with clients of whom every frame
//! is known, and the programs of somebody who has read one page of the documentation.

mod backpressure;
mod by_hand;
mod closing;
mod connections;
#[path = "../../bounds/counting.rs"]
#[expect(unsafe_code, reason = "an allocator that counts")]
mod counting;
mod cut;
mod faults;
mod faulty_stream;
mod forms;
mod frames;
mod gathering;
mod h2_client;
mod leftovers;
mod lingering;
mod refusals;
mod server;
mod streams;
mod two_ends;

use tokio::io::duplex;
use websocket_proto::Config;
use websocket_proto::io::hyper::WebSocket;

use by_hand::{Client, LARGEST, STREAM};
use server::{Server, http2, serve};

/// A connection with an open WebSocket that runs `program`.
async fn opened<T, P, F>(program: P) -> (Client, Server<T>)
where
    T: Send + 'static,
    P: Fn(WebSocket) -> F + Clone + Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    opened_with(LARGEST, Config::default(), program).await
}

/// The same with a window for what the server sends, and a configuration.
async fn opened_with<T, P, F>(window: u32, config: Config, program: P) -> (Client, Server<T>)
where
    T: Send + 'static,
    P: Fn(WebSocket) -> F + Clone + Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let (ours, theirs) = duplex(1 << 20);
    let server = serve(theirs, &http2(), config, program);
    let mut client = Client::connect(ours, window).await;
    client.open(STREAM).await;
    (client, server)
}
