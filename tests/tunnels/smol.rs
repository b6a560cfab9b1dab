//! On smol: `copy` in each direction, in the server and in the client.

use std::io;

use smol::future::try_zip;
use smol::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, copy, split};
use smol::net::{TcpListener, TcpStream};
use websocket_proto::Config;
use websocket_proto::handshake::{Acceptance, ClientRequest};
use websocket_proto::io::smol::{ByteStream, accept_with, connect_with};

use super::{LONG, Pattern, SHORT, streaming};

#[test]
fn a_hundred_megabytes_pass_each_way() {
    smol::block_on(pass(LONG, streaming()));
}

#[test]
fn whole_messages_pass() {
    smol::block_on(pass(SHORT, Config::default()));
}

async fn pass(len: u64, config: Config) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let request = ClientRequest::new(&format!("ws://{}/", listener.local_addr().unwrap())).unwrap();
    let serving = smol::spawn(serve(listener, config));
    let bytes: ByteStream = connect_with(&request, config).await.unwrap().into_byte_stream();
    let (reader, writer) = split(bytes);
    let writing = smol::spawn(write(writer, len));
    let mut reader = read(reader, len).await;
    let mut writer = writing.await;
    writer.close().await.unwrap();
    assert_eq!(reader.read(&mut [0]).await.unwrap(), 0, "the end of the server's bytes");
    assert_eq!(serving.await.unwrap(), (len, len));
}

/// Copies between one WebSocket and an echo.
async fn serve(listener: TcpListener, config: Config) -> io::Result<(u64, u64)> {
    let (stream, _) = listener.accept().await?;
    let socket = accept_with(stream, config, async |_| Ok(Acceptance::new())).await?;
    let (from_client, to_client) = split(socket.into_byte_stream());
    let echo = echo().await?;
    try_zip(copy_to_end(from_client, echo.clone()), copy_to_end(echo, to_client)).await
}

/// Copies until the end, which it passes on.
async fn copy_to_end(
    reader: impl AsyncReadExt + Unpin,
    mut writer: impl AsyncWriteExt + Unpin,
) -> io::Result<u64> {
    let copied = copy(reader, &mut writer).await?;
    writer.close().await?;
    Ok(copied)
}

async fn echo() -> io::Result<TcpStream> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let near = TcpStream::connect(listener.local_addr()?).await?;
    let (far, _) = listener.accept().await?;
    smol::spawn(copy_to_end(far.clone(), far)).detach();
    Ok(near)
}

async fn write(mut writer: WriteHalf<ByteStream>, len: u64) -> WriteHalf<ByteStream> {
    let mut pattern = Pattern::new();
    while pattern.position < len {
        let left = len - pattern.position;
        writer.write_all(pattern.next(left)).await.unwrap();
    }
    writer
}

async fn read(mut reader: ReadHalf<ByteStream>, len: u64) -> ReadHalf<ByteStream> {
    let (mut pattern, mut space) = (Pattern::new(), vec![0; 64 << 10]);
    while pattern.position < len {
        let read = reader.read(&mut space).await.unwrap();
        assert!(read > 0, "the end, after {}", pattern.position);
        pattern.expect(&space[..read]);
    }
    reader
}
