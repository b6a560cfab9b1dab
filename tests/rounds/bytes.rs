//! Rounds of two tasks that read and write the halves of one stream of bytes, over a stream whose
//! peer reads slowly, sends pings and bytes, and which may fail. Some calls are dropped half-way.

use std::io::{self, ErrorKind};
use std::pin::pin;
use std::task::Poll;

use futures_util::poll;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::task::{AbortHandle, yield_now};
use tokio::time::timeout;
use websocket_proto::Role;
use websocket_proto::io::tokio::{ByteStream, WebSocket};

use super::check::messages;
use super::random::Random;
use super::stream::Stream;
use super::{GUARD, config, seeds};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn halves_of_a_stream_of_bytes_lose_no_wake_up_and_no_byte() {
    let (mut whole, mut rounds) = (0, 0);
    for seed in seeds() {
        let Ok(outcome) = timeout(GUARD, round(seed)).await else { panic!("seed {seed} hangs") };
        outcome.check(seed);
        whole += u64::from(outcome.sent.end.is_ok() && outcome.received.end.is_ok());
        rounds += 1;
    }
    println!("{whole} of {rounds} rounds came to their end");
    assert!(whole > rounds / 4 && whole < rounds, "{whole} of {rounds}");
}

struct Outcome {
    /// What the writing task wrote, and the result of its last call.
    sent: Bytes,
    /// What the reading task read, and how reading ended.
    received: Bytes,
    /// What the peer sent.
    given: Vec<u8>,
    /// What the peer received.
    written: Vec<u8>,
}

struct Bytes {
    bytes: Vec<u8>,
    end: io::Result<()>,
}

impl Outcome {
    fn check(&self, seed: u64) {
        let (payloads, rest) = messages(&self.written).unwrap();
        let arrived = payloads.concat();
        let Self { sent, received, given, .. } = self;
        assert!(sent.bytes.starts_with(&arrived), "seed {seed}: other bytes were written");
        if sent.end.is_ok() {
            assert_eq!(arrived.len(), sent.bytes.len(), "seed {seed}: lost");
        }
        assert!(given.starts_with(&received.bytes), "seed {seed}: other bytes were read");
        match &received.end {
            Ok(()) => {
                assert_eq!(received.bytes.len(), given.len(), "seed {seed}: cut off");
                assert!(rest.is_empty(), "seed {seed}: a frame is cut");
            }
            Err(error) => assert_ne!(error.kind(), ErrorKind::Other, "seed {seed}: {error}"),
        }
    }
}

async fn round(seed: u64) -> Outcome {
    let mut random = Random::new(seed, 0);
    let stream = Stream::new(&mut random);
    let config = config(&mut random);
    let socket = WebSocket::established(stream.clone(), Role::Server, None, config, b"");
    let (reader, writer) = split(socket.into_byte_stream());
    let peer = tokio::spawn(act_as_peer(stream.clone(), Random::new(seed, 1)));
    let writing = tokio::spawn(write(writer, Random::new(seed, 2)));
    let reading = tokio::spawn(read(reader, Random::new(seed, 3), writing.abort_handle()));
    let given = peer.await.unwrap();
    let (sent, writer) = writing.await.unwrap();
    // The peer answers our Close frame, or closes by itself.
    stream.close();
    stream.end(Ok(()));
    let received = reading.await.unwrap();
    drop(writer);
    Outcome { sent, received, given, written: stream.written() }
}

/// Reads more bit by bit and sends bytes and pings; returns the bytes. A waiting task is woken once
/// for each change, and finally the peer reads everything, so a lost wake-up stays lost.
async fn act_as_peer(stream: Stream, mut random: Random) -> Vec<u8> {
    let mut given = Vec::new();
    for _ in 0..random.below(40) {
        match random.below(4) {
            0 => stream.ping(),
            1 => given.extend(stream.give_bytes(&mut random)),
            _ => stream.take_more(random.one_of(&[1, 50, 500, 3000])),
        }
        if random.once_in(300) {
            stream.end(Err(ErrorKind::ConnectionReset));
        }
        for _ in 0..random.below(4) {
            yield_now().await;
        }
    }
    stream.take_more(usize::MAX);
    given
}

type Half<H> = (Bytes, H);

/// Writes in all ways, and shuts down or flushes at the end.
async fn write(
    mut writer: WriteHalf<ByteStream<Stream>>,
    mut random: Random,
) -> Half<WriteHalf<ByteStream<Stream>>> {
    let mut bytes = Vec::new();
    let end = write_bytes(&mut writer, &mut random, &mut bytes).await;
    (Bytes { bytes, end }, writer)
}

async fn write_bytes(
    writer: &mut WriteHalf<ByteStream<Stream>>,
    random: &mut Random,
    bytes: &mut Vec<u8>,
) -> io::Result<()> {
    for call in 0..1 + random.below(20) {
        let data = vec![call as u8; 1 + random.one_of(&[0, 10, 200, 2000])];
        match random.below(10) {
            0 => writer.flush().await?,
            1 => drop_half_way(writer.flush()).await.unwrap_or(Ok(()))?,
            // A write that is dropped has written nothing.
            2 => {
                let written = drop_half_way(writer.write(&data)).await.unwrap_or(Ok(0))?;
                bytes.extend_from_slice(&data[..written]);
            }
            _ => {
                // If this fails, the bytes may have left all the same.
                bytes.extend_from_slice(&data);
                writer.write_all(&data).await?;
            }
        }
        if random.once_in(4) {
            yield_now().await;
        }
    }
    if random.once_in(2) { writer.flush().await } else { writer.shutdown().await }
}

/// Reads to the end. In some rounds it rests half-way until the writing task is done: that task has to
/// go on by itself then, though reading has used the stream last.
async fn read(
    mut reader: ReadHalf<ByteStream<Stream>>,
    mut random: Random,
    writing: AbortHandle,
) -> Bytes {
    let mut bytes = Vec::new();
    let mut reads_before_rest = if random.once_in(2) { random.below(5) } else { usize::MAX };
    loop {
        while reads_before_rest == 0 && !writing.is_finished() {
            yield_now().await;
        }
        reads_before_rest = reads_before_rest.saturating_sub(1);
        let mut space = vec![0; random.one_of(&[1, 10, 300])];
        let read = match random.once_in(3) {
            true => drop_half_way(reader.read(&mut space)).await,
            false => Some(reader.read(&mut space).await),
        };
        match read {
            None => yield_now().await,
            Some(Ok(0)) => return Bytes { bytes, end: Ok(()) },
            Some(Ok(len)) => bytes.extend_from_slice(&space[..len]),
            Some(Err(error)) => return Bytes { bytes, end: Err(error) },
        }
    }
}

/// Polls a call once, and drops it if it has to wait.
async fn drop_half_way<T>(call: impl Future<Output = T>) -> Option<T> {
    match poll!(pin!(call)) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
