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
}

impl MemoryStream {
    /// What is read next.
    pub fn serve(&self, input: Bytes) {
        self.0.borrow_mut().input = input;
    }

    /// How many bytes were read: 0 if there are none.
    pub fn read(&self, buffer: &mut [u8]) -> usize {
        let input = &mut self.0.borrow_mut().input;
        let len = buffer.len().min(input.len());
        input.copy_to_slice(&mut buffer[..len]);
        len
    }

    /// Takes all of it.
    pub fn write(&self, bytes: &[u8]) {
        self.0.borrow_mut().output.extend_from_slice(bytes);
    }

    /// Looks at what was written, and forgets it.
    pub fn take_output<R>(&self, look: impl FnOnce(&[u8]) -> R) -> R {
        let output = &mut self.0.borrow_mut().output;
        let result = look(output);
        output.clear();
        result
    }
}

impl AsyncRead for MemoryStream {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let input = &mut self.0.borrow_mut().input;
        let len = buffer.remaining().min(input.len());
        if len == 0 {
            return Poll::Pending;
        }
        buffer.put_slice(&input[..len]);
        input.advance(len);
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
