//! On tokio: `copy_bidirectional` in the server, two tasks on halves in the client.

use std::io;

use tokio::io::{
    AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, copy, copy_bidirectional, split,
};
use tokio::net::{TcpListener, TcpStream};
use websocket_proto::Config;
use websocket_proto::handshake::{Acceptance, ClientRequest};
use websocket_proto::io::tokio::{ByteStream, accept_with, connect_with};

use super::{LONG, Pattern, SHORT, streaming};

#[tokio::test]
async fn a_hundred_megabytes_pass_each_way() {
    pass(LONG, streaming()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn halves_of_whole_messages_are_used_by_two_threads() {
    pass(SHORT, Config::default()).await;
}

#[cfg(feature = "deflate")]
#[tokio::test]
async fn compressed_messages_pass() {
    let mut config = streaming();
    config.deflate = Some(websocket_proto::Deflate::default());
    pass(SHORT, config).await;
}

async fn pass(len: u64, config: Config) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let request = ClientRequest::new(&format!("ws://{}/", listener.local_addr().unwrap())).unwrap();
    let serving = tokio::spawn(serve(listener, config));
    let bytes: ByteStream = connect_with(&request, config).await.unwrap().into_byte_stream();
    let (reader, writer) = split(bytes);
    let writing = tokio::spawn(write(writer, len));
    let mut reader = read(reader, len).await;
    let mut writer = writing.await.unwrap();
    writer.shutdown().await.unwrap();
    assert_eq!(reader.read(&mut [0]).await.unwrap(), 0, "the end of the server's bytes");
    assert_eq!(serving.await.unwrap().unwrap(), (len, len));
}

/// Copies between one WebSocket and an echo.
async fn serve(listener: TcpListener, config: Config) -> io::Result<(u64, u64)> {
    let (stream, _) = listener.accept().await?;
    let socket = accept_with(stream, config, async |_| Ok(Acceptance::new())).await?;
    let mut echo = echo().await?;
    copy_bidirectional(&mut socket.into_byte_stream(), &mut echo).await
}

async fn echo() -> io::Result<TcpStream> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let near = TcpStream::connect(listener.local_addr()?).await?;
    let (mut far, _) = listener.accept().await?;
    tokio::spawn(async move {
        let (mut reader, mut writer) = far.split();
        copy(&mut reader, &mut writer).await?;
        writer.shutdown().await
    });
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
