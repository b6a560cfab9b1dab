//! A stream that costs next to nothing.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Reads what it was given to serve, as much at a time as is asked for, and keeps what is written.
/// Clones are the same stream. Where nothing is left to read, a reader would wait for ever.
#[derive(Clone, Default)]
pub struct MemoryStream(Rc<RefCell<Memory>>);

#[derive(Default)]
struct Memory {
    input: Bytes,
    output: Vec<u8>,
    written: usize,
    largest_read: Option<usize>,
    discards: bool,
}

impl MemoryStream {
    /// From now on a read gives at most so many bytes.
    pub fn limit_reads(&self, len: usize) {
        self.0.borrow_mut().largest_read = Some(len);
    }

    /// Whether what is written is dropped from now on, and only counted.
    pub fn discard_output(&self, discards: bool) {
        self.0.borrow_mut().discards = discards;
    }

    /// How many bytes were written, ever.
    pub fn written(&self) -> usize {
        self.0.borrow().written
    }

    /// What is read next.
    pub fn serve(&self, input: Bytes) {
        self.0.borrow_mut().input = input;
    }

    /// How many bytes were read: 0 if there are none.
    #[inline]
    pub fn read(&self, buffer: &mut [u8]) -> usize {
        let mut memory = self.0.borrow_mut();
        let len = memory.readable(buffer.len());
        memory.input.copy_to_slice(&mut buffer[..len]);
        len
    }

    /// Takes all of it.
    #[inline]
    pub fn write(&self, bytes: &[u8]) {
        let mut memory = self.0.borrow_mut();
        memory.written += bytes.len();
        if !memory.discards {
            memory.output.extend_from_slice(bytes);
        }
    }

    /// Looks at what was written, and forgets it.
    pub fn take_output<R>(&self, look: impl FnOnce(&[u8]) -> R) -> R {
        let output = &mut self.0.borrow_mut().output;
        let result = look(output);
        output.clear();
        result
    }
}

impl Memory {
    fn readable(&self, room: usize) -> usize {
        let len = room.min(self.input.len());
        self.largest_read.map_or(len, |largest| largest.min(len))
    }
}

impl AsyncRead for MemoryStream {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut memory = self.0.borrow_mut();
        let len = memory.readable(buffer.remaining());
        if len == 0 {
            return Poll::Pending;
        }
        buffer.put_slice(&memory.input[..len]);
        memory.input.advance(len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for MemoryStream {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        pieces.iter().for_each(|piece| self.write(piece));
        Poll::Ready(Ok(pieces.iter().map(|piece| piece.len()).sum()))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
