use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

use super::result::EchoResult;

thread_local! {
    /// The buffer that all connections read into.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; 256 << 10]);
}

/// Echoes bytes. A connection has no memory of its own while there is nothing to read.
pub(super) async fn echo(mut stream: TcpStream) -> EchoResult {
    loop {
        let rest = poll_fn(|cx| poll_echo(&mut stream, cx)).await?;
        stream.write_all(&rest).await?;
    }
}

/// Reads once and writes once, and returns what was not written.
fn poll_echo(stream: &mut TcpStream, cx: &mut Context<'_>) -> Poll<io::Result<Vec<u8>>> {
    BUFFER.with_borrow_mut(|buffer| {
        let mut buffer = ReadBuf::new(buffer);
        ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer))?;
        let bytes = buffer.filled();
        if bytes.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        let written = stream.try_write(bytes).unwrap_or(0);
        Poll::Ready(Ok(bytes[written..].to_vec()))
    })
}
