//! Several connections that receive into each other's memory. That leads nowhere, but safely: text
//! is UTF-8, nothing is held beyond the limits, and each connection ends once.

use arbitrary::Arbitrary;
use websocket_proto::frame::OpCode;
use websocket_proto::handshake::{Acceptance, ClientRequest};
use websocket_proto::{
    Config, Connection, DeflateContexts, Delivery, DirectRead, EndCause, Event, Incoming, Message,
    Outgoing, Progress, Time,
};

use crate::parameters::Parameters;
use crate::side::{Party, Side, same_bytes};
use crate::wire::{frame, masked};

/// How many connections and how many memories there are.
const SIDES: usize = 3;

#[derive(Arbitrary, Debug)]
pub struct Input<'b> {
    /// The flags of each connection.
    flags: [u8; SIDES],
    agreed: Parameters,
    actions: &'b [u8],
}

/// All connections, and the memories that they share.
struct Mix {
    ends: Vec<End>,
    memories: Vec<Memory>,
    contexts: DeflateContexts,
    /// A read that is under way.
    read: Option<DirectRead>,
}

struct End {
    side: Side,
    /// The memory that it was given.
    memory: Option<usize>,
    /// Whether it was given another as well, or one with bytes that were not meant for it.
    is_mixed: bool,
    ended: bool,
}

struct Memory {
    incoming: Incoming,
    /// The connection that received into it.
    user: Option<usize>,
    /// Whether it has bytes of several connections, or ones that were not meant for it.
    is_mixed: bool,
    pushed: usize,
}

/// The most that a message may hold.
const LIMIT: u64 = 20_000;

impl Input<'_> {
    /// The fuzzer's bytes for this input, which jumps from one memory to the next.
    pub fn seeds(handshake: bool, bytes: &[u8]) -> [Vec<u8>; 2] {
        [0, 1].map(|compression| {
            let state = u8::from(handshake) << 3;
            let mut seed = vec![state, state | 1, state | 2, compression, 0x7F];
            for (at, piece) in bytes.chunks(20).enumerate() {
                let memory = (at / 3 % 3) as u8;
                seed.extend([0, memory << 2, piece.len() as u8]);
                seed.extend_from_slice(piece);
                seed.extend([5, memory << 2 | (at % 3) as u8, 0]);
            }
            seed
        })
    }

    pub fn check(self) {
        let mut mix = Mix::new(&self);
        let mut actions = self.actions;
        while let Some(([kind, which, amount], rest)) = actions.split_first_chunk() {
            actions = mix.apply(*kind, *which, usize::from(*amount), rest);
        }
        mix.finish();
    }
}

impl Mix {
    fn new(input: &Input<'_>) -> Self {
        let end = |flags: &u8| End {
            side: side(*flags, input.agreed),
            memory: None,
            is_mixed: false,
            ended: false,
        };
        let memory =
            || Memory { incoming: Incoming::new(), user: None, is_mixed: false, pushed: 0 };
        Self {
            ends: input.flags.iter().map(end).collect(),
            memories: std::iter::repeat_with(memory).take(SIDES).collect(),
            contexts: DeflateContexts::new(),
            read: None,
        }
    }

    /// One action; returns the bytes that are left for others.
    fn apply<'b>(&mut self, kind: u8, which: u8, amount: usize, rest: &'b [u8]) -> &'b [u8] {
        let (at, memory) = (usize::from(which & 3) % SIDES, usize::from(which >> 2 & 3) % SIDES);
        let end = &mut self.ends[at];
        let incoming = &mut self.memories[memory].incoming;
        match kind % 16 {
            kind @ 0..=2 => {
                let (bytes, rest) = rest.split_at(amount.min(rest.len()));
                match kind {
                    0 => self.arrive(memory, bytes),
                    1 => self.arrive(memory, &masked(bytes, [0x37, 0xFA, 0x21, 0x3D])),
                    // So long that it is read directly, and begun only.
                    _ => {
                        let long = frame(which & 64 == 0, false, OpCode::Text, &bytes.repeat(60));
                        self.arrive(memory, &long[..long.len() * usize::from(which) / 256]);
                    }
                }
                return rest;
            }
            3..=8 => self.receive(at, memory),
            9 => incoming.lend_window(vec![0; amount << 4]),
            10 => drop(incoming.take_back_window()),
            11 => end.side.connection.lend_contexts(&mut self.contexts),
            12 => end.side.connection.take_back_contexts(&mut self.contexts),
            13 if which & 64 == 0 => self.begin_read(memory),
            13 => self.finish_read(memory, amount << 3),
            14 => check_owned(incoming.take_message()),
            _ if amount > 250 => end.side.connection.receive_eof(),
            _ => {
                let Side { connection, outgoing, .. } = &mut end.side;
                let _ = connection.accept(Time::ZERO, &Acceptance::new(), outgoing);
            }
        }
        rest
    }

    /// Bytes arrive, in the window or straight in the message.
    fn arrive(&mut self, memory: usize, bytes: &[u8]) {
        let Memory { incoming, pushed, .. } = &mut self.memories[memory];
        *pushed += bytes.len();
        let space = incoming.space();
        match space.get_mut(..bytes.len()) {
            Some(space) => {
                space.copy_from_slice(bytes);
                incoming.commit(bytes.len());
            }
            None => incoming.push(bytes),
        }
    }

    fn begin_read(&mut self, memory: usize) {
        if self.read.is_none() {
            self.read = self.memories[memory].incoming.take_direct_read();
            // If bytes arrive in another way before the end of the read, they are foreign.
            self.memories[memory].is_mixed |= self.read.is_some();
        }
    }

    fn finish_read(&mut self, memory: usize, len: usize) {
        if let Some(mut read) = self.read.take() {
            let len = len.min(read.space().len());
            read.space()[..len].fill(b'x');
            let memory = &mut self.memories[memory];
            memory.is_mixed = true;
            memory.pushed += len;
            memory.incoming.finish_direct_read(read, len);
        }
    }

    /// Receives until more bytes are needed.
    fn receive(&mut self, at: usize, memory: usize) {
        let (end, Memory { incoming, user, is_mixed, pushed }) =
            (&mut self.ends[at], &mut self.memories[memory]);
        *is_mixed |= *user.get_or_insert(at) != at;
        end.is_mixed |= *is_mixed || *end.memory.get_or_insert(memory) != memory;
        loop {
            let Side { connection, outgoing, .. } = &mut end.side;
            let progress = connection.receive(Time::ZERO, incoming, outgoing);
            end.side.take_output();
            match progress {
                Ok(Progress::Event) => end.note(incoming),
                Ok(Progress::NeedBytes | Progress::Ended) => break,
                Err(_) => {}
            }
        }
        let most = 4 * (LIMIT as usize + *pushed) + (1 << 16);
        assert!(incoming.heap() <= most, "{} bytes held, {most} allowed", incoming.heap());
    }

    /// Every connection ends when its stream is over, whatever memory it is given.
    fn finish(mut self) {
        /// More deadlines than can pass.
        const MAX_DEADLINES: usize = 6;
        for at in 0..SIDES {
            self.ends[at].side.connection.receive_eof();
            self.receive(at, at);
            for _ in 0..MAX_DEADLINES {
                let Side { connection, outgoing, .. } = &mut self.ends[at].side;
                let Some(deadline) = connection.poll_timeout() else { break };
                connection.handle_timeout(deadline, outgoing);
                let next = connection.poll_timeout();
                assert!(next.is_none_or(|next| next > deadline), "a deadline that stays due");
                self.receive(at, at);
            }
            assert!(self.ends[at].ended, "no end");
        }
    }
}

impl End {
    fn note(&mut self, incoming: &mut Incoming) {
        assert!(!self.ended, "an event after the end");
        match incoming.event().expect("an event, as `receive` said") {
            Event::Text(text) => check_text(text.as_bytes()),
            Event::Close { reason, .. } => check_text(reason.as_bytes()),
            Event::MessageChunk(chunk) => assert!(!chunk.is_empty(), "an empty chunk"),
            Event::Ended(ending) => {
                self.ended = true;
                let is_foreign = ending.cause == EndCause::ForeignMemory;
                assert!(!is_foreign || self.is_mixed, "it had its own memory");
            }
            _ => {}
        }
    }
}

/// A connection in its opening handshake, or after it.
fn side(flags: u8, agreed: Parameters) -> Side {
    let party = if flags & 1 == 0 { Party::Client } else { Party::Server };
    let mut config = Config::default();
    config.delivery = if flags & 2 == 0 { Delivery::Whole } else { Delivery::Streaming };
    (config.limits.message, config.limits.frame) = (LIMIT, LIMIT);
    if flags & 8 == 0 {
        return Side::open(party, agreed.agreed_both_ways().filter(|_| flags & 4 == 0), config);
    }
    let mut outgoing = Outgoing::new();
    let connection = match party {
        Party::Server => Connection::server(config, Time::ZERO),
        Party::Client => {
            let request = ClientRequest::new("ws://h/").expect("a URL");
            Connection::client(&request, config, Time::ZERO, &same_bytes, &mut outgoing)
                .expect("random bytes")
        }
    };
    Side::new(connection, outgoing)
}

fn check_text(text: &[u8]) {
    assert!(str::from_utf8(text).is_ok(), "{text:02x?}");
}

fn check_owned(message: Option<Message>) {
    match message {
        Some(Message::Text(text)) => check_text(text.as_bytes()),
        Some(Message::Close { reason, .. }) => check_text(reason.as_bytes()),
        _ => {}
    }
}
