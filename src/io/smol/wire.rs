//! A stream, with the clock and the timer of smol.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use async_io::Timer;
use futures_io::{AsyncRead, AsyncWrite};

use super::super::clock::{origin, time_at};
use super::super::task;
use crate::Time;

/// A stream with smol's clock and timer.
#[derive(Debug)]
pub struct Wire<S> {
    pub(super) stream: S,
    /// The timer, made with the first deadline. It is often set to an earlier time than that of the
    /// current deadline, and never to a later one. Beside it is the time that it is set to.
    timer: Option<(Time, Timer)>,
}

impl<S> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, timer: None }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> task::Wire for Wire<S> {
    type Stream = S;

    const RETRY_INTERVAL: Option<Duration> = Some(Duration::from_secs(1));

    fn stream(&self) -> &S {
        &self.stream
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, space: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_read(cx, space)
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

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }

    fn now(&self) -> Time {
        time_at(Instant::now())
    }

    fn poll_until(&mut self, cx: &mut Context<'_>, at: Option<Time>) -> Poll<()> {
        let Some(at) = at else { return Poll::Pending };
        let Some(instant) = origin().checked_add(at.since_origin()) else { return Poll::Pending };
        let (set, timer) = self.timer.get_or_insert_with(|| (at, Timer::at(instant)));
        if *set > at {
            timer.set_at(instant);
            *set = at;
        }
        loop {
            ready!(Pin::new(&mut *timer).poll(cx));
            if *set >= at {
                // A timer fires once: the next deadline makes another.
                self.timer = None;
                return Poll::Ready(());
            }
            // Deadlines move with every read that brings something; the timer follows when it
            // fires.
            timer.set_at(instant);
            *set = at;
        }
    }
}
