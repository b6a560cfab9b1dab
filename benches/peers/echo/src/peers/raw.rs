use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

use super::result::EchoResult;
use crate::work::Work;

thread_local! {
    /// The buffer that all connections read into.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; 256 << 10]);
}

/// Sends bytes back, or receives them. A connection has no memory of its own while there is nothing
/// to read.
pub(super) async fn serve(mut stream: TcpStream, work: Work) -> EchoResult {
    match work {
        Work::Echo => loop {
            let rest = poll_fn(|cx| poll_echo(&mut stream, cx)).await?;
            stream.write_all(&rest).await?;
        },
        Work::Receive { len } => receive(stream, len).await,
    }
}

/// Reads once and writes once, and returns what was not written.
fn poll_echo(stream: &mut TcpStream, cx: &mut Context<'_>) -> Poll<io::Result<Vec<u8>>> {
    BUFFER.with_borrow_mut(|buffer| {
        let bytes = ready!(poll_read(stream, cx, buffer))?;
        let written = stream.try_write(bytes).unwrap_or(0);
        Poll::Ready(Ok(bytes[written..].to_vec()))
    })
}

/// Answers all `len` bytes with one.
async fn receive(mut stream: TcpStream, len: usize) -> EchoResult {
    let mut read = 0;
    loop {
        read += poll_fn(|cx| poll_len(&mut stream, cx)).await?;
        let answers = vec![0; read / len];
        read %= len;
        stream.write_all(&answers).await?;
    }
}

/// Reads once, and returns how much was read.
fn poll_len(stream: &mut TcpStream, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
    BUFFER.with_borrow_mut(|buffer| poll_read(stream, cx, buffer).map_ok(|bytes| bytes.len()))
}

fn poll_read<'b>(
    stream: &mut TcpStream,
    cx: &mut Context<'_>,
    buffer: &'b mut [u8],
) -> Poll<io::Result<&'b [u8]>> {
    let mut read = ReadBuf::new(buffer);
    ready!(Pin::new(stream).poll_read(cx, &mut read))?;
    match read.filled().len() {
        0 => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
        len => Poll::Ready(Ok(&buffer[..len])),
    }
}
