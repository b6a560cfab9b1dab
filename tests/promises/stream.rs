//! A stream in memory whose peer reads and sends what the test says.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream in memory. Clones are handles on the same stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stream(Arc<Mutex<State>>);

#[derive(Debug, Default)]
pub(crate) struct State {
    /// How many more bytes may be written.
    pub(crate) takes: usize,
    /// The most bytes of one write; 0 is no bound.
    pub(crate) at_once: usize,
    pub(crate) written: Vec<u8>,
    /// Whether each flush after a write has to wait once, as that of a buffer does.
    pub(crate) holds: bool,
    held: bool,
    /// The bytes that are read again and again.
    pub(crate) gives: Vec<u8>,
    pub(crate) fails: Option<ErrorKind>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Stream {
    /// A stream whose peer reads `takes` bytes.
    pub(crate) fn taking(takes: usize) -> Self {
        let stream = Self::default();
        stream.lock().takes = takes;
        stream
    }

    /// A stream whose peer sends the bytes without end, and reads everything.
    pub(crate) fn flooding(gives: Vec<u8>) -> Self {
        let stream = Self::taking(usize::MAX);
        stream.lock().gives = gives;
        stream
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// The peer reads this many more bytes.
    pub(crate) fn take(&self, more: usize) {
        let mut state = self.lock();
        state.takes += more;
        let writer = state.writer.take();
        drop(state);
        writer.into_iter().for_each(Waker::wake);
    }

    /// Lets reads fail from now on.
    pub(crate) fn fail(&self) {
        let mut state = self.lock();
        state.fails = Some(ErrorKind::InvalidData);
        let reader = state.reader.take();
        drop(state);
        reader.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn written(&self) -> usize {
        self.lock().written.len()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.lock();
        if let Some(kind) = state.fails {
            return Poll::Ready(Err(kind.into()));
        }
        if state.gives.is_empty() {
            state.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        // Only whole repetitions, so that frames stay whole.
        for _ in 0..(space.remaining() / state.gives.len()).max(1) {
            let len = space.remaining().min(state.gives.len());
            space.put_slice(&state.gives[..len]);
            state.gives.rotate_left(len);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.lock();
        let at_once = if state.at_once == 0 { usize::MAX } else { state.at_once };
        let len = bytes.len().min(state.takes).min(at_once);
        if len == 0 {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        state.takes -= len;
        state.held = state.holds;
        state.written.extend_from_slice(&bytes[..len]);
        Poll::Ready(Ok(len))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.lock();
        if std::mem::take(&mut state.held) {
            drop(state);
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_flush(cx))?;
        Poll::Ready(Ok(()))
    }
}
