//! A connection in the hand, for what a dialogue cannot say: unwritten output, memory, endings.

use websocket_proto::frame::OpCode;
use websocket_proto::handshake::DeflateParameters;
use websocket_proto::{
    Config, Connection, Ending, Event, Incoming, Outgoing, Progress, ProtocolError, Role, Time,
};

use super::{frame, masked, plain_entropy};

/// An established connection with its memory, and what it received.
pub struct Bare {
    pub connection: Connection,
    pub incoming: Incoming,
    pub outgoing: Outgoing,
    /// The payloads of the messages received; in streaming delivery as far as they have come.
    pub messages: Vec<Vec<u8>>,
    /// The calls of `receive` so far.
    pub calls: usize,
    /// Told once, or the test fails.
    pub ending: Option<Ending>,
}

impl Bare {
    pub fn server(config: Config) -> Self {
        Self::new(Role::Server, config)
    }

    /// A client whose masking keys are all zero.
    pub fn client(config: Config) -> Self {
        Self::new(Role::Client(&plain_entropy), config)
    }

    /// A server and a client.
    pub fn both(config: Config) -> [Self; 2] {
        [Self::server(config), Self::client(config)]
    }

    pub fn new(role: Role, config: Config) -> Self {
        Self::agreed(role, None, config)
    }

    /// With compression, if that was agreed on.
    pub fn agreed(role: Role, agreed: Option<DeflateParameters>, config: Config) -> Self {
        Self {
            connection: Connection::established(role, agreed, config, Time::ZERO),
            incoming: Incoming::new(),
            outgoing: Outgoing::new(),
            messages: Vec::new(),
            calls: 0,
            ending: None,
        }
    }

    /// A frame as this side's peer sends it.
    pub fn framed(&self, fin: bool, opcode: OpCode, payload: impl AsRef<[u8]>) -> Vec<u8> {
        match self.connection.is_client() {
            true => frame(fin, opcode, payload),
            false => masked(fin, opcode, payload),
        }
    }

    /// These bytes arrive in one read. Writes nothing.
    pub fn receive(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), ProtocolError> {
        self.incoming.push(bytes.as_ref());
        self.go_on()
    }

    /// These bytes arrive in reads of `size`, until one of them fails.
    pub fn receive_by(&mut self, size: usize, bytes: &[u8]) -> Result<(), ProtocolError> {
        bytes.chunks(size).try_for_each(|part| self.receive(part))
    }

    /// Receives until more is needed, beyond an error too.
    pub fn go_on(&mut self) -> Result<(), ProtocolError> {
        let mut result = Ok(());
        loop {
            self.calls += 1;
            match self.connection.receive(Time::ZERO, &mut self.incoming, &mut self.outgoing) {
                Ok(Progress::Event) => self.note_event(),
                Ok(Progress::NeedBytes | Progress::Ended) => return result,
                Err(error) => {
                    assert_eq!(result, Ok(()), "a second error");
                    result = Err(error);
                }
            }
        }
    }

    /// The peer ends the stream.
    pub fn eof(&mut self) -> &Ending {
        self.connection.receive_eof();
        self.go_on().unwrap();
        self.ending.as_ref().expect("an ending")
    }

    /// Writes everything that waits.
    pub fn sent(&mut self) -> Vec<u8> {
        let mut sent = Vec::new();
        while !self.outgoing.is_empty() {
            sent.extend_from_slice(self.outgoing.chunk());
            self.outgoing.advance(self.outgoing.chunk().len());
        }
        sent
    }

    /// The transport takes `len` bytes.
    pub fn writes(&mut self, len: usize) -> Vec<u8> {
        let mut taken = self.outgoing.pending().concat();
        taken.truncate(len);
        self.outgoing.advance(taken.len());
        taken
    }

    fn note_event(&mut self) {
        match self.incoming.event().expect("an event, as `receive` said") {
            Event::Text(text) => self.messages.push(text.into()),
            Event::Binary(data) => self.messages.push(data.into()),
            Event::MessageStart(_) => self.messages.push(Vec::new()),
            Event::MessageChunk(chunk) => {
                self.messages.last_mut().expect("a start").extend(&*chunk)
            }
            Event::Ended(ending) => assert!(self.ending.replace(ending.clone()).is_none()),
            _ => {}
        }
    }
}
