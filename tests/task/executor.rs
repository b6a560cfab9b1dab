//! Futures polled by the test, which can drop them at any await.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use websocket_proto::Event;
use websocket_proto::io::task::{WebSocket, Wire, Writer};

use super::{failure, word};

/// Polls futures until they are ready, and drops them at the awaits that it was made for.
pub(crate) struct ManualExecutor {
    /// Whether a future is dropped now, by the number of its own awaits and of those of all
    /// futures.
    drops: Box<dyn Fn(usize, usize) -> bool>,
    awaits: usize,
    wakes: Arc<Wakes>,
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl ManualExecutor {
    fn new(drops: impl Fn(usize, usize) -> bool + 'static) -> Self {
        Self { drops: Box::new(drops), awaits: 0, wakes: Arc::default() }
    }

    /// An executor that drops no future.
    pub(crate) fn never_dropping() -> Self {
        Self::new(|_, _| false)
    }

    /// An executor that drops every future at its own await with this number, counted from 1.
    pub(crate) fn dropping_each_after(awaits: usize) -> Self {
        Self::new(move |of_future, _| of_future >= awaits)
    }

    /// An executor that drops one future: at the await with this number, counted over all futures.
    pub(crate) fn dropping_at(at: usize) -> Self {
        Self::new(move |_, of_all| of_all == at)
    }

    /// How often a future had to wait so far.
    pub(crate) fn awaits(&self) -> usize {
        self.awaits
    }

    /// Polls the future to its end; `None` if it was dropped before.
    #[track_caller]
    pub(crate) fn drive<F: Future>(&mut self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        let waker = Waker::from(self.wakes.clone());
        let mut cx = Context::from_waker(&waker);
        for of_future in 1.. {
            let before = self.wakes.0.load(Ordering::Relaxed);
            if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                return Some(output);
            }
            assert!(self.wakes.0.load(Ordering::Relaxed) > before, "nobody wakes this task");
            self.awaits += 1;
            assert!(self.awaits < 100_000, "no end");
            if (self.drops)(of_future, self.awaits) {
                return None;
            }
        }
        None
    }

    /// Makes a call, and makes it again whenever its future was dropped, until one is ready.
    pub(crate) fn retry_until_done<T>(&mut self, mut call: impl AsyncFnMut() -> T) -> T {
        loop {
            if let Some(output) = self.drive(call()) {
                return output;
            }
        }
    }

    /// Receives until the end and echoes texts; returns the events and errors in words.
    pub(crate) fn echo<W: Wire>(&mut self, socket: &mut WebSocket<W>) -> Vec<String> {
        let mut words = Vec::new();
        loop {
            match self.drive(socket.receive()) {
                None => {}
                Some(Ok(None)) => return words,
                Some(Ok(Some((event, writer)))) => {
                    if let Event::Text(text) = &event {
                        self.echo_text(writer, text);
                    }
                    words.push(word(&event));
                }
                Some(Err(error)) => words.push(failure(&error)),
            }
            assert!(words.len() < 1000, "{words:?}");
        }
    }

    fn echo_text<W: Wire>(&mut self, writer: &mut Writer<W>, text: &str) {
        self.retry_until_done(async || writer.feed_text(text).await).expect("the echo is queued");
    }
}
