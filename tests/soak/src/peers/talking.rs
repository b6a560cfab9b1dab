//! Peers that keep to the protocol, until they leave.

use std::error::Error;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout_at};
use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::MaybeTls;
use websocket_proto::io::tokio::{WebSocket, client, tls_client};
use websocket_proto::{CloseCode, Config, Deflate, Event};

use super::{LIMIT, World, message};
use crate::plan::Plan;
use crate::random::Random;
use crate::record::PeerRecord;

type Done = Result<(), Box<dyn Error + Send + Sync>>;

const LENGTHS: [usize; 10] = [0, 1, 10, 125, 126, 1000, 1400, 5000, 20_000, 70_000];
/// In a burst, all of it has to fit in the buffers of a server that answers before it goes on.
const SHORT: usize = 7;
/// Longer than the server waits before it sends a Ping.
const SILENCE: Duration = Duration::from_secs(5);

pub(super) async fn talk(world: &World, random: &mut Random, record: &mut PeerRecord) -> Done {
    let mut socket = connect(world, random, record).await?;
    converse(&mut socket, world, random, record).await?;
    close(socket, record).await
}

pub(super) async fn burst(world: &World, random: &mut Random, record: &mut PeerRecord) -> Done {
    let mut socket = connect(world, random, record).await?;
    for _ in 0..3 {
        let lengths: Vec<_> =
            (0..1 + random.below(40)).map(|_| LENGTHS[random.below(SHORT)]).collect();
        let first = record.counts.sent;
        for len in &lengths {
            socket.feed_binary(&message(record.number, record.counts.sent, *len)).await?;
            record.counts.sent += 1;
        }
        socket.flush().await?;
        for (number, len) in (first..).zip(lengths) {
            expect(&mut socket, &message(record.number, number, len), record).await?;
        }
        sleep(world.pause.mul_f64(random.below(100) as f64 / 100.0)).await;
    }
    close(socket, record).await
}

pub(super) async fn idle(world: &World, random: &mut Random, record: &mut PeerRecord) -> Done {
    let mut socket = connect(world, random, record).await?;
    let end = Instant::now() + SILENCE;
    while let Ok(event) = timeout_at(end, socket.receive()).await {
        match event? {
            Some((Event::Text(_), _)) => record.counts.news += 1,
            Some(_) => {}
            None => return Err("the server ended it".into()),
        }
    }
    close(socket, record).await
}

pub(super) async fn read_slowly(
    world: &World,
    random: &mut Random,
    record: &mut PeerRecord,
) -> Done {
    let mut socket = connect(world, random, record).await?;
    let (messages, len) = (50 + random.below(50) as u64, 20_000);
    socket.send_text(&format!("!{messages} {len}")).await?;
    for number in 0..messages {
        expect(&mut socket, &message(record.number, number, len), record).await?;
        sleep(Duration::from_millis(20)).await;
    }
    close(socket, record).await
}

pub(super) async fn leave(world: &World, random: &mut Random, record: &mut PeerRecord) -> Done {
    let mut socket = connect(world, random, record).await?;
    converse(&mut socket, world, random, record).await
}

pub(super) async fn reset(world: &World, random: &mut Random, record: &mut PeerRecord) -> Done {
    let mut socket = connect(world, random, record).await?;
    converse(&mut socket, world, random, record).await?;
    Ok(socket.into_parts().stream.inner().set_zero_linger()?)
}

async fn connect(
    world: &World,
    random: &mut Random,
    record: &PeerRecord,
) -> Result<WebSocket, Box<dyn Error + Send + Sync>> {
    let request = ClientRequest::new(&format!("ws://localhost/{}", record.number))?;
    let (plan, _) = Plan::of(world.seed, record.number);
    let mut config = Config::default();
    // The server waits for a Pong by the bytes that lie before the Ping: few, if they are compressed.
    if plan != Plan::ReadSlowly && random.below(2) == 0 {
        config.deflate = Some(Deflate::default());
    }
    let over_tls = plan.is_over_tls(record.number);
    let stream = TcpStream::connect(if over_tls { world.secure } else { world.plain }).await?;
    stream.set_nodelay(true)?;
    let stream = match over_tls {
        true => tls_client(stream, &world.tls, "localhost", LIMIT).await?,
        false => MaybeTls::plain(stream),
    };
    Ok(client(stream, &request, config).await?)
}

/// Sends messages, each of which has to come back before the next.
async fn converse(
    socket: &mut WebSocket,
    world: &World,
    random: &mut Random,
    record: &mut PeerRecord,
) -> Done {
    for _ in 0..1 + random.below(30) {
        let number = record.counts.sent;
        let len = LENGTHS[random.below(LENGTHS.len())];
        if random.below(2) == 0 {
            let text = format!("{}.{number} {}", record.number, "ü ".repeat(len / 3));
            socket.send_text(&text).await?;
            record.counts.sent += 1;
            expect(socket, text.as_bytes(), record).await?;
        } else {
            let data = message(record.number, number, len);
            socket.send_binary(&data).await?;
            record.counts.sent += 1;
            expect(socket, &data, record).await?;
        }
        sleep(world.pause.mul_f64(random.below(100) as f64 / 100.0)).await;
    }
    Ok(())
}

/// Receives until a message comes that is no news, which has to be this one.
async fn expect(socket: &mut WebSocket, data: &[u8], record: &mut PeerRecord) -> Done {
    loop {
        let (event, _) = socket.receive().await?.ok_or("the server ended it")?;
        let came: &[u8] = match event {
            Event::Text("news") => {
                record.counts.news += 1;
                continue;
            }
            Event::Text(text) => text.as_bytes(),
            Event::Binary(came) => came,
            Event::Ended(ending) => return Err(format!("it ended: {ending}").into()),
            _ => continue,
        };
        record.counts.received += 1;
        return if came == data { Ok(()) } else { Err("another message came".into()) };
    }
}

/// Closes, and counts what still comes.
async fn close(mut socket: WebSocket, record: &mut PeerRecord) -> Done {
    socket.writer().start_close(CloseCode::NORMAL, "")?;
    let mut endings = 0;
    while let Some((event, _)) = socket.receive().await? {
        match event {
            Event::Text("news") => record.counts.news += 1,
            Event::Text(_) | Event::Binary(_) => return Err("a message came too often".into()),
            Event::Ended(ending) if ending.is_clean() => endings += 1,
            Event::Ended(ending) => return Err(format!("it ended: {ending}").into()),
            _ => {}
        }
    }
    if endings == 1 { Ok(()) } else { Err(format!("the last event came {endings} times").into()) }
}
