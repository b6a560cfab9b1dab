use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

use super::result::EchoResult;
use super::transport::Transport;
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
        Work::Broadcast => Err("a broadcaster is another".into()),
        Work::Receive { len } => receive(stream, len).await,
    }
}

/// Sends bytes back over TLS. A read gives no more than a record, so what can be read at once is gathered
/// before it is written.
pub(super) async fn serve_tls<S: Transport>(mut stream: S) -> EchoResult {
    let mut gathered = Vec::new();
    loop {
        while let Some(len) = read_now(&mut stream, &mut gathered).await? {
            if len == 0 {
                return Ok(());
            }
        }
        if gathered.is_empty() {
            // A connection that waits has no memory.
            gathered = Vec::new();
            if stream.read_buf(&mut gathered).await? == 0 {
                return Ok(());
            }
        } else {
            stream.write_all(&gathered).await?;
            stream.flush().await?;
            gathered.clear();
        }
    }
}

/// What can be read without waiting, if there is something, at most what a client sends at once.
async fn read_now<S: Transport>(
    stream: &mut S,
    gathered: &mut Vec<u8>,
) -> io::Result<Option<usize>> {
    const MOST: usize = 256 << 10;
    if gathered.len() >= MOST {
        return Ok(None);
    }
    poll_fn(|cx| {
        BUFFER.with_borrow_mut(|buffer| {
            let mut read = ReadBuf::new(buffer);
            match Pin::new(&mut *stream).poll_read(cx, &mut read) {
                Poll::Ready(Ok(())) => {
                    gathered.extend_from_slice(read.filled());
                    Poll::Ready(Ok(Some(read.filled().len())))
                }
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                Poll::Pending => Poll::Ready(Ok(None)),
            }
        })
    })
    .await
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
