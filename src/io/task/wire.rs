//! The stream, the clock and the timer that a runtime provides.

use std::io::{self, ErrorKind, IoSlice};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::Time;

/// A stream of one runtime, with its clock and its timer.
pub trait Wire: Unpin {
    /// The stream, as the application brought it.
    type Stream;

    /// After which time a write that has to wait is tried again, for streams that ask the system
    /// whenever they are polled: a socket may have had room long before it says so. `None` waits
    /// until the stream wakes the task.
    const RETRY_INTERVAL: Option<Duration> = None;

    /// The stream, to look at.
    fn stream(&self) -> &Self::Stream;

    /// Reads into `space`, and returns how many bytes were read. Zero is the end of the stream.
    fn poll_read(&mut self, cx: &mut Context<'_>, space: &mut [u8]) -> Poll<io::Result<usize>>;

    /// Writes the pieces in order, and returns how many bytes of them were written.
    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>>;

    /// Whether a write takes more than the first piece. Otherwise a long message is copied to its
    /// header, which would leave in a write of its own.
    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Writes what the stream itself has buffered.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Shuts down the writing direction.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// The time since [`origin`](crate::io::origin).
    fn now(&self) -> Time;

    /// Waits until the time `at`; forever if it is `None`.
    fn poll_until(&mut self, cx: &mut Context<'_>, at: Option<Time>) -> Poll<()>;

    /// Has the task woken again after the other tasks of its thread, and after the runtime has
    /// looked at its sockets and timers. A task that has worked for long without waiting calls
    /// this.
    fn give_way(cx: &mut Context<'_>) {
        cx.waker().wake_by_ref();
    }

    /// Runs `poll`, which polls the stream for the last time before the stream is dropped. It does
    /// so even if the runtime would have the task give way first.
    fn poll_last(poll: impl FnOnce(&mut Context<'_>)) {
        poll(&mut Context::from_waker(Waker::noop()));
    }
}

/// A place for a wire, which can be taken out.
#[derive(Debug)]
pub(super) struct WireSlot<W>(Option<W>);

impl<W> WireSlot<W> {
    pub(super) const fn new(wire: W) -> Self {
        Self(Some(wire))
    }

    /// Takes the wire out. This happens only once, when a socket is taken apart: that consumes it.
    pub(super) fn take(&mut self) -> W {
        self.0.take().expect("a socket is taken apart once")
    }
}

impl<W: Wire> WireSlot<W> {
    fn with<T>(&mut self, poll: impl FnOnce(&mut W) -> Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match &mut self.0 {
            Some(wire) => poll(wire),
            None => Poll::Ready(Err(ErrorKind::NotConnected.into())),
        }
    }
}

impl<W: Wire> Wire for WireSlot<W> {
    type Stream = W::Stream;

    const RETRY_INTERVAL: Option<Duration> = W::RETRY_INTERVAL;

    fn stream(&self) -> &W::Stream {
        self.0.as_ref().expect("a socket that was taken apart is gone").stream()
    }

    #[inline]
    fn poll_read(&mut self, cx: &mut Context<'_>, space: &mut [u8]) -> Poll<io::Result<usize>> {
        self.with(|wire| wire.poll_read(cx, space))
    }

    #[inline]
    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.with(|wire| wire.poll_write(cx, pieces))
    }

    #[inline]
    fn is_write_vectored(&self) -> bool {
        self.0.as_ref().is_some_and(Wire::is_write_vectored)
    }

    #[inline]
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|wire| wire.poll_flush(cx))
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|wire| wire.poll_shutdown(cx))
    }

    #[inline]
    fn now(&self) -> Time {
        self.0.as_ref().map_or(Time::ZERO, Wire::now)
    }

    #[inline]
    fn poll_until(&mut self, cx: &mut Context<'_>, at: Option<Time>) -> Poll<()> {
        self.0.as_mut().map_or(Poll::Pending, |wire| wire.poll_until(cx, at))
    }

    fn give_way(cx: &mut Context<'_>) {
        W::give_way(cx);
    }

    fn poll_last(poll: impl FnOnce(&mut Context<'_>)) {
        W::poll_last(poll);
    }
}
