//! Plays a dialogue once, with its bytes cut into reads in one way.

use std::time::Duration;

use websocket_proto::frame::Masking;
use websocket_proto::{
    Connection, Delivery, Event, Incoming, MessageKind, Outgoing, Progress, Role, Time,
};

use super::frames::{in_words, quoted, spaced};
use super::{Decision, Dialogue, Start, Step, plain_entropy};

/// How the bytes of a dialogue are cut into reads.
pub enum Cuts {
    Whole,
    Bytes,
    Random(u64),
}

struct Player {
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
    now: Time,
    echo: bool,
    lend_contexts: bool,
    decision: Option<Decision>,
    log: Vec<String>,
    sends_inside_message: bool,
    /// The unfinished message of streaming delivery, as far as it has arrived.
    unfinished: Option<(MessageKind, Vec<u8>)>,
}

impl Dialogue {
    pub fn play(&self, cuts: &Cuts) -> Vec<String> {
        let mut player = Player::start(self);
        player.note_sent();
        let mut random = match cuts {
            Cuts::Random(seed) => Some(Xorshift(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)),
            Cuts::Whole | Cuts::Bytes => None,
        };
        for step in &self.steps {
            player.step(step, |len| match cuts {
                Cuts::Whole => len,
                Cuts::Bytes => 1,
                Cuts::Random(_) => random.as_mut().map_or(len, |random| random.up_to(len)),
            });
        }
        player.log
    }
}

impl Player {
    fn start(dialogue: &Dialogue) -> Self {
        let (config, agreed, now) = (dialogue.config, dialogue.agreed, Time::ZERO);
        let mut outgoing = Outgoing::new();
        let connection = match &dialogue.start {
            Start::EstablishedServer => Connection::established(Role::Server, agreed, config, now),
            Start::EstablishedClient => {
                Connection::established(Role::Client(&plain_entropy), agreed, config, now)
            }
            Start::Server => Connection::server(config, now),
            Start::Client(request) => {
                Connection::client(request, config, now, &plain_entropy, &mut outgoing).unwrap()
            }
        };
        Self {
            connection,
            incoming: Incoming::new(),
            outgoing,
            now,
            echo: dialogue.echo,
            lend_contexts: dialogue.lend_contexts,
            decision: dialogue.decision.clone(),
            log: Vec::new(),
            sends_inside_message: false,
            unfinished: None,
        }
    }

    fn step(&mut self, step: &Step, mut cut: impl FnMut(usize) -> usize) {
        match step {
            Step::Receive(bytes) => {
                let mut rest = &bytes[..];
                while !rest.is_empty() {
                    let (part, after) = rest.split_at(cut(rest.len()));
                    self.incoming.push(part);
                    if self.lend_contexts && part.len() % 3 > 0 {
                        lend_contexts(&mut self.connection);
                    }
                    self.receive();
                    if self.lend_contexts && part.len() % 2 > 0 {
                        take_back_contexts(&mut self.connection);
                    }
                    rest = after;
                }
            }
            Step::Do(command) => {
                if let Err(error) = command(&mut self.connection, self.now, &mut self.outgoing) {
                    self.log.push(format!("refuses {error:?}"));
                }
            }
            Step::Pass(time) => self.pass(*time),
            Step::Eof => self.connection.receive_eof(),
            Step::TransportFails => self.connection.handle_transport_failure(&mut self.outgoing),
        }
        self.receive();
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now.after(time);
        while let Some(deadline) = self.connection.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(deadline);
            self.connection.handle_timeout(self.now, &mut self.outgoing);
            self.receive();
        }
        self.now = end;
    }

    fn receive(&mut self) {
        loop {
            let result = self.connection.receive(self.now, &mut self.incoming, &mut self.outgoing);
            match result {
                Ok(Progress::Event) => self.note_event(),
                Ok(Progress::NeedBytes | Progress::Ended) => return self.note_sent(),
                Err(error) => self.log.push(format!("failed {error:?}")),
            }
            self.note_sent();
        }
    }

    fn note_event(&mut self) {
        let streaming = self.connection.config().delivery == Delivery::Streaming;
        let event = self.incoming.event().expect("an event, as `receive` said");
        let word = match event {
            Event::Request(request) => {
                let word = format!("request {}", request.target());
                if let Some(decide) = &self.decision {
                    let (now, outgoing) = (self.now, &mut self.outgoing);
                    match decide() {
                        Ok(acceptance) => self.connection.accept(now, &acceptance, outgoing),
                        Err(rejection) => self.connection.reject(now, &rejection, outgoing),
                    }
                    .unwrap();
                }
                word
            }
            Event::Open(response) => format!("open {}", response.status()),
            Event::Refused(response) => {
                format!("refused {} {}", response.status(), quoted(response.body()))
            }
            Event::Text(_) | Event::Binary(_) if streaming => {
                panic!("a whole message in streaming delivery: {event:?}")
            }
            Event::Text(text) => {
                if self.echo {
                    self.connection.send_text(text, &mut self.outgoing).unwrap();
                }
                format!("text {}", quoted(text.as_bytes()))
            }
            Event::Binary(data) => {
                if self.echo {
                    self.connection.send_binary(data, &mut self.outgoing).unwrap();
                }
                format!("binary {}", spaced(data))
            }
            Event::MessageStart(kind) => {
                assert!(streaming);
                assert!(self.unfinished.replace((kind, Vec::new())).is_none());
                return;
            }
            Event::MessageChunk(chunk) => {
                assert!(!chunk.is_empty());
                self.unfinished.as_mut().expect("a start").1.extend_from_slice(chunk);
                return;
            }
            Event::MessageEnd => return self.note_finished(),
            Event::Ping(payload) => format!("ping {}", quoted(payload)),
            Event::Pong { payload, round_trip: None, .. } => format!("pong {}", quoted(payload)),
            Event::Pong { payload, round_trip: Some(time), .. } => {
                format!("pong {} after {time:?}", quoted(payload))
            }
            Event::Close { code, reason, .. } => format!("close {code} {reason:?}"),
            Event::Ended(ending) => format!("ended {:?}", ending.cause),
            other => format!("{other:?}"),
        };
        self.log.push(word);
    }

    /// Notes a message of streaming delivery in the words of a whole one.
    fn note_finished(&mut self) {
        let (kind, payload) = self.unfinished.take().expect("a start");
        match kind {
            MessageKind::Text => {
                let text = String::from_utf8(payload).expect("checked as it arrived");
                if self.echo {
                    self.connection.send_text(&text, &mut self.outgoing).unwrap();
                }
                self.log.push(format!("text {}", quoted(text.as_bytes())));
            }
            MessageKind::Binary => {
                if self.echo {
                    self.connection.send_binary(&payload, &mut self.outgoing).unwrap();
                }
                self.log.push(format!("binary {}", spaced(&payload)));
            }
        }
    }

    fn note_sent(&mut self) {
        let bytes = self.outgoing.pending().concat();
        self.outgoing.advance(bytes.len());
        let masking =
            if self.connection.is_client() { Masking::Required } else { Masking::Forbidden };
        self.log.extend(in_words(&bytes, masking, &mut self.sends_inside_message));
    }
}

#[cfg(feature = "deflate")]
std::thread_local! {
    /// Shared by all connections of the thread, so that each is lent contexts that others have
    /// used.
    static CONTEXTS: std::cell::RefCell<websocket_proto::DeflateContexts> =
        const { std::cell::RefCell::new(websocket_proto::DeflateContexts::new()) };
}

#[cfg(feature = "deflate")]
fn lend_contexts(connection: &mut Connection) {
    CONTEXTS.with_borrow_mut(|contexts| connection.lend_contexts(contexts));
}

#[cfg(feature = "deflate")]
fn take_back_contexts(connection: &mut Connection) {
    CONTEXTS.with_borrow_mut(|contexts| connection.take_back_contexts(contexts));
}

#[cfg(not(feature = "deflate"))]
fn lend_contexts(_: &mut Connection) {}

#[cfg(not(feature = "deflate"))]
fn take_back_contexts(_: &mut Connection) {}

/// A random generator with a seed, so that a failing cut can be played again.
struct Xorshift(u64);

impl Xorshift {
    /// A number from 1 to `most`. Small ones are likelier, as short reads cut headers.
    fn up_to(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let most = if self.0 & 1 == 0 { most.min(16) } else { most };
        1 + (self.0 >> 8) as usize % most
    }
}
