//! A stream in memory that uses the locks of shuttle.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_io::{AsyncRead, AsyncWrite};
use shuttle::sync::{Condvar, Mutex};

/// A stream whose peer reads as much as the test says, and sends what the test says.
#[derive(Debug)]
pub(crate) struct Pipe(Mutex<State>, Condvar);

#[derive(Debug)]
struct State {
    takes: usize,
    /// Whether written bytes are held until a flush, which needs room for one byte.
    holds: bool,
    held: bool,
    written: Vec<u8>,
    writes_fail: bool,
    arrived: Vec<u8>,
    /// What follows the bytes that have arrived: the end, or a failure.
    read: Option<Result<(), ErrorKind>>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Pipe {
    pub(crate) fn new(takes: usize) -> Arc<Self> {
        let (written, writes_fail, read) = (Vec::new(), false, None);
        let state = Mutex::new(State {
            takes,
            holds: false,
            held: false,
            written,
            writes_fail,
            arrived: Vec::new(),
            read,
            reader: None,
            writer: None,
        });
        Arc::new(Self(state, Condvar::new()))
    }

    /// A stream that holds what it accepts until it is flushed.
    pub(crate) fn holding(takes: usize) -> Arc<Self> {
        let pipe = Self::new(takes);
        pipe.0.lock().unwrap().holds = true;
        pipe
    }

    /// The peer reads this many more bytes.
    pub(crate) fn take(&self, more: usize) {
        self.change(|state| {
            state.takes += more;
            None
        });
        // The waiting task is woken a moment later.
        self.change(|state| state.writer.take());
    }

    pub(crate) fn fail_writes(&self) {
        self.change(|state| {
            state.writes_fail = true;
            state.writer.take()
        });
    }

    pub(crate) fn fail_reads(&self) {
        self.change(|state| {
            state.read = Some(Err(ErrorKind::InvalidData));
            state.reader.take()
        });
    }

    /// The peer sends these bytes.
    pub(crate) fn send(&self, bytes: &[u8]) {
        self.change(|state| {
            state.arrived.extend_from_slice(bytes);
            state.reader.take()
        });
    }

    /// The peer ends the stream.
    pub(crate) fn end(&self) {
        self.change(|state| {
            state.read = Some(Ok(()));
            state.reader.take()
        });
    }

    pub(crate) fn written(&self) -> Vec<u8> {
        self.0.lock().unwrap().written.clone()
    }

    /// Waits until this many bytes have been written and none is held.
    pub(crate) fn wait_for(&self, written: usize) {
        let mut state = self.0.lock().unwrap();
        while state.written.len() < written || state.held {
            state = self.1.wait(state).unwrap();
        }
    }

    /// Waits until the last bytes that were written are these.
    pub(crate) fn wait_for_frame(&self, frame: &[u8]) {
        let mut state = self.0.lock().unwrap();
        while !state.written.ends_with(frame) {
            state = self.1.wait(state).unwrap();
        }
    }

    fn change(&self, change: impl FnOnce(&mut State) -> Option<Waker>) {
        let waker = change(&mut self.0.lock().unwrap());
        waker.into_iter().for_each(Waker::wake);
    }
}

/// An end of the pipe for a socket to own, while the model keeps the pipe itself.
#[derive(Clone, Debug)]
pub(crate) struct End(pub(crate) Arc<Pipe>);

impl AsyncRead for End {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.0.0.lock().unwrap();
        if !state.arrived.is_empty() {
            let len = space.len().min(state.arrived.len());
            space[..len].copy_from_slice(&state.arrived[..len]);
            state.arrived.drain(..len);
            return Poll::Ready(Ok(len));
        }
        match state.read {
            Some(Ok(())) => Poll::Ready(Ok(0)),
            Some(Err(kind)) => Poll::Ready(Err(kind.into())),
            None => {
                state.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl AsyncWrite for End {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.0.0.lock().unwrap();
        let len = bytes.len().min(state.takes);
        if state.writes_fail {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        if len == 0 {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        state.takes -= len;
        state.written.extend_from_slice(&bytes[..len]);
        state.held = state.holds;
        // Sockets of smol do the same.
        state.writer = None;
        self.0.1.notify_all();
        Poll::Ready(Ok(len))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.0.0.lock().unwrap();
        if state.held && state.takes == 0 {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if std::mem::take(&mut state.held) {
            state.takes -= 1;
            state.writer = None;
            self.0.1.notify_all();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
