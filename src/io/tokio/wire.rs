//! A stream, with the clock and the timer of tokio.

use std::future::{Future, poll_fn};
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use ::tokio::task::{unconstrained, yield_now};
use ::tokio::time::{Sleep, sleep, sleep_until};

use super::super::clock::{origin, time_at};
use super::super::task;
use crate::Time;

/// A stream with tokio's clock and timer.
#[derive(Debug)]
pub struct Wire<S> {
    pub(super) stream: S,
    /// The timer, made with the first deadline. It is often set to an earlier time than that of the
    /// current deadline, and never to a later one.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl<S> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, sleep: None }
    }

    /// Makes the timer now, so that its memory comes before what the handshake needs only for a
    /// while. If it came after that, each connection would leave a hole in the memory of the
    /// process. Panics outside of a runtime.
    pub(in crate::io) fn with_timer(stream: S) -> Self {
        Self { stream, sleep: Some(Box::pin(sleep(Duration::MAX))) }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> task::Wire for Wire<S> {
    type Stream = S;

    fn stream(&self) -> &S {
        &self.stream
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, space: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut space = ReadBuf::new(space);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut space))?;
        Poll::Ready(Ok(space.filled().len()))
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let stream = Pin::new(&mut self.stream);
        match pieces {
            // This costs the system less than a list of one piece.
            [piece] => stream.poll_write(cx, piece),
            pieces => stream.poll_write_vectored(cx, pieces),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn now(&self) -> Time {
        // The clock of the runtime, which tests can pause; the timer follows it.
        let now = ::tokio::time::Instant::now().into_std();
        time_at(now)
    }

    fn give_way(cx: &mut Context<'_>) {
        // This makes the runtime look at its sockets and timers first, which it would not do for a
        // task that has woken itself.
        let _ = pin!(yield_now()).poll(cx);
    }

    fn poll_last(poll: impl FnOnce(&mut Context<'_>)) {
        let mut poll = Some(poll);
        let last = poll_fn(|cx| {
            if let Some(poll) = poll.take() {
                poll(cx);
            }
            Poll::Ready(())
        });
        let _ = pin!(unconstrained(last)).poll(&mut Context::from_waker(Waker::noop()));
    }

    fn poll_until(&mut self, cx: &mut Context<'_>, at: Option<Time>) -> Poll<()> {
        let Some(at) = at else { return Poll::Pending };
        let Some(at) = origin().checked_add(at.since_origin()) else { return Poll::Pending };
        let at = ::tokio::time::Instant::from_std(at);
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if sleep.deadline() > at {
            sleep.as_mut().reset(at);
        }
        loop {
            ready!(sleep.as_mut().poll(cx));
            if sleep.deadline() >= at {
                return Poll::Ready(());
            }
            // Deadlines move with every read that brings something; the timer follows when it
            // fires.
            sleep.as_mut().reset(at);
        }
    }
}
