//! A relay between an instance and Redis that can lose answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Relay {
    address: String,
    loses_answers: Arc<AtomicBool>,
}

impl Relay {
    /// Starts a relay to the Redis at this address.
    pub(crate) async fn start(redis: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket").to_string();
        let loses_answers = Arc::new(AtomicBool::new(false));
        let loses = Arc::clone(&loses_answers);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if let Ok(server) = TcpStream::connect(&redis).await {
                    relay(client, server, &loses);
                }
            }
        });
        Self { address, loses_answers }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Sets whether answers are lost. The streams that an instance reads still arrive.
    pub(crate) fn lose_answers(&self, lose: bool) {
        self.loses_answers.store(lose, Relaxed);
    }
}

/// Starts to relay one connection, both ways.
fn relay(client: TcpStream, server: TcpStream, loses_answers: &Arc<AtomicBool>) {
    let reads_streams = Arc::new(AtomicBool::new(false));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let reads = Arc::clone(&reads_streams);
    tokio::spawn(copy(from_client, to_server, move |commands| {
        if commands.windows(5).any(|part| part == b"XREAD") {
            reads.store(true, Relaxed);
        }
        true
    }));
    let loses = Arc::clone(loses_answers);
    tokio::spawn(copy(from_server, to_client, move |_| {
        reads_streams.load(Relaxed) || !loses.load(Relaxed)
    }));
}

/// Copies what `passes` lets pass, until either side ends.
async fn copy(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    passes: impl Fn(&[u8]) -> bool + Send,
) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(len @ 1..) = from.read(&mut buffer).await {
        if passes(&buffer[..len]) && to.write_all(&buffer[..len]).await.is_err() {
            return;
        }
    }
}
