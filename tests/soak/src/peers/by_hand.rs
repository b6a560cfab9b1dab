//! Peers that break the protocol or stop, and so are written without the crate.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::sleep;

use crate::random::Random;
use crate::record::PeerRecord;

type Done = Result<(), Box<dyn Error + Send + Sync>>;

/// The masking key is zero: the payload is sent as it is.
const KEY: [u8; 4] = [0; 4];
/// A Close frame of code 1000, and how it begins.
const CLOSE: [u8; 8] = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8];

pub(super) async fn no_handshake(address: SocketAddr) -> Done {
    let mut stream = TcpStream::connect(address).await?;
    read_to_end(&mut stream).await?;
    Ok(())
}

pub(super) async fn half_frame(address: SocketAddr, record: &PeerRecord) -> Done {
    let mut stream = open(address, record, None).await?;
    stream.write_all(&[&[0x82, 0xE4], &KEY[..], &[7; 10]].concat()).await?;
    read_to_end(&mut stream).await?;
    Ok(())
}

/// Asks for messages without end, and reads none.
pub(super) async fn deaf(address: SocketAddr, record: &PeerRecord) -> Done {
    let mut stream = open(address, record, Some(4096)).await?;
    let order = format!("!{} 16000", u64::MAX);
    let header = [0x81, 0x80 | order.len() as u8];
    stream.write_all(&[&header, &KEY[..], order.as_bytes()].concat()).await?;
    sleep(Duration::from_secs(8)).await;
    Ok(())
}

pub(super) async fn bad_frame(address: SocketAddr, record: &PeerRecord) -> Done {
    let mut stream = open(address, record, None).await?;
    stream.write_all(&[&[0xF2, 0x81], &KEY[..], &[7]].concat()).await?;
    let answer = read_to_end(&mut stream).await?;
    match answer.iter().rposition(|byte| *byte == 0x88).map(|at| &answer[at..]) {
        Some([_, _, 0x03, 0xEA, ..]) => Ok(()),
        _ => Err(format!("no Close frame of code 1002: {answer:02x?}").into()),
    }
}

/// Pings faster than they are answered: all but the last of those that wait may go without a Pong.
pub(super) async fn pings(
    address: SocketAddr,
    random: &mut Random,
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
    let answer = reading.await??;
    record.counts.news = answer.windows(6).filter(|bytes| bytes == b"\x81\x04news").count() as u64;
    let has_pong = answer.windows(6).any(|bytes| bytes == b"\x8a\x04ping");
    let has_close = answer.ends_with(&[0x88, 0x02, 0x03, 0xE8]);
    if has_pong && has_close { Ok(()) } else { Err("no Pong, or no Close frame".into()) }
}

pub(super) async fn close_and_stay(address: SocketAddr, record: &PeerRecord) -> Done {
    let mut stream = open(address, record, None).await?;
    stream.write_all(&CLOSE).await?;
    sleep(Duration::from_secs(5)).await;
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
