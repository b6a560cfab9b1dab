//! Streams of bytes, with messages of tungstenite at the other end.

use std::io::{self, ErrorKind, Read, Write};

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, split};
use tokio::task::spawn_blocking;
use tokio::{join, spawn};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::{blocking, smol as for_smol};

use super::meeting::{Meeting, Theirs, within};
use super::{pairs, take};

fn some_bytes() -> Vec<u8> {
    (0..5 << 20).map(|at: usize| (at ^ at >> 8) as u8).collect()
}

/// Sends back all bytes that come; then tungstenite answers the Close frame.
async fn echo(mut theirs: Theirs) {
    while let Some(Ok(message)) = theirs.next().await {
        if message.is_binary() {
            theirs.send(message).await.unwrap();
        }
    }
}

#[tokio::test]
async fn their_echo_returns_our_bytes() {
    for (ours, theirs) in pairs().await {
        let echoing = spawn(echo(theirs));
        let (mut reader, mut writer) = split(ours.into_byte_stream());
        let writing = spawn(async move {
            writer.write_all(&some_bytes()).await.unwrap();
            writer
        });
        let mut received = vec![0; some_bytes().len()];
        within(reader.read_exact(&mut received)).await.unwrap();
        assert!(received == some_bytes());
        within(async { writing.await.unwrap().shutdown().await }).await.unwrap();
        assert_eq!(within(reader.read(&mut [0])).await.unwrap(), 0);
        echoing.await.unwrap();
    }
}

#[tokio::test]
async fn our_echo_returns_their_messages_as_bytes() {
    for (ours, mut theirs) in pairs().await {
        let echoing = async {
            let (mut reader, mut writer) = split(ours.into_byte_stream());
            copy(&mut reader, &mut writer).await?;
            writer.shutdown().await
        };
        let talking = async {
            theirs.send(Message::binary(&b"one"[..])).await.unwrap();
            theirs.send(Message::Ping("?".into())).await.unwrap();
            theirs.send(Message::binary(&b"two"[..])).await.unwrap();
            let (mut returned, mut pongs) = (Vec::new(), 0);
            while returned.len() < 6 || pongs == 0 {
                match take(&mut theirs).await {
                    Message::Binary(bytes) => returned.extend_from_slice(&bytes),
                    Message::Pong(_) => pongs += 1,
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(returned, b"onetwo");
            theirs.close(None).await.unwrap();
            assert!(matches!(take(&mut theirs).await, Message::Close(None)));
            assert!(theirs.next().await.is_none());
            drop(theirs);
        };
        within(async { join!(echoing, talking) }).await.0.unwrap();
    }
}

#[tokio::test]
async fn the_way_they_leave_tells_whether_all_bytes_came() {
    let normal = CloseFrame { code: 1000.into(), reason: "".into() };
    let failed = CloseFrame { code: 1011.into(), reason: "disk full".into() };
    for (frame, end) in [
        (Some(normal), None),
        (Some(failed), Some(ErrorKind::ConnectionAborted)),
        (None, Some(ErrorKind::UnexpectedEof)),
    ] {
        for (ours, mut theirs) in pairs().await {
            let leaving = async {
                theirs.send(Message::binary(&b"some"[..])).await.unwrap();
                if let Some(frame) = frame.clone() {
                    theirs.close(Some(frame)).await.unwrap();
                    while theirs.next().await.is_some() {}
                }
                drop(theirs);
            };
            let (mut ours, mut all) = (ours.into_byte_stream(), Vec::new());
            let reading = within(async { join!(ours.read_to_end(&mut all), leaving) });
            let kind = reading.await.0.err().map(|error| error.kind());
            assert_eq!((&all[..], kind), (&b"some"[..], end));
        }
    }
}

#[tokio::test]
async fn their_text_is_refused() {
    for (ours, mut theirs) in pairs().await {
        let sending = async {
            theirs.send(Message::text("hello")).await.unwrap();
            let Message::Close(Some(frame)) = take(&mut theirs).await else { panic!() };
            assert_eq!(u16::from(frame.code), 1003);
            assert!(theirs.next().await.is_none());
            drop(theirs);
        };
        let (mut ours, mut space) = (ours.into_byte_stream(), [0; 9]);
        let (read, ()) = within(async { join!(ours.read(&mut space), sending) }).await;
        assert_eq!(read.unwrap_err().kind(), ErrorKind::InvalidData);
    }
}

/// Our other adapters send half a megabyte at a time, as a blocking stream does not read while it
/// writes.
#[tokio::test]
async fn their_echo_returns_the_bytes_of_all_adapters() {
    let meeting = Meeting::new(false).await;
    let request = ClientRequest::new(&meeting.url("/")).unwrap();
    let theirs =
        async || spawn(echo(meeting.their_server(|_: &_, answer| Ok(answer)).await.unwrap()));

    let to_connect = request.clone();
    let ours = spawn_blocking(move || -> io::Result<()> {
        let mut ours = blocking::connect_with(&to_connect, websocket_proto::Config::default())?
            .into_byte_stream();
        for part in some_bytes().chunks(500_000) {
            ours.write_all(part)?;
            let mut received = vec![0; part.len()];
            ours.read_exact(&mut received)?;
            assert!(received == part);
        }
        ours.shutdown()?;
        assert_eq!(ours.read(&mut [0])?, 0);
        Ok(())
    });
    let echoing = within(theirs()).await;
    within(ours).await.unwrap().unwrap();
    within(echoing).await.unwrap();

    let ours = spawn_blocking(move || smol::block_on(through_smol(&request)));
    let echoing = within(theirs()).await;
    within(ours).await.unwrap().unwrap();
    within(echoing).await.unwrap();
}

async fn through_smol(request: &ClientRequest) -> io::Result<()> {
    use smol::io::{AsyncReadExt, AsyncWriteExt};
    let socket = for_smol::connect_with(request, websocket_proto::Config::default()).await?;
    let (mut reader, mut writer) = smol::io::split(socket.into_byte_stream());
    let writing = async {
        writer.write_all(&some_bytes()).await?;
        Ok(writer)
    };
    let reading = async {
        let mut received = vec![0; some_bytes().len()];
        reader.read_exact(&mut received).await?;
        Ok::<_, io::Error>(received)
    };
    let (mut writer, received) = smol::future::try_zip(writing, reading).await?;
    assert!(received == some_bytes());
    writer.close().await?;
    assert_eq!(reader.read(&mut [0]).await?, 0);
    Ok(())
}
