//! What the asynchronous adapters promise under load and when something fails, each test named after
//! what was once found to be otherwise.

mod fairness;
mod fate;
mod split;
mod stream;
mod vocabulary;
mod waiting;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use websocket_proto::io::tokio::WebSocket;
use websocket_proto::{Config, Role};

use stream::Stream;

/// Without deadlines, whose timers would wake those who wait.
fn without_deadlines() -> Config {
    let mut config = Config::default();
    (config.keepalive, config.write_timeout) = (None, None);
    config
}

fn server(stream: &Stream, config: Config) -> WebSocket<Stream> {
    WebSocket::established(stream.clone(), Role::Server, None, config, b"")
}

/// Nothing here takes long; what hangs is a failure.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("it hangs")
}

/// Counts its wake-ups.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Woken {
    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// A future that is polled by hand.
struct Polled<F> {
    future: Pin<Box<F>>,
    woken: Arc<Woken>,
}

impl<F: Future> Polled<F> {
    fn new(future: F) -> Self {
        Self { future: Box::pin(future), woken: Arc::default() }
    }

    fn poll(&mut self) -> Poll<F::Output> {
        let waker = Waker::from(self.woken.clone());
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    /// What it comes to at once.
    #[track_caller]
    fn now(mut self) -> F::Output {
        match self.poll() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("it waits"),
        }
    }
}
