//! A client and a server, who talk to each other through memory.

use alloc::string::String;
use alloc::vec::Vec;

use websocket_proto::handshake::{Acceptance, ClientRequest};
use websocket_proto::{
    CloseCode, Config, Connection, Deflate, EndCause, EntropyError, Event, Incoming, Outgoing,
    Progress, Time,
};

/// What was not as it has to be.
#[derive(Debug)]
pub struct Wrong(pub &'static str);

/// So short that everything arrives in parts: heads, headers, keys and characters.
const PIECE: usize = 7;
const NOW: Time = Time::ZERO;

/// Plays the opening handshake, messages that the server sends back, a ping and the closing exchange.
/// What was said is compared, and what was on the wire with the examples of RFC 6455.
///
/// # Errors
///
/// The first difference.
pub fn converse(compressed: bool) -> Result<(), Wrong> {
    let mut wire = Wire::open(compressed)?;
    check(wire.client.connection.deflate().is_some() == compressed, "compression was negotiated")?;
    hello(&mut wire)?;
    long_text(&mut wire, compressed)?;
    binary(&mut wire)?;
    ping(&mut wire)?;
    close(&mut wire)
}

/// §5.7 has these frames: a text that is masked with 37fa213d, and the same unmasked.
fn hello(wire: &mut Wire) -> Result<(), Wrong> {
    wire.client.connection.send_text("Hello", &mut wire.client.outgoing).or(WRONG_SEND)?;
    let (sent, echoed) = wire.exchange()?;
    let masked = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    check(sent == masked, "the masked frame of the RFC's example")?;
    check(echoed == *b"\x81\x05Hello", "the unmasked frame of the RFC's example")?;
    check(wire.client.heard() == *b"Hello", "a short text comes back")
}

fn long_text(wire: &mut Wire, compressed: bool) -> Result<(), Wrong> {
    let text = "Es grüßt euch: 世界, 🌍! ".repeat(300);
    wire.client.connection.send_text(&text, &mut wire.client.outgoing).or(WRONG_SEND)?;
    let (sent, echoed) = wire.exchange()?;
    check(wire.client.heard() == text.as_bytes(), "a long text comes back")?;
    // RSV1 is set.
    let first = if compressed { 0xc1 } else { 0x81 };
    for bytes in [sent, echoed] {
        check(bytes.first() == Some(&first), "the first byte of a long text")?;
        check((bytes.len() < text.len()) == compressed, "the length of a long text")?;
    }
    Ok(())
}

/// Its length takes the form of eight bytes, and nothing in it repeats.
fn binary(wire: &mut Wire) -> Result<(), Wrong> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let data: Vec<u8> = (0..70_000).map(|_| next()).collect();
    wire.client.connection.send_binary(&data, &mut wire.client.outgoing).or(WRONG_SEND)?;
    wire.exchange()?;
    check(wire.client.heard() == data, "a long binary message comes back")
}

fn ping(wire: &mut Wire) -> Result<(), Wrong> {
    wire.client.connection.send_ping(b"there?", &mut wire.client.outgoing).or(WRONG_SEND)?;
    let (_, answer) = wire.exchange()?;
    check(answer == *b"\x8a\x06there?", "a ping is answered")
}

fn close(wire: &mut Wire) -> Result<(), Wrong> {
    let Side { connection, outgoing, .. } = &mut wire.client;
    connection.start_close(NOW, CloseCode::NORMAL, "done", outgoing).or(WRONG_SEND)?;
    let (_, answer) = wire.exchange()?;
    check(answer == *b"\x88\x02\x03\xe8", "a Close frame is answered with its code")?;
    // §7.1.1: the server ends the stream first.
    wire.client.connection.receive_eof();
    wire.client.take_events()?;
    wire.server.connection.receive_eof();
    wire.server.take_events()?;
    let clean = Some(EndCause::Clean);
    check(wire.client.ended == clean && wire.server.ended == clean, "both ends are clean")
}

const WRONG_SEND: Result<(), Wrong> = Err(Wrong("a message can be sent"));

fn check(holds: bool, what: &'static str) -> Result<(), Wrong> {
    if holds { Ok(()) } else { Err(Wrong(what)) }
}

/// The two sides, and what takes bytes from one to the other.
struct Wire {
    client: Side,
    server: Side,
}

impl Wire {
    /// The opening handshake, with the key of §1.3.
    fn open(compressed: bool) -> Result<Self, Wrong> {
        let mut config = Config::default();
        config.deflate = compressed.then(Deflate::default);
        let request =
            ClientRequest::new("ws://example.com/chat").or(Err(Wrong("a URL is taken")))?;
        let mut outgoing = Outgoing::new();
        let client = Connection::client(&request, config, NOW, &of_the_rfc, &mut outgoing)
            .or(Err(Wrong("a request can be made")))?;
        let server = Connection::server(config, NOW);
        let mut wire = Self {
            client: Side::new(client, outgoing),
            server: Side::new(server, Outgoing::new()),
        };
        let (request, response) = wire.exchange()?;
        check(contains(&request, b"dGhlIHNhbXBsZSBub25jZQ=="), "the key of the RFC's example")?;
        check(response.starts_with(b"HTTP/1.1 101 "), "the server agrees")?;
        check(contains(&response, b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "the RFC's answer to the key")?;
        check(wire.client.connection.is_open(), "the client's side is open")?;
        check(wire.server.connection.is_open(), "the server's side is open")?;
        Ok(wire)
    }

    /// Lets the client speak, and the server answer.
    fn exchange(&mut self) -> Result<(Vec<u8>, Vec<u8>), Wrong> {
        let from_client = self.server.hear(&mut self.client)?;
        let from_server = self.client.hear(&mut self.server)?;
        check(self.client.outgoing.is_empty(), "the client has nothing to add")?;
        Ok((from_client, from_server))
    }
}

/// Gives what the RFC's examples have, which is no more random than that.
fn of_the_rfc(bytes: &mut [u8]) -> Result<(), EntropyError> {
    let example: &[u8] =
        if bytes.len() == 16 { b"the sample nonce" } else { &[0x37, 0xfa, 0x21, 0x3d] };
    for (byte, value) in bytes.iter_mut().zip(example.iter().cycle()) {
        *byte = *value;
    }
    Ok(())
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

struct Side {
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
    /// The last message, as a client has it.
    heard: Option<Vec<u8>>,
    ended: Option<EndCause>,
}

impl Side {
    fn new(connection: Connection, outgoing: Outgoing) -> Self {
        let incoming = Incoming::with_window(512);
        Self { connection, incoming, outgoing, heard: None, ended: None }
    }

    /// The last message, once.
    fn heard(&mut self) -> Vec<u8> {
        self.heard.take().unwrap_or_default()
    }

    /// Takes all that the other side has to send, piece by piece, and returns it.
    fn hear(&mut self, other: &mut Self) -> Result<Vec<u8>, Wrong> {
        let bytes = other.outgoing.pending().concat();
        other.outgoing.advance(bytes.len());
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let space = self.incoming.space();
            let len = space.len().min(rest.len()).min(PIECE);
            check(len > 0, "there is room to read into")?;
            space[..len].copy_from_slice(&rest[..len]);
            self.incoming.commit(len);
            rest = &rest[len..];
            self.take_events()?;
        }
        Ok(bytes)
    }

    fn take_events(&mut self) -> Result<(), Wrong> {
        let Self { connection, incoming, outgoing, heard, ended } = self;
        while connection.receive(NOW, incoming, outgoing).or(Err(Wrong("no rule is broken")))?
            == Progress::Event
        {
            let is_client = connection.is_client();
            match incoming.event() {
                Some(Event::Request(_)) => connection
                    .accept(NOW, &Acceptance::new(), outgoing)
                    .or(Err(Wrong("a request can be accepted")))?,
                Some(Event::Text(text)) if is_client => *heard = Some(String::from(text).into()),
                Some(Event::Binary(data)) if is_client => *heard = Some(data.to_vec()),
                Some(Event::Text(text)) => connection.send_text(text, outgoing).or(WRONG_SEND)?,
                Some(Event::Binary(data)) => {
                    connection.send_binary(data, outgoing).or(WRONG_SEND)?
                }
                Some(Event::Ended(ending)) => *ended = Some(ending.cause),
                _ => {}
            }
        }
        Ok(())
    }
}
