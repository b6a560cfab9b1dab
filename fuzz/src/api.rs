//! Any order of calls on both ends of a connection, in virtual time: both come to an end, and what
//! is delivered is what was sent.

use std::time::Duration;

use arbitrary::Arbitrary;
use websocket_proto::frame::truncate_reason;
use websocket_proto::handshake::Rejection;
use websocket_proto::{
    CloseCode, Config, Deflate, Delivery, Keepalive, Message, MessageKind, Prepared, SendError,
    Time,
};

use crate::agreed::Parameters;
use crate::link::{End, Link, Said, supply};
use crate::side::Side;

#[derive(Arbitrary, Debug)]
pub struct Input<'b> {
    client: Choices,
    server: Choices,
    /// How long there are random bytes; 255 is always.
    supply: u8,
    acts: &'b [u8],
}

/// The configuration of one end.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct Choices {
    flags: u8,
    deflate: Parameters,
    output: u16,
}

/// One call, with what it needs.
#[derive(Clone, Copy)]
struct Act {
    what: u8,
    /// Which end, and a choice.
    which: u8,
    amount: usize,
}

/// Longer dialogues find nothing that shorter ones do not.
const MOST_ACTS: usize = 150;

impl Input<'_> {
    /// The fuzzer's bytes for some ordinary dialogues.
    pub fn seeds() -> impl Iterator<Item = Vec<u8>> {
        (1..=200_u64).map(|seed| {
            let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let mut next = || {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state.to_be_bytes()
            };
            let choices = [next(), next()].map(|bytes| [bytes[0], bytes[1], bytes[2], 0xFF, 0xFF]);
            // Few amounts are large.
            let acts = (0..60).flat_map(|_| {
                let [what, which, low, high, most, ..] = next();
                [what, which, low, high.min(most) >> 2]
            });
            choices.concat().into_iter().chain([255]).chain(acts).collect()
        })
    }

    pub fn check(self) {
        supply(if self.supply == 255 { u32::MAX } else { u32::from(self.supply) + 1 });
        let mut link = Link::new(self.client.config(), self.server.config());
        link.ends[1].accepts = self.server.flags & 1 == 0;
        for [what, which, low, high] in self.acts.as_chunks().0.iter().take(MOST_ACTS) {
            let amount = usize::from(u16::from_le_bytes([*low, *high]));
            Act { what: *what % 32, which: *which, amount }.apply(&mut link);
            link.ends.iter().for_each(End::check);
        }
        link.finish();
    }
}

impl Choices {
    fn config(self) -> Config {
        let mut config = Config::default();
        config.delivery = if self.flag(1) { Delivery::Streaming } else { Delivery::Whole };
        config.limits.output = usize::from(self.output) << 2;
        if self.flag(2) {
            config.keepalive = None;
        }
        if self.flag(3) {
            let mut keepalive = Keepalive::default();
            (keepalive.interval, keepalive.timeout) = (Duration::ZERO, Duration::ZERO);
            config.keepalive = Some(keepalive);
        }
        config.message_timeout = self.flag(4).then_some(Duration::from_millis(100));
        config.write_timeout = self.flag(5).then_some(Duration::from_millis(100));
        config.deflate = self.flag(6).then(|| self.deflate());
        config
    }

    fn deflate(self) -> Deflate {
        let mut deflate = Deflate::default();
        deflate.offer = self.deflate.offer();
        deflate.policy = self.deflate.policy();
        deflate.minimum = usize::from(self.output % 64);
        deflate.level = (self.output % 10) as u8;
        deflate.keep_contexts = self.flag(7);
        deflate
    }

    const fn flag(self, at: u8) -> bool {
        self.flags >> at & 1 == 1
    }
}

impl Act {
    fn apply(self, link: &mut Link) {
        let at = usize::from(self.which & 1);
        let now = link.now;
        match self.what {
            0..=13 => self.send(&mut link.ends[at], now),
            14..=16 => link.ends[at].write(self.amount),
            17 => {
                let waits = link.ends[at].side.outgoing.len();
                link.ends[at].write(waits.saturating_sub(self.amount % 20_000));
            }
            18..=20 => link.read(at, self.amount),
            // Bytes that came are not always looked at before the time is.
            21 => link.arrive(at, self.amount),
            22 => link.ends[at].receive(now),
            23 => link.pass(Duration::from_millis(self.amount as u64)),
            24 => {
                link.pass(Duration::from_millis(self.amount as u64 % 200));
                let now = link.now;
                link.ends[at].receive(now);
                link.ends[at].handle_timeout(now);
            }
            25 => link.ends[at].handle_timeout(now),
            26 => link.now = Time::new(Duration::from_millis(self.amount as u64)),
            _ => self.keep_house(&mut link.ends[at], now),
        }
    }

    /// What an application does to be heard. What is refused was not sent.
    fn send(self, end: &mut End, now: Time) {
        let kind = if self.which & 2 == 0 { MessageKind::Text } else { MessageKind::Binary };
        let mut data = words(0, self.len());
        if kind == MessageKind::Text {
            data.truncate(text(&data).len());
        }
        let Side { connection, outgoing, .. } = &mut end.side;
        let sent = match self.what {
            0..=1 => match kind {
                MessageKind::Text => connection.send_text(text(&data), outgoing),
                MessageKind::Binary => connection.send_binary(&data, outgoing),
            },
            2 => connection.send_prepared(&prepared(kind, &data), outgoing),
            3 => connection.send_message(now, &message(kind, &data), outgoing),
            4 => return self.start(kind, end),
            5..=6 => return self.send_fragment(end),
            7 => return self.send_last_fragment(end),
            8 => return ignore(connection.send_ping(&data[..data.len().min(130)], outgoing)),
            9 => return ignore(connection.send_pong(&data[..data.len().min(130)], outgoing)),
            _ if self.which & 0xF0 == 0 => {
                let code = CloseCode::new(1000 + (self.amount % 4000) as u16);
                let reason = truncate_reason(text(&data));
                return ignore(connection.close(now, code, reason, outgoing));
            }
            _ => return,
        };
        if sent.is_ok() {
            end.sent.push((kind, data));
        }
    }

    /// Long messages are for a few.
    const fn len(self) -> usize {
        if self.which & 0x80 == 0 { self.amount % 4096 } else { self.amount }
    }

    fn start(self, kind: MessageKind, end: &mut End) {
        if end.side.connection.start_message(kind).is_ok() {
            end.unfinished = Some((kind, Vec::new()));
        }
    }

    /// Some go on with the text where it was cut, some do not.
    fn fragment(self, unfinished: Option<&Said>) -> Vec<u8> {
        let begun = unfinished.map_or(0, |(_, data)| data.len());
        words(begun + usize::from(self.which >> 2 & 1), self.len())
    }

    fn send_fragment(self, end: &mut End) {
        let data = self.fragment(end.unfinished.as_ref());
        let sent = end.side.connection.send_fragment(&data, &mut end.side.outgoing);
        check_refusal(sent, end.unfinished.as_ref());
        if sent.is_ok() {
            end.unfinished.as_mut().expect("it was started").1.extend(data);
        }
    }

    fn send_last_fragment(self, end: &mut End) {
        let data = self.fragment(end.unfinished.as_ref());
        let sent = end.side.connection.send_last_fragment(&data, &mut end.side.outgoing);
        check_refusal(sent, end.unfinished.as_ref());
        if sent.is_ok() {
            let (kind, begun) = end.unfinished.take().expect("it was started");
            end.sent.push((kind, [begun, data].concat()));
        }
    }

    /// What an adapter does.
    fn keep_house(self, end: &mut End, now: Time) {
        let Side { connection, incoming, outgoing } = &mut end.side;
        match self.what {
            27 => incoming.lend(vec![0; self.amount % 5000]),
            28 if self.which & 2 == 0 => end.moves ^= true,
            28 => drop(incoming.take_back()),
            29 if self.which & 2 == 0 => connection.lend_contexts(&mut end.contexts),
            29 => connection.take_back_contexts(&mut end.contexts),
            30 if self.which & 0xC0 == 0 => self.send_many(end),
            30 => match self.which >> 1 & 3 {
                0 => outgoing.shrink(),
                1 => connection.set_compression(self.amount & 1 == 0),
                2 => end.takes ^= true,
                _ => end.accept(now),
            },
            _ => self.end(end, now),
        }
    }

    /// More than leaves at once, of all kinds.
    fn send_many(self, end: &mut End) {
        let data = words(0, self.amount % 6000);
        let news = Prepared::binary(&data);
        for at in 0..20 {
            let Side { connection, outgoing, .. } = &mut end.side;
            let sent = match at % 3 {
                0 => connection.send_prepared(&news, outgoing),
                _ => connection.send_binary(&data, outgoing),
            };
            if sent.is_ok() {
                end.sent.push((MessageKind::Binary, data.clone()));
            }
        }
    }

    /// Few of these, as little comes behind them.
    fn end(self, end: &mut End, now: Time) {
        let Side { connection, outgoing, .. } = &mut end.side;
        match self.which >> 1 {
            1 => connection.receive_eof(),
            2 => {
                connection.transport_failed(outgoing);
                end.broken = true;
            }
            3 => connection.abort(outgoing),
            4 => {
                let rejection = Rejection::new(403).expect("a refusal").body("no");
                let _ = connection.reject(now, &rejection, outgoing);
            }
            _ => {}
        }
    }
}

/// Nothing depends on whether it was sent.
const fn ignore(_: Result<(), SendError>) {}

/// The bytes of a text with characters of all lengths, from one of them on.
fn words(from: usize, len: usize) -> Vec<u8> {
    const WORD: &str = "aé€😀";
    let from = from % WORD.len();
    WORD.repeat((from + len).div_ceil(WORD.len())).as_bytes()[from..from + len].into()
}

/// As much of it as is text.
fn text(data: &[u8]) -> &str {
    str::from_utf8(data).unwrap_or_else(|error| {
        str::from_utf8(&data[..error.valid_up_to()]).expect("valid up to there")
    })
}

fn prepared(kind: MessageKind, data: &[u8]) -> Prepared {
    match kind {
        MessageKind::Text => Prepared::text(text(data)),
        MessageKind::Binary => Prepared::binary(data),
    }
}

fn message(kind: MessageKind, data: &[u8]) -> Message {
    match kind {
        MessageKind::Text => Message::text(text(data)),
        MessageKind::Binary => Message::binary(data.to_vec()),
    }
}

fn check_refusal(sent: Result<(), SendError>, unfinished: Option<&Said>) {
    if let Some((MessageKind::Binary, _)) = unfinished {
        assert_ne!(sent, Err(SendError::NotUtf8));
    }
}
