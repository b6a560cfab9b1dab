//! A connection that collects its messages and its ending, for tests of memory, work and output
//! that is not written.

use websocket_proto::frame::OpCode;
use websocket_proto::handshake::DeflateParameters;
use websocket_proto::{
    Config, Connection, Ending, Event, Incoming, Outgoing, Progress, ProtocolError, Role, Time,
};

use super::{frame, masked, plain_entropy};

/// An established connection with its memory, and what it has received.
pub struct CollectingConnection {
    pub connection: Connection,
    pub incoming: Incoming,
    pub outgoing: Outgoing,
    /// The payloads of the messages received. In streaming delivery the last one may be incomplete.
    pub messages: Vec<Vec<u8>>,
    /// How often `Connection::receive` was called.
    pub receive_calls: usize,
    /// The ending, once it was reported. A second one fails the test.
    pub ending: Option<Ending>,
}

impl CollectingConnection {
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
        Self::with_compression(role, None, config)
    }

    /// A connection with compression, if `agreed` has its parameters.
    pub fn with_compression(role: Role, agreed: Option<DeflateParameters>, config: Config) -> Self {
        Self {
            connection: Connection::established(role, agreed, config, Time::ZERO),
            incoming: Incoming::new(),
            outgoing: Outgoing::new(),
            messages: Vec::new(),
            receive_calls: 0,
            ending: None,
        }
    }

    /// A frame as the peer of this side sends it.
    pub fn framed(&self, fin: bool, opcode: OpCode, payload: impl AsRef<[u8]>) -> Vec<u8> {
        match self.connection.is_client() {
            true => frame(fin, opcode, payload),
            false => masked(fin, opcode, payload),
        }
    }

    /// Receives bytes that arrive in one read. What the connection answers is left in `outgoing`.
    pub fn receive(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), ProtocolError> {
        self.incoming.push(bytes.as_ref());
        self.receive_available()
    }

    /// Receives bytes that arrive in reads of `size` bytes, until one of them fails.
    pub fn receive_in_parts(&mut self, size: usize, bytes: &[u8]) -> Result<(), ProtocolError> {
        bytes.chunks(size).try_for_each(|part| self.receive(part))
    }

    /// Receives all that has arrived, going on after an error, which is returned.
    pub fn receive_available(&mut self) -> Result<(), ProtocolError> {
        let mut result = Ok(());
        loop {
            self.receive_calls += 1;
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

    /// The peer ends the stream; returns the ending.
    pub fn eof(&mut self) -> &Ending {
        self.connection.receive_eof();
        self.receive_available().unwrap();
        self.ending.as_ref().expect("an ending")
    }

    /// Removes all output, as a transport that writes all of it.
    pub fn take_all_output(&mut self) -> Vec<u8> {
        let mut sent = Vec::new();
        while !self.outgoing.is_empty() {
            sent.extend_from_slice(self.outgoing.first_piece());
            self.outgoing.advance(self.outgoing.first_piece().len());
        }
        sent
    }

    /// Removes up to `len` bytes of output, as a transport that writes no more at once.
    pub fn take_output(&mut self, len: usize) -> Vec<u8> {
        let mut taken = self.outgoing.pending().concat();
        taken.truncate(len);
        self.outgoing.advance(taken.len());
        taken
    }

    /// Notes the event that was found.
    pub fn note_event(&mut self) {
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
