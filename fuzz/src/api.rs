//! Any order of calls on both ends of a connection, in virtual time. Both ends have to end, and
//! what is delivered has to be what was sent.

use std::sync::LazyLock;
use std::time::Duration;

use arbitrary::Arbitrary;
use websocket_proto::frame::truncate_reason;
use websocket_proto::handshake::Rejection;
use websocket_proto::{
    CloseCode, Config, Deflate, Delivery, Keepalive, Message, MessageKind, Prepared, SendError,
    Time,
};

use crate::link::{Endpoint, Link, OwnedMessage, supply_entropy};
use crate::parameters::Parameters;
use crate::side::Side;

#[derive(Arbitrary, Debug)]
pub struct Input<'b> {
    client: EndpointChoices,
    server: EndpointChoices,
    /// How many calls the entropy has bytes for, minus one; 255 is no limit.
    entropy_calls: u8,
    actions: &'b [u8],
}

/// The configuration of one end.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct EndpointChoices {
    flags: u8,
    deflate: Parameters,
    output: u16,
}

/// One call or other action, with its arguments.
#[derive(Clone, Copy)]
struct Action {
    kind: u8,
    /// The lowest bit chooses the end; the other bits choose among variants of the action.
    choice: u8,
    amount: usize,
}

/// The most actions that are run. Longer dialogues find nothing that shorter ones do not.
const MAX_ACTIONS: usize = 150;

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
            // Only few of the amounts are large.
            let actions = (0..60).flat_map(|_| {
                let [kind, choice, low, high, most, ..] = next();
                [kind, choice, low, high.min(most) >> 2]
            });
            choices.concat().into_iter().chain([255]).chain(actions).collect()
        })
    }

    pub fn check(self) {
        supply_entropy(if self.entropy_calls == 255 {
            u32::MAX
        } else {
            u32::from(self.entropy_calls) + 1
        });
        let mut link = Link::new(self.client.config(), self.server.config());
        link.endpoints[1].accepts_at_once = self.server.flags & 1 == 0;
        for [kind, choice, low, high] in self.actions.as_chunks().0.iter().take(MAX_ACTIONS) {
            let amount = usize::from(u16::from_le_bytes([*low, *high]));
            Action { kind: *kind % 32, choice: *choice, amount }.apply(&mut link);
            link.endpoints.iter().for_each(Endpoint::check);
        }
        link.finish();
    }
}

impl EndpointChoices {
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
        let [pings, fragments] = self.deflate.spare();
        config.automatic_pong = !pings;
        config.keepalive.as_mut().into_iter().for_each(|keepalive| keepalive.when_busy = pings);
        config.fragment_size = fragments.then(|| 16 + usize::from(self.output % 1000));
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

impl Action {
    fn apply(self, link: &mut Link) {
        let at = usize::from(self.choice & 1);
        let now = link.now;
        match self.kind {
            0..=13 => self.send(&mut link.endpoints[at], now),
            14..=16 => link.endpoints[at].write(self.amount),
            17 => {
                let waits = link.endpoints[at].side.outgoing.len();
                link.endpoints[at].write(waits.saturating_sub(self.amount % 20_000));
            }
            18..=20 => link.read(at, self.amount),
            // Bytes that arrive are not always received before a deadline is handled.
            21 => link.arrive(at, self.amount),
            22 => link.endpoints[at].receive(now),
            23 => link.pass(Duration::from_millis(self.amount as u64)),
            24 => {
                link.pass(Duration::from_millis(self.amount as u64 % 200));
                let now = link.now;
                link.endpoints[at].receive(now);
                link.endpoints[at].handle_timeout(now);
            }
            25 => link.endpoints[at].handle_timeout(now),
            26 => link.now = Time::new(Duration::from_millis(self.amount as u64)),
            _ => self.act_as_adapter(&mut link.endpoints[at], now),
        }
    }

    /// Sends or closes, as an application does. A message whose call fails was not sent.
    fn send(self, endpoint: &mut Endpoint, now: Time) {
        let kind = if self.choice & 2 == 0 { MessageKind::Text } else { MessageKind::Binary };
        let text = text(self.len());
        let data = match kind {
            MessageKind::Text => text.as_bytes(),
            MessageKind::Binary => words(0, self.len()),
        };
        let Side { connection, outgoing, .. } = &mut endpoint.side;
        let sent = match self.kind {
            0..=1 => match kind {
                MessageKind::Text => connection.send_text(text, outgoing),
                MessageKind::Binary => connection.send_binary(data, outgoing),
            },
            2 => connection.send_prepared(&prepared(kind, text, data), outgoing),
            3 => connection.send_message(now, &message(kind, text, data), outgoing),
            4 => return self.start(kind, endpoint),
            5..=6 => return self.send_fragment(endpoint),
            7 => return self.send_last_fragment(endpoint),
            8 => return ignore(connection.send_ping(&data[..data.len().min(130)], outgoing)),
            9 => return ignore(connection.send_pong(&data[..data.len().min(130)], outgoing)),
            _ if self.choice & 0xF0 == 0 => {
                let code = CloseCode::new(1000 + (self.amount % 4000) as u16);
                let is_empty = code == CloseCode::NO_STATUS && self.choice & 2 == 2;
                let reason = if is_empty { "" } else { truncate_reason(text) };
                return ignore(connection.start_close(now, code, reason, outgoing));
            }
            _ => return,
        };
        if sent.is_ok() {
            endpoint.sent.push((kind, data.to_vec()));
        }
    }

    /// The length of a message. Only some are long.
    const fn len(self) -> usize {
        if self.choice & 0x80 == 0 { self.amount % 4096 } else { self.amount }
    }

    fn start(self, kind: MessageKind, endpoint: &mut Endpoint) {
        if endpoint.side.connection.start_message(kind).is_ok() {
            endpoint.unfinished = Some((kind, Vec::new()));
        }
    }

    /// The next fragment. Some go on with the text where it was cut, some do not.
    fn fragment(self, unfinished: Option<&OwnedMessage>) -> &'static [u8] {
        let begun = unfinished.map_or(0, |(_, data)| data.len());
        words(begun + usize::from(self.choice >> 2 & 1), self.len())
    }

    fn send_fragment(self, endpoint: &mut Endpoint) {
        let data = self.fragment(endpoint.unfinished.as_ref());
        let sent = endpoint.side.connection.send_fragment(data, &mut endpoint.side.outgoing);
        check_refusal(sent, endpoint.unfinished.as_ref());
        if sent.is_ok() {
            endpoint.unfinished.as_mut().expect("it was started").1.extend(data);
        }
    }

    fn send_last_fragment(self, endpoint: &mut Endpoint) {
        let data = self.fragment(endpoint.unfinished.as_ref());
        let sent = endpoint.side.connection.send_last_fragment(data, &mut endpoint.side.outgoing);
        check_refusal(sent, endpoint.unfinished.as_ref());
        if sent.is_ok() {
            let (kind, begun) = endpoint.unfinished.take().expect("it was started");
            endpoint.sent.push((kind, [&begun, data].concat()));
        }
    }

    /// Does what an adapter does: lends memory, releases it, and more.
    fn act_as_adapter(self, endpoint: &mut Endpoint, now: Time) {
        let Side { connection, incoming, outgoing } = &mut endpoint.side;
        match self.kind {
            27 => incoming.lend_window(vec![0; self.amount % 5000]),
            28 if self.choice & 2 == 0 => endpoint.swaps_window ^= true,
            28 => drop(incoming.take_back_window()),
            29 if self.choice & 2 == 0 => connection.lend_contexts(&mut endpoint.contexts),
            29 => connection.take_back_contexts(&mut endpoint.contexts),
            30 if self.choice & 0xC0 == 0 => self.send_many(endpoint),
            30 => match self.choice >> 1 & 7 {
                0 => outgoing.shrink(),
                1 => connection.set_compression(self.amount & 1 == 0),
                2 => endpoint.takes_owned ^= true,
                3 => endpoint.writes_owned ^= true,
                4 => endpoint.take_in_flight(),
                _ => endpoint.accept(now),
            },
            _ => self.end(endpoint, now),
        }
    }

    /// Sends more messages than can be written at once, some of them prepared.
    fn send_many(self, endpoint: &mut Endpoint) {
        let data = words(0, self.amount % 6000);
        let news = Prepared::binary(data);
        for at in 0..20 {
            let Side { connection, outgoing, .. } = &mut endpoint.side;
            let sent = match at % 3 {
                0 => connection.send_prepared(&news, outgoing),
                _ => connection.send_binary(data, outgoing),
            };
            if sent.is_ok() {
                endpoint.sent.push((MessageKind::Binary, data.to_vec()));
            }
        }
    }

    /// Ends the connection in one of several ways, or, mostly, does nothing, as little can follow.
    fn end(self, endpoint: &mut Endpoint, now: Time) {
        let Side { connection, outgoing, .. } = &mut endpoint.side;
        match self.choice >> 1 {
            1 => connection.receive_eof(),
            2 => {
                connection.handle_transport_failure(outgoing);
                endpoint.broken = true;
            }
            3 => connection.abort(outgoing),
            4 => {
                let rejection = Rejection::forbidden().bytes("no");
                let _ = connection.reject(now, &rejection, outgoing);
            }
            _ => {}
        }
    }
}

/// Ignores a result on which nothing depends.
const fn ignore(_: Result<(), SendError>) {}

/// A text with characters of all lengths, repeated.
static WORDS: LazyLock<String> =
    LazyLock::new(|| WORD.repeat(usize::from(u16::MAX) / WORD.len() + 2));

const WORD: &str = "aé€😀";

/// `len` bytes of the repeated text, starting at byte `from` of it.
fn words(from: usize, len: usize) -> &'static [u8] {
    &WORDS.as_bytes()[from % WORD.len()..][..len]
}

/// At most `len` bytes of the repeated text, in whole characters.
fn text(len: usize) -> &'static str {
    let end = (0..=len).rev().find(|end| WORDS.is_char_boundary(*end));
    &WORDS[..end.unwrap_or_default()]
}

fn prepared(kind: MessageKind, text: &str, data: &[u8]) -> Prepared {
    match kind {
        MessageKind::Text => Prepared::text(text),
        MessageKind::Binary => Prepared::binary(data),
    }
}

fn message(kind: MessageKind, text: &str, data: &[u8]) -> Message {
    match kind {
        MessageKind::Text => Message::text(text),
        MessageKind::Binary => Message::binary(data.to_vec()),
    }
}

/// Checks that fragments of binary messages are not refused as text would be.
fn check_refusal(sent: Result<(), SendError>, unfinished: Option<&OwnedMessage>) {
    if let Some((MessageKind::Binary, _)) = unfinished {
        assert_ne!(sent, Err(SendError::NotUtf8));
    }
}
