//! Futures driven by hand.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use websocket_proto::Event;
use websocket_proto::io::task::{WebSocket, Wire, Writer};

use super::{failure, word};

/// Polls futures, and drops them where it is told to.
pub(crate) struct Hand {
    /// When a future is dropped: by its polls that came to nothing, and those of all futures.
    drops: Box<dyn Fn(usize, usize) -> bool>,
    polls: usize,
    wakes: Arc<Wakes>,
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Hand {
    fn new(drops: impl Fn(usize, usize) -> bool + 'static) -> Self {
        Self { drops: Box::new(drops), polls: 0, wakes: Arc::default() }
    }

    /// Drops nothing.
    pub(crate) fn patient() -> Self {
        Self::new(|_, _| false)
    }

    /// Drops every future after so many polls.
    pub(crate) fn dropping_after(polls: usize) -> Self {
        Self::new(move |of_future, _| of_future >= polls)
    }

    /// Drops one future, at the await that is the `at`th of all.
    pub(crate) fn dropping_once(at: usize) -> Self {
        Self::new(move |_, of_all| of_all == at)
    }

    /// The awaits so far.
    pub(crate) fn polls(&self) -> usize {
        self.polls
    }

    /// What the future comes to; `None` if it was dropped.
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
            self.polls += 1;
            assert!(self.polls < 100_000, "no end");
            if (self.drops)(of_future, self.polls) {
                return None;
            }
        }
        None
    }

    /// What a future comes to that is made anew whenever it was dropped.
    pub(crate) fn insist<T>(&mut self, mut call: impl AsyncFnMut() -> T) -> T {
        loop {
            if let Some(output) = self.drive(call()) {
                return output;
            }
        }
    }

    /// Receives to the end and echoes; what happened, in words.
    pub(crate) fn echo<W: Wire>(&mut self, socket: &mut WebSocket<W>) -> Vec<String> {
        let mut words = Vec::new();
        loop {
            match self.drive(socket.next()) {
                None => {}
                Some(Ok(None)) => return words,
                Some(Ok(Some((event, writer)))) => {
                    if let Event::Text(text) = &event {
                        self.answer(writer, text);
                    }
                    words.push(word(&event));
                }
                Some(Err(error)) => words.push(failure(&error)),
            }
            assert!(words.len() < 1000, "{words:?}");
        }
    }

    fn answer<W: Wire>(&mut self, writer: &mut Writer<W>, text: &str) {
        self.insist(async || writer.feed_text(text).await).expect("the message is taken");
    }
}
