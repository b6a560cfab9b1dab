//! The two halves of a stream of HTTP/2, as h2 has them.

use std::io::{self, ErrorKind, IoSlice};
use std::mem;
use std::task::{Context, Poll, ready};

use ::h2::{RecvStream, SendStream};
use ::tokio::io::ReadBuf;
use bytes::Bytes;

use super::super::gathering::gather;
use super::errors::{of_error, of_reason};

/// How much capacity one write asks for at most. A window is seldom larger.
const MOST_AT_ONCE: usize = 1 << 20;

/// The two halves of a stream, until both directions have ended.
pub(super) struct Halves {
    send: SendStream<Bytes>,
    receive: RecvStream,
    /// What was received, and not taken yet.
    unread: Bytes,
    /// A write has asked for more capacity than it has used.
    asks_for_capacity: bool,
    /// Whether END_STREAM was sent.
    is_shut_down: bool,
    has_peer_ended: bool,
}

impl Halves {
    pub(super) fn new(send: SendStream<Bytes>, receive: RecvStream) -> Self {
        let unread = Bytes::new();
        let (asks_for_capacity, is_shut_down, has_peer_ended) = (false, false, false);
        Self { send, receive, unread, asks_for_capacity, is_shut_down, has_peer_ended }
    }

    /// The number of the stream.
    pub(super) fn id(&self) -> u32 {
        self.send.stream_id().as_u32()
    }

    /// Whether this side has ended the stream, and the peer not yet.
    pub(super) fn awaits_peer_end(&self) -> bool {
        self.is_shut_down && !self.has_peer_ended
    }

    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_shut_down {
            return Poll::Ready(Ok(()));
        }
        let before = space.filled().len();
        while space.remaining() > 0 {
            let received = self.poll_received(cx);
            if !matches!(received, Poll::Ready(Ok(true))) && space.filled().len() > before {
                break;
            }
            if !ready!(received)? {
                break;
            }
            let len = self.unread.len().min(space.remaining());
            space.put_slice(&self.unread.split_to(len));
            self.release(len);
        }
        Poll::Ready(Ok(()))
    }

    /// Drops what was received next, and says how many bytes that were: 0 at the end of the stream,
    /// and if it fails.
    pub(super) fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        if !matches!(ready!(self.poll_received(cx)), Ok(true)) {
            return Poll::Ready(0);
        }
        let len = mem::take(&mut self.unread).len();
        self.release(len);
        Poll::Ready(len)
    }

    /// Waits until there is something unread; `false` at the end of the stream.
    fn poll_received(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        // An empty DATA frame is not the end.
        while self.unread.is_empty() {
            match ready!(self.receive.poll_data(cx)) {
                Some(received) => self.unread = received.map_err(of_error)?,
                None => {
                    self.has_peer_ended = true;
                    return Poll::Ready(Ok(false));
                }
            }
        }
        Poll::Ready(Ok(true))
    }

    /// Lets the peer send as much again. This fails only for more than was received.
    fn release(&mut self, len: usize) {
        let _ = self.receive.flow_control().release_capacity(len);
    }

    /// Sends as much of the pieces as the peer has room for, in one DATA frame if it fits in one.
    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wanted = pieces.iter().map(|piece| piece.len()).sum::<usize>().min(MOST_AT_ONCE);
        if wanted == 0 {
            return Poll::Ready(Ok(0));
        }
        if self.is_shut_down {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        self.asks_for_capacity = true;
        self.send.reserve_capacity(wanted);
        while self.send.capacity() == 0 {
            ready!(self.poll_more_capacity(cx))?;
        }
        let len = wanted.min(self.send.capacity());
        let gathered = Bytes::from(gather(pieces, len).into_owned());
        self.send.send_data(gathered, false).map_err(|_| self.why_closed(cx))?;
        self.asks_for_capacity = len < wanted;
        Poll::Ready(Ok(len))
    }

    fn poll_more_capacity(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match ready!(self.send.poll_capacity(cx)) {
            Some(capacity) => Poll::Ready(capacity.map(drop).map_err(of_error)),
            None => Poll::Ready(Err(self.why_closed(cx))),
        }
    }

    /// Gives back the capacity that a write has asked for and does not need any more: others share
    /// it.
    pub(super) fn give_back_capacity(&mut self) {
        if mem::take(&mut self.asks_for_capacity) {
            self.send.reserve_capacity(0);
        }
    }

    /// Ends this side of the stream with END_STREAM, once.
    pub(super) fn shut_down(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if !self.is_shut_down {
            self.send.send_data(Bytes::new(), true).map_err(|_| self.why_closed(cx))?;
            self.is_shut_down = true;
        }
        Ok(())
    }

    /// Why nothing can be sent.
    fn why_closed(&mut self, cx: &mut Context<'_>) -> io::Error {
        match self.send.poll_reset(cx) {
            Poll::Ready(Ok(reason)) => of_reason(reason),
            Poll::Ready(Err(error)) => of_error(error),
            Poll::Pending => ErrorKind::BrokenPipe.into(),
        }
    }
}
