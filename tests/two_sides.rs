//! T10: a client and a server over a link that cuts, delays and loses bytes, in virtual time.
//!
//! `SEEDS=1000000` sets how many links are tried, `SEED=n` tries the n-th alone.

mod support;

use std::env;
use std::time::Duration;

use support::plain_entropy;
use websocket_proto::handshake::{Acceptance, ClientRequest};
use websocket_proto::{
    CloseCode, Config, Connection, Delivery, EndCause, Event, Incoming, MessageKind, Outgoing,
    Prepared, Progress, Time, Transport,
};

/// How many links are tried.
const SEEDS: u64 = 10_000;
/// The default deadlines in seconds: handshake, silence, pong, closing handshake.
const DEADLINES: [u64; 4] = [10, 30, 20, 5];
/// The longest time between two looks at the clock.
const STEP: Duration = Duration::from_secs(20);

#[test]
fn t10_both_sides_come_to_an_end() {
    if let Some(seed) = number("SEED") {
        println!("closed cleanly: {}", Link::new(seed).run());
        return;
    }
    let seeds = number("SEEDS").unwrap_or(SEEDS);
    let clean = (0..seeds).filter(|seed| Link::new(*seed).run()).count() as u64;
    assert!(clean > seeds / 4 && clean < seeds, "{clean} of {seeds} links closed cleanly");
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|number| number.parse().expect("a number"))
}

/// One end of a link, with all that its application sent and received.
struct Endpoint {
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
    /// The bytes that were written and have not arrived, and whether the stream ends after them.
    way: (Vec<u8>, bool),
    /// Whether further output is lost.
    broken: bool,
    sent: Vec<Vec<u8>>,
    unfinished: Option<Vec<u8>>,
    received: Vec<Vec<u8>>,
    /// The message that is being received in chunks.
    begun: Option<Vec<u8>>,
    /// Whether messages are taken as owned ones.
    takes: bool,
    ended: Option<EndCause>,
}

/// A client and a server with a link between them.
struct Link {
    ends: [Endpoint; 2],
    now: Time,
    random: Random,
    seed: u64,
    /// How many more actions the applications take.
    acts: u32,
    /// Since when the link is broken or a side has ended, with no byte arriving.
    over_since: Option<Time>,
}

impl Endpoint {
    fn new(connection: Connection, outgoing: Outgoing, takes: bool) -> Self {
        Self {
            connection,
            incoming: Incoming::new(),
            outgoing,
            way: (Vec::new(), false),
            broken: false,
            sent: Vec::new(),
            unfinished: None,
            received: Vec::new(),
            begun: None,
            takes,
            ended: None,
        }
    }

    fn receive(&mut self, now: Time) {
        loop {
            match self.connection.receive(now, &mut self.incoming, &mut self.outgoing) {
                Ok(Progress::Event) => self.note_event(now),
                Ok(Progress::NeedBytes | Progress::Ended) => return,
                Err(error) => panic!("nobody broke the protocol: {error}"),
            }
        }
    }

    fn note_event(&mut self, now: Time) {
        assert_eq!(self.ended, None, "an event after the end");
        match self.incoming.event().expect("an event, as `receive` said") {
            Event::Request(_) => {
                self.connection.accept(now, &Acceptance::new(), &mut self.outgoing).unwrap();
            }
            Event::Text(_) | Event::Binary(_) if self.takes => {
                self.received.push(self.incoming.take_payload().unwrap().into());
            }
            Event::Text(text) => self.received.push(text.into()),
            Event::Binary(data) => self.received.push(data.into()),
            Event::MessageStart(_) => assert!(self.begun.replace(Vec::new()).is_none()),
            Event::MessageChunk(chunk) => {
                self.begun.as_mut().expect("begun").extend_from_slice(chunk)
            }
            Event::MessageEnd => self.received.push(self.begun.take().expect("begun")),
            Event::Ended(ending) => self.ended = Some(ending.cause),
            _ => {}
        }
    }

    /// Writes up to `most` bytes of output, and ends the stream when the connection asks for it.
    fn write(&mut self, most: usize) {
        let mut bytes = self.outgoing.pending().concat();
        bytes.truncate(most);
        self.outgoing.advance(bytes.len());
        if self.broken {
            return;
        }
        self.way.0.extend(bytes);
        self.way.1 |= self.outgoing.is_empty() && self.connection.transport() != Transport::Keep;
    }

    /// The application takes one of its possible actions. A refused message was not sent.
    fn act(&mut self, random: &mut Random, now: Time) {
        let data = message(random);
        let text = str::from_utf8(&data).unwrap();
        let (connection, out) = (&mut self.connection, &mut self.outgoing);
        match random.below(18) {
            0..4 if connection.send_text(text, out).is_ok() => self.sent.push(data),
            4..8 if connection.send_binary(&data, out).is_ok() => self.sent.push(data),
            8..10 if connection.start_message(MessageKind::Binary).is_ok() => {
                self.unfinished = Some(Vec::new());
            }
            10..12 if connection.send_fragment(&data, out).is_ok() => {
                self.unfinished.as_mut().expect("started").extend(data);
            }
            12..14 if connection.send_last_fragment(&data, out).is_ok() => {
                let begun = self.unfinished.take().expect("started");
                self.sent.push([begun, data].concat());
            }
            14 => drop(connection.send_ping(&data[..data.len().min(125)], out)),
            16 if connection.send_prepared(&Prepared::text(text), out).is_ok() => {
                self.sent.push(data);
            }
            17 => drop(connection.send_pong(&data[..data.len().min(125)], out)),
            15 if random.below(3) == 0 => {
                let code = [CloseCode::NORMAL, CloseCode::NO_STATUS][random.below(2)];
                let _ = connection.start_close(now, code, "", out);
            }
            _ => {}
        }
    }
}

/// A message that differs from all others: up to 300 bytes, or, rarely, more than a window holds.
fn message(random: &mut Random) -> Vec<u8> {
    let len = if random.below(200) == 0 { 20_000 } else { random.below(300) };
    let word = format!("{} ", random.below(1_000_000));
    let mut message = word.repeat(len.div_ceil(word.len()));
    message.truncate(len);
    message.into()
}

/// A random configuration.
fn config(random: &mut Random) -> Config {
    let mut config = Config::default();
    if random.below(4) == 0 {
        config.delivery = Delivery::Streaming;
    }
    if random.below(3) == 0 {
        config.fragment_size = Some(random.below(400));
    }
    // The fragments of the other side may be very short.
    config.limits.extra_fragments = u32::MAX;
    config.automatic_pong = random.below(8) > 0;
    config.keepalive.as_mut().unwrap().when_busy = random.below(2) == 0;
    #[cfg(feature = "deflate")]
    if random.below(2) == 0 {
        config.deflate = Some(websocket_proto::Deflate::default());
    }
    config
}

impl Link {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let now = Time::ZERO;
        let request = ClientRequest::new("ws://h/").unwrap();
        let (config, takes) = (config(&mut random), random.below(2) == 0);
        let mut outgoing = Outgoing::new();
        let client =
            Connection::client(&request, config, now, &plain_entropy, &mut outgoing).unwrap();
        let client = Endpoint::new(client, outgoing, takes);
        let (config, takes) = (self::config(&mut random), random.below(2) == 0);
        let server = Endpoint::new(Connection::server(config, now), Outgoing::new(), takes);
        let acts = random.below(60) as u32;
        Self { ends: [client, server], now, random, seed, acts, over_since: None }
    }

    /// Runs until both ends have ended; returns whether both ended cleanly.
    fn run(mut self) -> bool {
        // A link breaks at a random step. Most never do.
        let breaks = self.random.below(400);
        for step in 0..20_000 {
            if step == breaks && self.random.below(2) == 0 {
                self.break_off();
            }
            self.step();
            self.note_over();
            if self.ends.iter().all(|end| end.ended.is_some()) {
                return self.check();
            }
        }
        panic!("seed {}: no end", self.seed);
    }

    fn note_over(&mut self) {
        let done = |end: &Endpoint| end.broken || end.connection.transport() != Transport::Keep;
        if self.ends.iter().any(done) {
            self.over_since.get_or_insert(self.now);
        }
    }

    fn step(&mut self) {
        let at = self.random.below(2);
        match self.random.below(4) {
            0 if self.acts > 0 => {
                self.acts -= 1;
                self.ends[at].act(&mut self.random, self.now);
            }
            1 => {
                let most = self.random.below(200);
                self.ends[at].write(most);
            }
            2 => self.arrive(at),
            _ => self.pass(),
        }
    }

    /// Delivers some of the bytes from one end to the other, or the end of the stream.
    fn arrive(&mut self, from: usize) {
        let most = self.random.below(100);
        let (bytes, over) = &mut self.ends[from].way;
        let arrived: Vec<u8> = bytes.drain(..bytes.len().min(most)).collect();
        let eof = *over && bytes.is_empty();
        if !arrived.is_empty() {
            self.over_since = None;
        }
        let to = &mut self.ends[1 - from];
        to.incoming.push(&arrived);
        if eof {
            to.connection.receive_eof();
        }
        to.receive(self.now);
    }

    /// Lets a little time pass, or much if there is nothing else to do.
    fn pass(&mut self) {
        let idle = self.ends.iter().all(|end| end.outgoing.is_empty() && end.way.0.is_empty());
        let millis = if idle && self.acts == 0 { STEP.as_millis() as usize } else { 200 };
        self.now = self.now.after(Duration::from_millis(self.random.below(millis) as u64));
        for end in &mut self.ends {
            end.receive(self.now);
            end.connection.handle_timeout(self.now, &mut end.outgoing);
            end.receive(self.now);
        }
        if idle && self.acts == 0 {
            let (client, now) = (&mut self.ends[0], self.now);
            let _ = client.connection.start_close(now, CloseCode::NORMAL, "", &mut client.outgoing);
        }
    }

    /// Breaks the link: a part of the bytes on their way is lost, and no more arrive.
    fn break_off(&mut self) {
        for end in &mut self.ends {
            let kept = self.random.below(end.way.0.len() + 1);
            end.way.0.truncate(kept);
            (end.way.1, end.broken) = (true, true);
            end.connection.handle_transport_failure(&mut end.outgoing);
        }
    }

    /// Checks that the messages received are the beginning of those sent, and all of them after a
    /// clean end, and that no side outlives the other by more than its deadlines.
    fn check(&self) -> bool {
        let over = self.now.since(self.over_since.expect("an end"));
        // Each deadline is noticed at most one step late.
        let most = DEADLINES.iter().map(|seconds| Duration::from_secs(*seconds) + STEP).sum();
        assert!(over <= most, "seed {}: over for {over:?}", self.seed);
        let clean = self.ends.iter().all(|end| end.ended == Some(EndCause::Clean));
        for [from, to] in [[0, 1], [1, 0]].map(|pair| pair.map(|at| &self.ends[at])) {
            assert!(from.sent.starts_with(&to.received), "seed {}", self.seed);
            let all = from.sent.len() == to.received.len();
            assert!(all || !clean, "seed {}: lost before a clean end", self.seed);
            self.check_totals(from, to, clean);
        }
        clean
    }

    /// Checks that one side has received as much as the other has sent, or less if the end was not
    /// clean. (Of output that is dropped, a side does not know how much has arrived.)
    fn check_totals(&self, from: &Endpoint, to: &Endpoint, clean: bool) {
        let (sent, received) = (from.connection.totals().sent, to.connection.totals().received);
        let pairs = [
            (sent.messages, received.messages),
            (sent.frames, received.frames),
            (sent.payload_bytes, received.payload_bytes),
            (sent.wire_bytes, received.wire_bytes),
        ];
        for (sent, received) in pairs {
            let fits = if clean { received == sent } else { received <= sent };
            assert!(fits, "seed {}: {sent} sent, {received} received", self.seed);
        }
    }
}

struct Random(u64);

impl Random {
    /// A number from 0 to below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 8) as usize % bound
    }
}
