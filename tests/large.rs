//! Payloads that do not fit in the window are read straight to the message. Nothing else may
//! differ.

mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use support::{fragments_and_messages, masked, mixed_text, ping};
use websocket_proto::frame::OpCode;
use websocket_proto::{
    Config, Connection, Delivery, EndCause, Event, Incoming, Outgoing, Progress, ProtocolError,
    Role, Time,
};

/// A server with a window of a given length.
struct Server {
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
    messages: Vec<Vec<u8>>,
    pings: usize,
    ending: Option<EndCause>,
    most_heap: usize,
}

impl Server {
    fn new(window: usize) -> Self {
        Self::with_config(Config::default(), window)
    }

    fn with_config(config: Config, window: usize) -> Self {
        let connection = Connection::established(Role::Server, None, config, Time::ZERO);
        let mut incoming = Incoming::new();
        incoming.lend_window(vec![0; window]);
        Self {
            connection,
            incoming,
            outgoing: Outgoing::new(),
            messages: Vec::new(),
            pings: 0,
            ending: None,
            most_heap: 0,
        }
    }

    /// Reads as a transport does, at most `most` bytes at a time.
    fn read(&mut self, mut bytes: &[u8], most: usize) -> Result<(), ProtocolError> {
        while !bytes.is_empty() {
            let space = self.incoming.space();
            let len = space.len().min(most).min(bytes.len());
            space[..len].copy_from_slice(&bytes[..len]);
            self.incoming.commit(len);
            bytes = &bytes[len..];
            self.receive()?;
        }
        Ok(())
    }

    fn receive(&mut self) -> Result<(), ProtocolError> {
        loop {
            let Self { connection, incoming, outgoing, .. } = self;
            match connection.receive(Time::ZERO, incoming, outgoing)? {
                Progress::Event => self.note_event(),
                Progress::NeedBytes | Progress::Ended => break,
            }
        }
        self.most_heap = self.most_heap.max(self.incoming.heap());
        Ok(())
    }

    fn note_event(&mut self) {
        match self.incoming.event() {
            Some(Event::Text(text)) => self.messages.push(text.as_bytes().to_vec()),
            Some(Event::Binary(data)) => self.messages.push(data.to_vec()),
            Some(Event::Ping(_)) => self.pings += 1,
            Some(Event::Ended(ending)) => self.ending = Some(ending.cause),
            _ => {}
        }
    }
}

/// Cut to 32 bits, the length would be 2.
#[test]
fn a_length_that_no_32_bits_can_hold_is_taken_whole() {
    for delivery in [Delivery::Whole, Delivery::Streaming] {
        let mut config = Config::default();
        config.delivery = delivery;
        (config.limits.message, config.limits.frame) = (1 << 40, 1 << 40);
        for window in [16, 1 << 10] {
            let mut server = Server::with_config(config, window);
            let header = [0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0];
            server.read(&[&header[..], b"abc"].concat(), usize::MAX).unwrap();
            server.read(&[b'd'; 1000], usize::MAX).unwrap();
            assert_eq!(server.messages, [&b""[..]; 0], "{delivery:?}, {window}");
            server.connection.receive_eof();
            server.receive().unwrap();
            assert_eq!(server.ending, Some(EndCause::EofInFrame), "{delivery:?}, {window}");
        }
    }
}

#[test]
fn a_long_payload_is_read_past_the_window() {
    let message = mixed_text(100_000);
    let mut server = Server::new(1 << 10);
    server.read(&masked(true, OpCode::Text, &message)[..90_000], usize::MAX).unwrap();
    // The payload went past the window, which is empty and still lent: more of it is read at once.
    assert!(server.incoming.unread().is_empty() && !server.incoming.is_at_rest());
    assert_eq!(server.incoming.space().len(), 8 << 10);
    server.read(&masked(true, OpCode::Text, &message)[90_000..], usize::MAX).unwrap();
    assert_eq!(server.messages, [message]);
    assert!(server.most_heap <= (1 << 10) + 200_000, "{}", server.most_heap);
}

#[test]
fn the_window_may_change_in_the_middle() {
    let frame = masked(true, OpCode::Binary, vec![7; 100_000]);
    let mut server = Server::new(1 << 10);
    server.read(&frame[..50_000], 1000).unwrap();
    let window = server.incoming.take_back_window();
    assert_eq!(window.len(), 1 << 10);
    server.read(&frame[50_000..70_000], 1000).unwrap();
    server.incoming.lend_window(vec![0; 1 << 17]);
    server.incoming.push(&[&frame[70_000..], &ping("")[..]].concat());
    server.receive().unwrap();
    assert_eq!((server.messages, server.pings), (vec![vec![7; 100_000]], 1));
}

/// Bytes that somebody else has read may end where the frame does.
#[test]
fn the_rest_may_be_pushed() {
    let frame = masked(true, OpCode::Binary, vec![7; 100_000]);
    let mut server = Server::new(1 << 10);
    server.read(&frame[..50_000], 1000).unwrap();
    server.incoming.push(&frame[50_000..]);
    server.receive().unwrap();
    assert_eq!(server.messages, [vec![7; 100_000]]);
}

#[test]
fn text_fails_at_the_first_impossible_byte() {
    let mut message = mixed_text(100_000);
    message[60_000] = 0xFF;
    let frame = masked(true, OpCode::Text, &message);
    let header = frame.len() - message.len();
    let mut server = Server::new(1 << 10);
    server.read(&frame[..header + 60_000], 777).unwrap();
    let failed = server.read(&frame[header + 60_000..=header + 60_000], 1);
    assert_eq!(failed, Err(ProtocolError::InvalidUtf8));
    // What follows is ignored, and the memory is released.
    server.read(&frame[header + 60_001..], 1000).unwrap();
    assert_eq!(server.incoming.heap(), 1 << 10);
}

#[test]
fn an_end_in_the_middle_is_reported() {
    let frame = masked(true, OpCode::Binary, vec![7; 100_000]);
    let mut server = Server::new(1 << 10);
    server.read(&frame[..50_000], 1000).unwrap();
    server.connection.receive_eof();
    server.receive().unwrap();
    assert_eq!((server.messages.len(), server.ending), (0, Some(EndCause::EofInFrame)));
    assert_eq!(server.incoming.heap(), 1 << 10);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn reads_of_any_length_have_the_same_result(
        lens in vec(0..60_000_usize, 1..6),
        opcode in select(vec![OpCode::Text, OpCode::Binary]),
        window in select(vec![1, 100, 5_000, 20_000, 70_000]),
        most in select(vec![999, 4_096, 30_000, usize::MAX]),
    ) {
        let parts: Vec<_> = lens.iter().map(|len| mixed_text(*len)).collect();
        let stream = fragments_and_messages(opcode, &parts);
        let mut server = Server::new(window);
        server.read(&stream, most).unwrap();
        let whole = [parts.concat(), b".".to_vec()].concat();
        prop_assert!(server.messages[0] == whole && server.messages[1..] == parts);
        prop_assert_eq!(server.pings, parts.len() - 1);
    }
}
