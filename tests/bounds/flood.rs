//! A peer that sends the same again and again, while memory is counted.

use std::collections::VecDeque;

use bytes::Bytes;
use websocket_proto::frame::OpCode;
use websocket_proto::handshake::{ClientRequest, DeflateParameters};
use websocket_proto::{
    Config, Connection, Delivery, Event, Incoming, Outgoing, Progress, Role, Time,
};

use crate::counting::{Memory, inside, memory};
use crate::function::Use;
use crate::support::{frame, masked, plain_entropy, secs};

/// What a peer sends again and again, and what the side under test does with it.
#[derive(Clone, Copy)]
pub(crate) struct Flood {
    pub(crate) name: &'static str,
    /// Whether a client is flooded; `None` for both roles.
    pub(crate) client: Option<bool>,
    pub(crate) handshake: bool,
    pub(crate) compressed: bool,
    pub(crate) change: fn(&mut Config),
    /// What the peer sends first.
    pub(crate) lead: fn(Peer) -> Vec<u8>,
    /// What the peer sends again and again, by its number.
    pub(crate) unit: fn(Peer, usize) -> Vec<u8>,
    /// The longest read, in bytes.
    pub(crate) read: usize,
    pub(crate) app: App,
}

/// The application and the transport of the side under test.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum App {
    /// Reads, and writes its output at once.
    Writes,
    /// Reads, and the transport writes nothing.
    Holds,
    /// Echoes each message as long as there is room, and the transport writes nothing.
    Echoes,
    /// Echoes each message, and the transport writes some of the output each time.
    EchoesSlowly,
    /// The same with a writer that takes bytes of its own.
    EchoesInFlight,
    /// Reads, and handles deadlines forty seconds later each time; the transport writes nothing.
    Waits,
}

impl App {
    fn echoes(self) -> bool {
        matches!(self, Self::Echoes | Self::EchoesSlowly | Self::EchoesInFlight)
    }
}

/// The flooding side.
#[derive(Clone, Copy)]
pub(crate) struct Peer {
    pub(crate) is_client: bool,
}

impl Peer {
    pub(crate) fn frame(self, fin: bool, opcode: OpCode, payload: impl AsRef<[u8]>) -> Vec<u8> {
        if self.is_client { masked(fin, opcode, payload) } else { frame(fin, opcode, payload) }
    }

    /// The header of a frame, without its payload.
    pub(crate) fn declared(self, opcode: OpCode, len: u64) -> Vec<u8> {
        let mut header = vec![0x80 | opcode as u8, if self.is_client { 0xFF } else { 0x7F }];
        header.extend(len.to_be_bytes());
        header.extend(self.is_client.then_some([0; 4]).into_iter().flatten());
        header
    }
}

pub(crate) const PLAIN: Flood = Flood {
    name: "",
    client: None,
    handshake: false,
    compressed: false,
    change: |_| (),
    lead: |_| Vec::new(),
    unit: |_, _| Vec::new(),
    read: Incoming::DEFAULT_WINDOW,
    app: App::Writes,
};

/// What a flood cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    pub(crate) memory: Memory,
    /// How many calls of the crate were made.
    pub(crate) calls: usize,
    pub(crate) events: usize,
}

impl Flood {
    pub(crate) fn config(&self, delivery: Delivery) -> Config {
        let mut config = Config::default();
        config.delivery = delivery;
        config.limits.message = 30_000;
        config.limits.output = 10_000;
        if self.compressed {
            config.deflate = Some(Default::default());
        }
        (self.change)(&mut config);
        config
    }

    pub(crate) fn clients(&self) -> Vec<bool> {
        self.client.map_or(vec![false, true], |client| vec![client])
    }

    /// What the bound depends on. An echo is no longer than the longest message that may be
    /// received; requests and answers are short.
    pub(crate) fn used(&self, config: &Config) -> Use {
        let sent = match self.app {
            _ if self.app.echoes() => config.limits.message as usize,
            _ => 1024,
        };
        let takes = self.app == App::EchoesInFlight;
        Use { sent, compressed: self.compressed, takes, ..Use::default() }
    }

    /// Plays a number of units, and drops the connection.
    pub(crate) fn play(&self, client: bool, config: Config, units: usize) -> Spent {
        let peer = Peer { is_client: !client };
        let units = (0..units).map(|at| (self.unit)(peer, at));
        self.play_reads(client, config, std::iter::once((self.lead)(peer)).chain(units))
    }

    /// Plays these reads, and drops the connection.
    pub(crate) fn play_reads(
        &self,
        client: bool,
        config: Config,
        reads: impl IntoIterator<Item = Vec<u8>>,
    ) -> Spent {
        let (mut calls, mut events) = (0, 0);
        let memory = memory(|| {
            let mut side = Side::new(self, client, config);
            reads.into_iter().for_each(|read| side.receive_all(&read));
            inside(|| side.connection.receive_eof());
            side.receive();
            (calls, events) = (side.calls, side.events);
        });
        Spent { memory, calls, events }
    }
}

struct Side<'a> {
    flood: &'a Flood,
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
    in_flight: VecDeque<Bytes>,
    now: Time,
    calls: usize,
    events: usize,
}

impl<'a> Side<'a> {
    fn new(flood: &'a Flood, client: bool, config: Config) -> Self {
        let mut outgoing = Outgoing::new();
        let role = if client { Role::Client(&plain_entropy) } else { Role::Server };
        let agreed = flood.compressed.then(DeflateParameters::default);
        let request = ClientRequest::new("ws://h/c").unwrap();
        let connection = inside(|| match (flood.handshake, client) {
            (false, _) => Connection::established(role, agreed, config, Time::ZERO),
            (true, false) => Connection::server(config, Time::ZERO),
            (true, true) => {
                Connection::client(&request, config, Time::ZERO, &plain_entropy, &mut outgoing)
                    .unwrap()
            }
        });
        Self {
            flood,
            connection,
            incoming: Incoming::new(),
            outgoing,
            in_flight: VecDeque::new(),
            now: Time::ZERO,
            calls: 0,
            events: 0,
        }
    }

    /// Receives bytes. Those that find no room in the window are dropped, as reading would wait.
    fn receive_all(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let space = inside(|| self.incoming.space());
            let len = bytes.len().min(space.len()).min(self.flood.read);
            space[..len].copy_from_slice(&bytes[..len]);
            inside(|| self.incoming.commit(len));
            if len == 0 {
                return;
            }
            bytes = &bytes[len..];
            self.receive();
        }
        self.pass();
    }

    fn receive(&mut self) {
        loop {
            self.calls += 1;
            let (incoming, outgoing) = (&mut self.incoming, &mut self.outgoing);
            match inside(|| self.connection.receive(self.now, incoming, outgoing)) {
                Ok(Progress::Event) => self.event(),
                Ok(Progress::NeedBytes | Progress::Ended) => break,
                Err(_) => {}
            }
        }
        match self.flood.app {
            App::Writes => self.write(usize::MAX),
            App::EchoesSlowly => self.write(50),
            App::EchoesInFlight => self.write_in_flight(50),
            App::Holds | App::Echoes | App::Waits => {}
        }
    }

    fn event(&mut self) {
        self.events += 1;
        if !self.flood.app.echoes() {
            return;
        }
        let outgoing = &mut self.outgoing;
        let _ = inside(|| match self.incoming.event() {
            Some(Event::Text(text)) => self.connection.send_text(text, outgoing),
            Some(Event::Binary(data) | Event::MessageChunk(data)) => {
                self.connection.send_binary(data, outgoing)
            }
            Some(Event::Ping(payload)) => self.connection.send_ping(payload, outgoing),
            _ => Ok(()),
        });
    }

    fn write(&mut self, mut most: usize) {
        while most > 0 && !self.outgoing.is_empty() {
            let len = self.outgoing.first_piece().len().min(most);
            inside(|| self.outgoing.advance(len));
            most -= len;
        }
    }

    fn write_in_flight(&mut self, most: usize) {
        self.in_flight.extend(inside(|| self.outgoing.take_in_flight()));
        let Some(first) = self.in_flight.front_mut() else { return };
        let written = first.split_to(most.min(first.len())).len();
        if first.is_empty() {
            self.in_flight.pop_front();
        }
        inside(|| self.outgoing.advance(written));
    }

    fn pass(&mut self) {
        if self.flood.app == App::Waits {
            self.now = self.now.after(secs(40));
            inside(|| self.connection.handle_timeout(self.now, &mut self.outgoing));
            self.receive();
        }
    }
}
