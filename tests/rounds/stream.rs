//! A stream in memory whose peer reads little at a time, and which may fail.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::yield_now;

use super::random::Random;

/// A stream in memory. Clones are handles on the same stream.
#[derive(Clone, Debug)]
pub(crate) struct Stream(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// The bytes that the peer has received.
    written: Vec<u8>,
    /// The bytes that wait for a flush, and the most of them, if the stream buffers. Otherwise
    /// accepted bytes are written at once.
    held: Option<(Vec<u8>, usize)>,
    /// How many more bytes the peer reads.
    takes: usize,
    /// How many writes succeed before all fail.
    writes: usize,
    failed: bool,
    input: Vec<u8>,
    /// The result of reading after the input.
    end: Option<Result<(), ErrorKind>>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// A masked ping and a masked Close frame with 1000, with the key 0.
const PING: &[u8] = b"\x89\x81\0\0\0\0?";
const CLOSE: &[u8] = b"\x88\x82\0\0\0\0\x03\xe8";

impl Stream {
    pub(crate) fn new(random: &mut Random) -> Self {
        let holds = random.once_in(3);
        Self(Arc::new(Mutex::new(State {
            written: Vec::new(),
            held: holds.then(|| (Vec::new(), random.one_of(&[100, 1000, 10_000]))),
            takes: random.one_of(&[0, 100, 1000]),
            writes: if random.once_in(6) { random.below(12) } else { usize::MAX },
            failed: false,
            input: Vec::new(),
            end: None,
            reader: None,
            writer: None,
        })))
    }

    /// Acts as the peer: reads more bit by bit, and sends or ends now and then. A waiting task is
    /// woken once for each change, and finally the peer reads everything, so a lost wake-up stays
    /// lost.
    pub(crate) async fn act_as_peer(self, mut random: Random) {
        for _ in 0..random.below(40) {
            self.take_more(random.one_of(&[1, 50, 500, 3000]));
            match random.below(200) {
                0 => self.end(Err(ErrorKind::ConnectionReset)),
                1 => self.end(Ok(())),
                2 | 3 => self.give(CLOSE),
                4..30 => self.give(PING),
                _ => {}
            }
            for _ in 0..random.below(4) {
                yield_now().await;
            }
        }
        self.take_more(usize::MAX);
    }

    /// Ends the input.
    pub(crate) fn end(&self, end: Result<(), ErrorKind>) {
        let mut state = self.lock();
        state.end.get_or_insert(end);
        let reader = state.reader.take();
        drop(state);
        reader.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn holds(&self) -> bool {
        self.lock().held.is_some()
    }

    /// Whether a write failed, or the stream ended.
    pub(crate) fn has_failed(&self) -> bool {
        let state = self.lock();
        state.failed || state.end.is_some()
    }

    pub(crate) fn written(&self) -> Vec<u8> {
        self.lock().written.clone()
    }

    pub(crate) fn ping(&self) {
        self.give(PING);
    }

    pub(crate) fn close(&self) {
        self.give(CLOSE);
    }

    /// Sends a binary message, and returns its payload.
    pub(crate) fn give_bytes(&self, random: &mut Random) -> Vec<u8> {
        let payload = vec![random.below(256) as u8; random.below(126)];
        let header = [0x82, 0x80 | payload.len() as u8, 0, 0, 0, 0];
        self.give(&[&header[..], &payload].concat());
        payload
    }

    pub(crate) fn take_more(&self, more: usize) {
        let mut state = self.lock();
        state.takes = state.takes.saturating_add(more);
        let writer = state.writer.take();
        drop(state);
        writer.into_iter().for_each(Waker::wake);
    }

    fn give(&self, input: &[u8]) {
        let mut state = self.lock();
        state.input.extend_from_slice(input);
        let reader = state.reader.take();
        drop(state);
        reader.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl State {
    fn poll_write(&mut self, bytes: &[u8], cx: &Context<'_>) -> Poll<io::Result<usize>> {
        self.fail()?;
        self.push_on();
        let room = match &self.held {
            Some((held, most)) => most - held.len(),
            None => self.takes,
        };
        let len = bytes.len().min(room);
        if len == 0 && !bytes.is_empty() {
            return self.wait(cx);
        }
        match &mut self.held {
            Some((held, _)) => held.extend_from_slice(&bytes[..len]),
            None => {
                self.takes -= len;
                self.written.extend_from_slice(&bytes[..len]);
            }
        }
        // Sockets of smol do the same.
        self.writer = None;
        Poll::Ready(Ok(len))
    }

    fn poll_flush(&mut self, cx: &Context<'_>) -> Poll<io::Result<()>> {
        if self.held.is_some() {
            self.fail()?;
        }
        self.push_on();
        if self.held.as_ref().is_some_and(|(held, _)| !held.is_empty()) {
            return self.wait(cx);
        }
        self.writer = None;
        Poll::Ready(Ok(()))
    }

    fn fail(&mut self) -> io::Result<()> {
        match self.writes.checked_sub(1) {
            Some(left) => self.writes = left,
            None => {
                self.failed = true;
                return Err(ErrorKind::BrokenPipe.into());
            }
        }
        Ok(())
    }

    /// Moves buffered bytes to the peer, as far as it reads them.
    fn push_on(&mut self) {
        let Some((held, _)) = &mut self.held else { return };
        let len = held.len().min(self.takes);
        self.takes -= len;
        self.written.extend(held.drain(..len));
    }

    fn wait<T>(&mut self, cx: &Context<'_>) -> Poll<T> {
        self.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    fn poll_read(&mut self, cx: &Context<'_>, space: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.input.is_empty() {
            let len = self.input.len().min(space.remaining());
            space.put_slice(&self.input[..len]);
            self.input.drain(..len);
            return Poll::Ready(Ok(()));
        }
        match self.end {
            Some(end) => Poll::Ready(end.map_err(io::Error::from)),
            None => {
                self.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.lock().poll_read(cx, space)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.lock().poll_write(bytes, cx)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.lock().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_flush(cx))?;
        Poll::Ready(Ok(()))
    }
}
