//! What is written together leaves in one DATA frame, or in as few as the peer's settings allow.

use websocket_proto::Prepared;
use websocket_proto::io::Error;
use websocket_proto::io::hyper::WebSocket;

use super::by_hand::{Client, STREAM};
use super::frames::{Frame, Kind, TEXT, from_client, from_server};
use super::opened;
use super::server::within;

/// The largest payload of a frame if the peer sets nothing else (RFC 9113 §6.5.2).
const MAX_FRAME_SIZE: usize = 16_384;

/// How many bytes the documentation says that one write has at most.
const MAX_WRITE: usize = 65_536;

/// The DATA frames that bring this much.
async fn data_frames(client: &mut Client, mut len: usize) -> Vec<Frame> {
    let mut frames = Vec::new();
    while len > 0 {
        let frame = within(client.next_of(STREAM)).await.unwrap();
        assert_eq!(frame.kind, Kind::Data);
        len -= frame.payload.len();
        frames.push(frame);
    }
    frames
}

async fn feed_answers(mut socket: WebSocket) -> Result<(), Error> {
    while let Some((event, reply)) = socket.receive().await? {
        if let websocket_proto::Event::Text(text) = event {
            reply.feed_text(text).await?;
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_answers_to_one_read() {
    let (mut client, _server) = opened(feed_answers).await;
    client.data(STREAM, &from_client(TEXT, b"hi").repeat(100)).await;
    let [answers] = &data_frames(&mut client, 400).await[..] else { panic!("{:?}", client.seen) };
    assert_eq!(answers.payload, from_server(TEXT, b"hi").repeat(100));
}

async fn send_prepared(mut socket: WebSocket) -> Result<(), Error> {
    let short = Prepared::text("short");
    let shared = Prepared::binary(&[7; 5_000]);
    for message in [&short, &shared, &short, &shared, &short] {
        socket.feed_prepared(message).await?;
    }
    socket.flush().await?;
    socket.receive().await?;
    Ok(())
}

/// Shared messages are pieces of their own in the output, between those that are not.
#[tokio::test(start_paused = true)]
async fn prepared_messages_between_short_ones() {
    let (mut client, _server) = opened(send_prepared).await;
    let len = 3 * 7 + 2 * 5_004;
    let frames = data_frames(&mut client, len).await;
    assert_eq!(frames.len(), 1, "{:?}", frames.iter().map(|it| it.payload.len()));
    assert_eq!(frames[0].payload[..7], from_server(TEXT, b"short"));
    assert!(frames[0].payload.ends_with(&from_server(TEXT, b"short")));
}

async fn send_large(mut socket: WebSocket) -> Result<(), Error> {
    socket.send_prepared(&Prepared::binary(&[7; 300_000])).await?;
    socket.receive().await?;
    Ok(())
}

/// A write that is larger than the peer's largest frame fills all frames but its last.
#[tokio::test(start_paused = true)]
async fn a_message_of_several_writes() {
    let (mut client, _server) = opened(send_large).await;
    let len = 300_010;
    let frames = data_frames(&mut client, len).await;
    let per_write = MAX_WRITE.div_ceil(MAX_FRAME_SIZE);
    let expected = len / MAX_WRITE * per_write + (len % MAX_WRITE).div_ceil(MAX_FRAME_SIZE);
    assert_eq!(frames.len(), expected);
}
