//! Promises of the asynchronous adapters, under load and when something fails. Each test is named
//! after what holds, and was once broken.

mod calls;
mod combinators;
mod compat;
mod crowds;
mod deciding;
mod every_type;
mod fairness;
mod fate;
mod over;
mod split;
mod stream;
mod thread_ends;
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

/// A configuration without deadlines, whose timers would wake the tasks that wait.
fn without_deadlines() -> Config {
    let mut config = Config::default();
    (config.keepalive, config.write_timeout) = (None, None);
    config
}

fn server(stream: &Stream, config: Config) -> WebSocket<Stream> {
    WebSocket::established(stream.clone(), Role::Server, None, config, b"")
}

/// The output of a future, which fails if it hangs.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("it hangs")
}

/// A waker that counts how often it is woken.
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

/// A future that the test polls.
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

    /// The output of the future, which must be ready at once.
    #[track_caller]
    fn now(mut self) -> F::Output {
        match self.poll() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("it waits"),
        }
    }
}
