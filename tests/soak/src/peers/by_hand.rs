//! Peers that break the protocol or stop, and so are written without the crate.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::sleep;

use super::{Fault, message};
use crate::plan::Breach;
use crate::random::Random;
use crate::record::PeerRecord;
use crate::server::{LONGEST, NEWS};

type Done = Result<(), Fault>;

/// The masking key is zero: the payload is sent as it is.
const KEY: [u8; 4] = [0; 4];
/// A Close frame of code 1000, and how it begins.
const CLOSE: [u8; 8] = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8];

pub(super) async fn no_handshake(address: SocketAddr) -> Done {
    let mut stream = TcpStream::connect(address).await?;
    read_to_end(&mut stream).await?;
    Ok(())
}

pub(super) async fn half_handshake(address: SocketAddr) -> Done {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: webs").await?;
    read_to_end(&mut stream).await?;
    Ok(())
}

pub(super) async fn no_upgrade(address: SocketAddr) -> Done {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
    let answer = read_to_end(&mut stream).await?;
    match answer.starts_with(b"HTTP/1.1 426 ") {
        true => Ok(()),
        false => Err(format!("not 426: {}", answer.escape_ascii()).into()),
    }
}

pub(super) async fn half_frame(address: SocketAddr, record: &PeerRecord) -> Done {
    let mut stream = open(address, record, None).await?;
    stream.write_all(&[&[0x82, 0xE4], &KEY[..], &[7; 10]].concat()).await?;
    read_to_end(&mut stream).await?;
    Ok(())
}

pub(super) async fn write_slowly(address: SocketAddr, record: &mut PeerRecord) -> Done {
    let mut stream = open(address, record, None).await?;
    let data = message(record.number, 0, 100);
    for piece in [&[0x82, 0x80 | data.len() as u8], &KEY[..], &data].concat().chunks(3) {
        stream.write_all(piece).await?;
        sleep(Duration::from_millis(30)).await;
    }
    record.counts.sent = 1;
    stream.write_all(&CLOSE).await?;
    let frames = Frame::parse(&read_to_end(&mut stream).await?);
    record.counts.news = news(&frames);
    record.counts.received =
        frames.iter().filter(|frame| frame.ends_message_of_data()).count() as u64;
    let came: Vec<_> =
        frames.iter().filter(|frame| frame.is_of_data()).flat_map(|frame| &frame.payload).collect();
    if came.into_iter().eq(&data) { Ok(()) } else { Err("another message came".into()) }
}

/// Asks for messages without end, and reads none.
pub(super) async fn deaf(address: SocketAddr, patience: u32, record: &PeerRecord) -> Done {
    let mut stream = open(address, record, Some(4096)).await?;
    let order = format!("!{} 16000", u64::MAX);
    let header = [0x81, 0x80 | order.len() as u8];
    stream.write_all(&[&header, &KEY[..], order.as_bytes()].concat()).await?;
    sleep(Duration::from_secs(8) * patience).await;
    Ok(())
}

pub(super) async fn breaks(breach: Breach, address: SocketAddr, record: &PeerRecord) -> Done {
    let mut stream = open(address, record, None).await?;
    let too_long = (2 * LONGEST as u64).to_be_bytes();
    let frame = match breach {
        Breach::ReservedBits => [&[0xF2, 0x81], &KEY[..], &[7]].concat(),
        Breach::ReservedOpcode => [&[0x83, 0x81], &KEY[..], &[7]].concat(),
        Breach::Unmasked => vec![0x82, 0x01, 0x07],
        Breach::InvalidUtf8 => [&[0x81, 0x82], &KEY[..], &[b'a', 0xFF]].concat(),
        Breach::UnexpectedContinuation => [&[0x80, 0x81], &KEY[..], &[7]].concat(),
        Breach::BadCloseCode => [&[0x88, 0x82], &KEY[..], &1005_u16.to_be_bytes()].concat(),
        Breach::TooLong => [&[0x82, 0xFF], &too_long[..], &KEY].concat(),
    };
    stream.write_all(&frame).await?;
    let frames = Frame::parse(&read_to_end(&mut stream).await?);
    match frames.last() {
        Some(frame) if frame.close_code() == Some(breach.close_code()) => Ok(()),
        last => Err(format!("no Close frame of code {}: {last:?}", breach.close_code()).into()),
    }
}

/// Pings faster than they are answered: all but the last of those that wait may go without a Pong.
pub(super) async fn pings(
    address: SocketAddr,
    mut random: Random,
    record: &mut PeerRecord,
) -> Done {
    let stream = open(address, record, None).await?;
    let (mut reader, mut writer) = stream.into_split();
    let mut all = Vec::new();
    for _ in 0..500 + random.below(2000) {
        all.extend_from_slice(&[&[0x89, 0x84], &KEY[..], b"ping"].concat());
    }
    all.extend_from_slice(&CLOSE);
    let reading = tokio::spawn(async move {
        let mut answer = Vec::new();
        reader.read_to_end(&mut answer).await.map(|_| answer)
    });
    writer.write_all(&all).await?;
    let frames = Frame::parse(&reading.await??);
    record.counts.news = news(&frames);
    let has_pong = frames.iter().any(|frame| frame.first == 0x8A && frame.payload == b"ping");
    let has_close = frames.last().is_some_and(|frame| frame.close_code() == Some(1000));
    if has_pong && has_close { Ok(()) } else { Err("no Pong, or no Close frame".into()) }
}

pub(super) async fn close_and_stay(
    address: SocketAddr,
    patience: u32,
    record: &PeerRecord,
) -> Done {
    let mut stream = open(address, record, None).await?;
    stream.write_all(&CLOSE).await?;
    sleep(Duration::from_secs(5) * patience).await;
    Ok(())
}

/// A connection that is open, perhaps with this much room for what is received.
async fn open(
    address: SocketAddr,
    record: &PeerRecord,
    room: Option<u32>,
) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if let Some(room) = room {
        socket.set_recv_buffer_size(room)?;
    }
    let mut stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    let request = format!(
        "GET /{} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        record.number
    );
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(stream)
}

/// What still comes; that the connection is reset is an end, too.
async fn read_to_end(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes).await {
        Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => Err(error),
        _ => Ok(bytes),
    }
}

/// A frame of the server.
#[derive(Debug)]
struct Frame {
    /// FIN, the reserved bits and the opcode.
    first: u8,
    payload: Vec<u8>,
}

impl Frame {
    /// The frames in these bytes, as far as they are whole. None has 64 KiB or more.
    fn parse(mut bytes: &[u8]) -> Vec<Self> {
        let mut frames = Vec::new();
        while let [first, len, rest @ ..] = bytes {
            let (len, rest) = match (len, rest) {
                (126, [high, low, rest @ ..]) => (u16::from_be_bytes([*high, *low]).into(), rest),
                (126.., _) => break,
                _ => (usize::from(*len), rest),
            };
            let Some((payload, rest)) = rest.split_at_checked(len) else { break };
            frames.push(Self { first: *first, payload: payload.to_vec() });
            bytes = rest;
        }
        frames
    }

    /// Whether this is a frame of a binary message: all texts are news.
    fn is_of_data(&self) -> bool {
        matches!(self.first & 0x0F, 0x00 | 0x02)
    }

    fn ends_message_of_data(&self) -> bool {
        self.is_of_data() && self.first & 0x80 != 0
    }

    fn close_code(&self) -> Option<u16> {
        match *self.payload {
            [high, low, ..] if self.first == 0x88 => Some(u16::from_be_bytes([high, low])),
            _ => None,
        }
    }
}

/// How many of the frames are news.
fn news(frames: &[Frame]) -> u64 {
    let is_news = |frame: &&Frame| frame.first == 0x81 && frame.payload == NEWS.as_bytes();
    frames.iter().filter(is_news).count() as u64
}
