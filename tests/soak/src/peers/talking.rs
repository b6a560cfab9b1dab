//! Peers that keep to the protocol, until they leave.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout_at};
use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::tokio::{WebSocket, client, tls_client};
use websocket_proto::io::{self, MaybeTls};
use websocket_proto::{CloseCode, Config, Deflate, Event};

use super::{Fault, LIMIT, ShutDown, World, message};
use crate::plan::Plan;
use crate::random::Random;
use crate::record::PeerRecord;
use crate::server::{LONGEST, NEWS, ORDERED_REASON};

type Done = Result<(), Fault>;

const LENGTHS: [usize; 10] = [0, 1, 10, 125, 126, 1000, 1400, 5000, 20_000, 70_000];
/// In a burst, all of it has to fit in the buffers of a server that answers before it goes on.
const SHORT: usize = 7;
/// Longer than the server waits before it sends a Ping, in a small run.
const SILENCE: Duration = Duration::from_secs(5);
const CLOSE_CODES: [u16; 5] = [1000, 1008, 1011, 3000, 4999];

pub(super) async fn follow(
    plan: Plan,
    random: Random,
    world: &World,
    record: &mut PeerRecord,
) -> Done {
    let mut conversation = Conversation::open(plan, random, world, record).await?;
    match plan {
        Plan::Talk => conversation.talk().await?,
        Plan::Burst => conversation.burst().await?,
        Plan::Idle => conversation.idle().await?,
        Plan::ReadSlowly => conversation.read_slowly().await?,
        Plan::ClosedByServer => {
            conversation.talk().await?;
            return conversation.order_close().await;
        }
        Plan::Leave => return conversation.talk().await,
        Plan::Reset => {
            conversation.talk().await?;
            return Ok(conversation.socket.into_parts().stream.inner().set_zero_linger()?);
        }
        Plan::Bomb => return conversation.send_bomb().await,
        by_hand => unreachable!("{by_hand:?} is written by hand"),
    }
    conversation.close().await
}

struct Conversation<'a> {
    socket: WebSocket,
    random: Random,
    world: &'a World,
    record: &'a mut PeerRecord,
}

impl<'a> Conversation<'a> {
    async fn open(
        plan: Plan,
        mut random: Random,
        world: &'a World,
        record: &'a mut PeerRecord,
    ) -> Result<Self, Fault> {
        let mut config = Config::default();
        // The server waits for a Pong by the bytes that lie before the Ping: few, if they are compressed.
        let may_compress = plan != Plan::ReadSlowly && random.below(2) == 0;
        if may_compress || plan == Plan::Bomb {
            config.deflate = Some(Deflate::default());
        }
        match connect(world, record.number, plan.is_over_tls(record.number), config).await {
            Ok(socket) => Ok(Self { socket, random, world, record }),
            Err(_) if world.is_over() => Err(ShutDown.into()),
            Err(fault) => Err(fault),
        }
    }

    /// Sends messages, each of which has to come back before the next.
    async fn talk(&mut self) -> Done {
        for _ in 0..1 + self.random.below(30) {
            let number = self.record.counts.sent;
            let len = LENGTHS[self.random.below(LENGTHS.len())];
            if self.random.below(2) == 0 {
                let text = format!("{}.{number} {}", self.record.number, "ü ".repeat(len / 3));
                let sent = self.socket.send_text(&text).await;
                self.note_sent(sent).await?;
                self.expect(text.as_bytes()).await?;
            } else {
                let data = message(self.record.number, number, len);
                let sent = self.socket.send_binary(&data).await;
                self.note_sent(sent).await?;
                self.expect(&data).await?;
            }
            self.pause().await;
        }
        Ok(())
    }

    async fn burst(&mut self) -> Done {
        for _ in 0..3 {
            let lengths: Vec<_> =
                (0..1 + self.random.below(40)).map(|_| LENGTHS[self.random.below(SHORT)]).collect();
            let first = self.record.counts.sent;
            for len in &lengths {
                let data = message(self.record.number, self.record.counts.sent, *len);
                let sent = self.socket.feed_binary(&data).await;
                self.note_sent(sent).await?;
            }
            if let Err(error) = self.socket.flush().await {
                return self.receive_rest(error).await;
            }
            for (number, len) in (first..).zip(lengths) {
                self.expect(&message(self.record.number, number, len)).await?;
            }
            self.pause().await;
        }
        Ok(())
    }

    async fn idle(&mut self) -> Done {
        let end = Instant::now() + SILENCE * self.world.patience;
        while let Ok(event) = timeout_at(end, self.socket.receive()).await {
            match event?.ok_or("the server ended it")?.0 {
                Event::Text(NEWS) => self.record.counts.news += 1,
                Event::Close { code, .. } => note_close(self.record, code),
                Event::Ended(ending) if ending.is_clean() && self.record.shut_down => {
                    return Err(ShutDown.into());
                }
                Event::Ended(ending) => return Err(format!("it ended: {ending}").into()),
                _ => {}
            }
        }
        Ok(())
    }

    async fn read_slowly(&mut self) -> Done {
        let (messages, len) = (50 + self.random.below(50) as u64, 20_000);
        self.send_order(&format!("!{messages} {len}")).await?;
        for number in 0..messages {
            self.expect(&message(self.record.number, number, len)).await?;
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Has the server close, with a code of this side's choice.
    async fn order_close(&mut self) -> Done {
        let code = CLOSE_CODES[self.random.below(CLOSE_CODES.len())];
        self.send_order(&format!("?{code}")).await?;
        let mut came = None;
        while let Some((event, _)) = self.socket.receive().await? {
            match event {
                Event::Text(NEWS) => self.record.counts.news += 1,
                Event::Close { code, reason, .. } => {
                    came = Some((code.get(), reason.to_owned()));
                    note_close(self.record, code);
                }
                Event::Ended(ending) if !ending.is_clean() => {
                    return Err(format!("it ended: {ending}").into());
                }
                _ => {}
            }
        }
        match came {
            Some((closed, reason)) if closed == code && reason == ORDERED_REASON => Ok(()),
            _ if self.record.shut_down => Err(ShutDown.into()),
            came => Err(format!("the server closed with {came:?}, not with {code}").into()),
        }
    }

    /// Sends more than the server takes, compressed, which it has to end with a code of its own.
    async fn send_bomb(&mut self) -> Done {
        self.record.counts.sent += 1;
        let sent = self.socket.send_binary(&vec![0; 3 * LONGEST]).await;
        let mut code = None;
        loop {
            match self.socket.receive().await {
                Ok(Some((Event::Close { code: came, .. }, _))) => {
                    code = Some(came);
                    note_close(self.record, came);
                }
                Ok(Some((Event::Text(NEWS), _))) => self.record.counts.news += 1,
                Ok(Some(_)) => {}
                Ok(None) => break,
                // The server may have gone while there was more to send.
                Err(_) => {}
            }
        }
        match code {
            Some(CloseCode::TOO_BIG) => Ok(()),
            _ if self.record.shut_down => Err(ShutDown.into()),
            code => Err(format!("the bomb led to {code:?}, after {sent:?}").into()),
        }
    }

    /// Receives until a message comes that is no news, which has to be this one.
    async fn expect(&mut self, data: &[u8]) -> Done {
        loop {
            let (event, _) = self.socket.receive().await?.ok_or("the server ended it")?;
            let came: &[u8] = match event {
                Event::Text(NEWS) => {
                    self.record.counts.news += 1;
                    continue;
                }
                Event::Text(text) => text.as_bytes(),
                Event::Binary(came) => came,
                Event::Close { code, .. } => {
                    note_close(self.record, code);
                    continue;
                }
                Event::Ended(ending) if ending.is_clean() && self.record.shut_down => {
                    return Err(ShutDown.into());
                }
                Event::Ended(ending) => return Err(format!("it ended: {ending}").into()),
                _ => continue,
            };
            self.record.counts.received += 1;
            return if came == data { Ok(()) } else { Err("another message came".into()) };
        }
    }

    /// Closes, and counts what still comes.
    async fn close(&mut self) -> Done {
        if let Err(error) = self.socket.writer().start_close(CloseCode::NORMAL, "") {
            return self.receive_rest(error.into()).await;
        }
        let mut endings = 0;
        while let Some((event, _)) = self.socket.receive().await? {
            match event {
                Event::Text(NEWS) => self.record.counts.news += 1,
                Event::Text(_) | Event::Binary(_) => return Err("a message came too often".into()),
                Event::Close { code, .. } => note_close(self.record, code),
                Event::Ended(ending) if ending.is_clean() => endings += 1,
                Event::Ended(ending) => return Err(format!("it ended: {ending}").into()),
                _ => {}
            }
        }
        if endings == 1 { Ok(()) } else { Err(format!("{endings} last events came").into()) }
    }

    /// Sends a text that is not counted as a message.
    async fn send_order(&mut self, order: &str) -> Done {
        match self.socket.send_text(order).await {
            Ok(()) => Ok(()),
            Err(error) => self.receive_rest(error).await,
        }
    }

    async fn note_sent(&mut self, sent: Result<(), io::Error>) -> Done {
        match sent {
            Ok(()) => {
                self.record.counts.sent += 1;
                Ok(())
            }
            Err(error) => self.receive_rest(error).await,
        }
    }

    /// Receives to the end after sending has failed, which only a shutdown explains.
    async fn receive_rest(&mut self, error: io::Error) -> Done {
        loop {
            match self.socket.receive().await?.ok_or("the server ended it")?.0 {
                Event::Text(NEWS) => self.record.counts.news += 1,
                Event::Text(_) | Event::Binary(_) => self.record.counts.received += 1,
                Event::Close { code, .. } => note_close(self.record, code),
                Event::Ended(ending) if ending.is_clean() && self.record.shut_down => {
                    return Err(ShutDown.into());
                }
                Event::Ended(ending) => return Err(format!("{error}, and {ending}").into()),
                _ => {}
            }
        }
    }

    async fn pause(&mut self) {
        sleep(self.world.pause.mul_f64(self.random.below(100) as f64 / 100.0)).await;
    }
}

/// Notes a Close frame, which may be that of a shutdown.
fn note_close(record: &mut PeerRecord, code: CloseCode) {
    record.shut_down |= code == CloseCode::GOING_AWAY;
}

async fn connect(
    world: &World,
    number: u64,
    over_tls: bool,
    config: Config,
) -> Result<WebSocket, Fault> {
    let request = ClientRequest::new(&format!("ws://localhost/{number}"))?;
    let stream = TcpStream::connect(if over_tls { world.secure } else { world.plain }).await?;
    stream.set_nodelay(true)?;
    let stream = match over_tls {
        true => tls_client(stream, &world.tls, "localhost", LIMIT * world.patience).await?,
        false => MaybeTls::plain(stream),
    };
    Ok(client(stream, &request, config).await?)
}
