//! A stream in memory, for both runtimes.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use tokio::io::ReadBuf;

/// A stream that gives the same bytes again and again, and drops what is written. Clones are
/// handles of the same stream.
#[derive(Clone, Debug)]
pub(crate) struct Stream(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// What is read, again and again. If it is empty, reads stay pending.
    input: Vec<u8>,
    /// The index of the next byte to read in the input.
    position: usize,
    ended: bool,
    /// How many more bytes may be written.
    room: usize,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Stream {
    /// Makes a stream that gives `input` again and again, and has room for this number of bytes.
    pub(crate) fn new(input: Vec<u8>, room: usize) -> Self {
        let state = State { input, position: 0, ended: false, room, reader: None, writer: None };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Ends the input.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        state.ended = true;
        let reader = state.reader.take();
        drop(state);
        reader.into_iter().for_each(Waker::wake);
    }

    /// Makes room for more bytes, if a write waits for it.
    pub(crate) fn make_room(&self, more: usize) {
        let mut state = self.lock();
        let Some(writer) = state.writer.take() else { return };
        state.room += more;
        drop(state);
        writer.wake();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nobody panics")
    }
}

impl State {
    fn poll_read(&mut self, cx: &Context<'_>, space: &mut [u8]) -> Poll<usize> {
        if self.ended {
            return Poll::Ready(0);
        }
        if self.input.is_empty() {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let mut filled = 0;
        while filled < space.len() {
            let len = (space.len() - filled).min(self.input.len() - self.position);
            space[filled..filled + len]
                .copy_from_slice(&self.input[self.position..self.position + len]);
            filled += len;
            self.position = (self.position + len) % self.input.len();
        }
        Poll::Ready(filled)
    }

    fn poll_write(&mut self, cx: &Context<'_>, len: usize) -> Poll<io::Result<usize>> {
        let len = len.min(self.room);
        if len == 0 {
            self.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        self.room -= len;
        Poll::Ready(Ok(len))
    }
}

impl tokio::io::AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = self.lock().poll_read(cx, space.initialize_unfilled());
        read.map(|len| space.advance(len)).map(Ok)
    }
}

impl tokio::io::AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.lock().poll_write(cx, bytes.len())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl smol::io::AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.lock().poll_read(cx, space).map(Ok)
    }
}

impl smol::io::AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.lock().poll_write(cx, bytes.len())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
