//! A stream in memory, which costs next to nothing.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream that gives its input, as much at a time as a reader asks for, and keeps its output.
/// Clones are handles of the same stream. When the input ends, asynchronous reads stay pending.
#[derive(Clone, Default)]
pub struct MemoryStream(Rc<RefCell<Memory>>);

#[derive(Default)]
struct Memory {
    input: Bytes,
    output: Vec<u8>,
    bytes_written: usize,
    read_limit: Option<usize>,
    discards_output: bool,
}

impl MemoryStream {
    /// Lets every later read give at most `len` bytes.
    pub fn limit_reads(&self, len: usize) {
        self.0.borrow_mut().read_limit = Some(len);
    }

    /// Counts what is written from now on, and drops it.
    pub fn discard_output(&self) {
        self.0.borrow_mut().discards_output = true;
    }

    /// How many bytes have been written since the stream was made.
    pub fn bytes_written(&self) -> usize {
        self.0.borrow().bytes_written
    }

    /// Sets what is read next, in the place of what is left.
    pub fn set_input(&self, input: Bytes) {
        self.0.borrow_mut().input = input;
    }

    /// Reads into the buffer, and returns how many bytes it read: 0 if no input is left.
    #[inline]
    pub fn read(&self, buffer: &mut [u8]) -> usize {
        let mut memory = self.0.borrow_mut();
        let len = memory.readable(buffer.len());
        memory.input.copy_to_slice(&mut buffer[..len]);
        len
    }

    /// Writes all the bytes.
    #[inline]
    pub fn write(&self, bytes: &[u8]) {
        let mut memory = self.0.borrow_mut();
        memory.bytes_written += bytes.len();
        if !memory.discards_output {
            memory.output.extend_from_slice(bytes);
        }
    }

    /// Shows `look` what was written since the last call, and forgets it.
    pub fn take_output<R>(&self, look: impl FnOnce(&[u8]) -> R) -> R {
        let output = &mut self.0.borrow_mut().output;
        let result = look(output);
        output.clear();
        result
    }
}

impl Memory {
    /// How many bytes a read into `room` bytes gives.
    fn readable(&self, room: usize) -> usize {
        let len = room.min(self.input.len());
        self.read_limit.map_or(len, |limit| limit.min(len))
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
