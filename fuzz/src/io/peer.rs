//! The peer at the other end of a stream: a connection without faults, in a session of TLS or not.

use std::io::{ErrorKind, Read, Write};

use rustls::Connection as Session;
use websocket_proto::handshake::{Acceptance, ClientRequest};
use websocket_proto::{
    CloseCode, Config, Connection, Deflate, EndCause, Event, Outgoing, Progress, Time, Transport,
};

use super::Setup;
use super::record::{Message, content};
use super::script::Content;
use crate::side::{Side, same_bytes};

pub(crate) struct Peer {
    side: Side,
    session: Option<Session>,
    /// What the adapter has yet to read.
    pub(crate) output: Vec<u8>,
    pub(crate) sent: Vec<Message>,
    pub(crate) received: Vec<Message>,
    /// How the connection has ended, each time that it did.
    pub(crate) endings: Vec<EndCause>,
}

impl Peer {
    /// The peer of an adapter that is set up like this.
    pub(crate) fn new(setup: Setup, session: Option<Session>) -> Self {
        let (config, mut outgoing) = (config(setup), Outgoing::new());
        let connection = if setup.is_server() {
            Connection::client(&request(), config, Time::ZERO, &same_bytes, &mut outgoing)
                .expect("random bytes")
        } else {
            Connection::server(config, Time::ZERO)
        };
        let mut peer = Self {
            side: Side::new(connection, outgoing),
            session,
            output: Vec::new(),
            sent: Vec::new(),
            received: Vec::new(),
            endings: Vec::new(),
        };
        peer.write();
        peer
    }

    pub(crate) fn send(&mut self, wanted: Content) {
        let message = content(wanted, self.sent.len());
        let Side { connection, outgoing, .. } = &mut self.side;
        let sent = match wanted.is_text {
            true => connection.send_text(str::from_utf8(&message.1).expect("ASCII"), outgoing),
            false => connection.send_binary(&message.1, outgoing),
        };
        if sent.is_ok() {
            self.sent.push(message);
        }
        self.write();
    }

    pub(crate) fn ping(&mut self) {
        // It fails before the connection is open and after it was closed.
        let _ = self.side.connection.send_ping(b"?", &mut self.side.outgoing);
        self.write();
    }

    pub(crate) fn close(&mut self) {
        let Side { connection, outgoing, .. } = &mut self.side;
        let _ = connection.start_close(Time::ZERO, CloseCode::NORMAL, "peer", outgoing);
        self.write();
    }

    /// These bytes arrive.
    pub(crate) fn receive(&mut self, mut bytes: &[u8]) {
        match &mut self.session {
            None => self.side.incoming.push(bytes),
            Some(session) => {
                while !bytes.is_empty() {
                    session.read_tls(&mut bytes).expect("bytes in memory");
                    session.process_new_packets().expect("nobody damages records");
                    let mut plain = Vec::new();
                    if let Err(error) = session.reader().read_to_end(&mut plain) {
                        assert_eq!(error.kind(), ErrorKind::WouldBlock);
                    }
                    self.side.incoming.push(&plain);
                }
            }
        }
        self.go_on();
    }

    /// The stream ends.
    pub(crate) fn eof(&mut self) {
        self.side.connection.receive_eof();
        self.go_on();
    }

    /// Whether the stream ends after the present output.
    pub(crate) fn is_done(&self) -> bool {
        self.side.connection.transport() != Transport::Keep
    }

    fn go_on(&mut self) {
        loop {
            let Side { connection, incoming, outgoing } = &mut self.side;
            match connection.receive(Time::ZERO, incoming, outgoing) {
                Ok(Progress::Event) => self.note_event(),
                Ok(Progress::NeedBytes | Progress::Ended) => break,
                Err(error) => panic!("the adapter broke the protocol: {error}"),
            }
        }
        self.write();
    }

    fn note_event(&mut self) {
        let Side { connection, incoming, outgoing } = &mut self.side;
        match incoming.event().expect("an event, as `receive` said") {
            Event::Request(_) => {
                connection.accept(Time::ZERO, &Acceptance::new(), outgoing).expect("it waits");
            }
            Event::Text(text) => self.received.push((true, text.into())),
            Event::Binary(data) => self.received.push((false, data.to_vec())),
            Event::Ended(ending) => self.endings.push(ending.cause),
            _ => {}
        }
    }

    /// Whether the stream is one of TLS.
    pub(crate) const fn uses_tls(&self) -> bool {
        self.session.is_some()
    }

    fn write(&mut self) {
        let plain = self.side.take_output();
        let is_done = self.is_done();
        match &mut self.session {
            None => self.output.extend(plain),
            Some(session) => {
                session.set_buffer_limit(None);
                session.writer().write_all(&plain).expect("no limit");
                if is_done {
                    session.send_close_notify();
                }
                while session.wants_write() {
                    session.write_tls(&mut self.output).expect("bytes in memory");
                }
            }
        }
    }
}

/// The configuration of either side: nothing ends by itself.
pub(crate) fn config(setup: Setup) -> Config {
    /// A deadline that does not pass.
    const NEVER: std::time::Duration = std::time::Duration::from_secs(1 << 20);
    let mut config = Config::default();
    (config.handshake_timeout, config.close_timeout) = (NEVER, NEVER);
    (config.keepalive, config.write_timeout) = (None, None);
    config.deflate = setup.deflates().then(Deflate::default);
    config
}

pub(crate) fn request() -> ClientRequest {
    ClientRequest::new("ws://h/").expect("a URL")
}
