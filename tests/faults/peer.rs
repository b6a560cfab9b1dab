//! The peer at the other end of a stream: a connection without faults that sends what the scenario
//! has, and notes what it receives.

use websocket_proto::handshake::{Acceptance, ClientRequest};
use websocket_proto::{
    CloseCode, Connection, Event, Incoming, MessageKind, Outgoing, Progress, SendError, Time,
    Transport,
};

use super::scenario::{LAST, Scenario, Side, in_words, noise};
use super::support::plain_entropy;

pub(crate) struct Peer {
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
    scenario: Scenario,
    /// Bytes that the peer has sent and the adapter has not read.
    pub(crate) output: Vec<u8>,
    peer_log: PeerLog,
}

/// What a peer has received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PeerLog {
    /// The messages, pings and Close frames, in words.
    pub(crate) messages: Vec<String>,
    pub(crate) pongs: Vec<String>,
    pub(crate) violations: Vec<String>,
    pub(crate) endings: usize,
}

impl Peer {
    pub(crate) fn new(scenario: Scenario) -> Self {
        let (config, mut outgoing) = (scenario.config(), Outgoing::new());
        let connection = match scenario.side {
            Side::Client => Connection::server(config, Time::ZERO),
            Side::Server => {
                let request = ClientRequest::new("ws://h/").unwrap();
                Connection::client(&request, config, Time::ZERO, &plain_entropy, &mut outgoing)
                    .unwrap()
            }
        };
        let (incoming, output, peer_log) = (Incoming::new(), Vec::new(), PeerLog::default());
        let mut peer = Self { connection, incoming, outgoing, scenario, output, peer_log };
        peer.write();
        peer
    }

    pub(crate) fn peer_log(&self) -> &PeerLog {
        &self.peer_log
    }

    /// These bytes arrive.
    pub(crate) fn receive(&mut self, bytes: &[u8]) {
        self.incoming.push(bytes);
        self.go_on();
    }

    /// The stream ends.
    pub(crate) fn eof(&mut self) {
        self.connection.receive_eof();
        self.go_on();
    }

    /// Whether the stream ends after the present output.
    pub(crate) fn is_done(&self) -> bool {
        self.connection.transport() != Transport::Keep
    }

    fn go_on(&mut self) {
        loop {
            let (incoming, outgoing) = (&mut self.incoming, &mut self.outgoing);
            match self.connection.receive(Time::ZERO, incoming, outgoing) {
                Ok(Progress::Event) => self.note_event(),
                Ok(Progress::NeedBytes | Progress::Ended) => break,
                Err(error) => self.peer_log.violations.push(error.to_string()),
            }
        }
        self.write();
    }

    fn write(&mut self) {
        while !self.outgoing.is_empty() {
            let bytes = self.outgoing.pending().concat();
            self.outgoing.advance(bytes.len());
            self.output.extend(bytes);
        }
    }

    fn note_event(&mut self) {
        let Self { connection, outgoing, peer_log, .. } = self;
        let word = match self.incoming.event().expect("an event") {
            Event::Request(_) => {
                connection.accept(Time::ZERO, &Acceptance::new(), outgoing).unwrap();
                return self.send_messages().unwrap();
            }
            Event::Open(_) => return self.send_messages().unwrap(),
            Event::Pong { payload, .. } => return peer_log.pongs.push(in_words(payload)),
            Event::Ended(_) => return peer_log.endings += 1,
            Event::Text(text) => format!("text {}", in_words(text.as_bytes())),
            Event::Binary(data) => format!("binary {}", in_words(data)),
            Event::Ping(payload) => format!("ping {}", in_words(payload)),
            Event::Close { code, reason, .. } => format!("close {code} {reason:?}"),
            other => format!("{other:?}"),
        };
        let is_last = word == format!("text {LAST:?}");
        peer_log.messages.push(word);
        if is_last && self.scenario.peer_closes {
            connection.start_close(Time::ZERO, CloseCode::NORMAL, "peer", outgoing).unwrap();
        }
    }

    /// Sends all messages of the peer.
    fn send_messages(&mut self) -> Result<(), SendError> {
        let Self { connection, outgoing, .. } = self;
        connection.send_text("one", outgoing)?;
        connection.send_ping(b"1", outgoing)?;
        connection.start_message(MessageKind::Text)?;
        connection.send_fragment("ä fr".as_bytes(), outgoing)?;
        connection.send_ping(b"2", outgoing)?;
        connection.send_fragment("agmented m".as_bytes(), outgoing)?;
        connection.send_last_fragment("essage".as_bytes(), outgoing)?;
        connection.send_binary(noise(self.scenario.large_len), outgoing)?;
        connection.send_text(LAST, outgoing)
    }
}
