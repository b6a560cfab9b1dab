//! The Rust crate in memory, by the loop of `memory_ours.c`; it does what `memory.c` does.

use std::error::Error;
use std::io::stdin;
use std::time::{Duration, Instant};

use websocket_proto::frame::{FrameHeader, MaskKey, OpCode, mask};
use websocket_proto::{Config, Connection, Event, Incoming, Outgoing, Progress, Role, Time};

const READ_LEN: usize = 64 << 10;
const INPUT_LEN: usize = 512 << 10;
const PASSES: usize = 12;
const PAYLOAD_BYTE: u8 = 0x5A;

fn main() -> Result<(), Box<dyn Error>> {
    for line in stdin().lines() {
        let line = line?;
        let (way, len) = line.split_once(' ').ok_or("usage: receive LENGTH, or echo LENGTH")?;
        println!("{:.3}", fastest(&Input::new(len.parse()?), way == "echo")?);
    }
    Ok(())
}

/// The nanoseconds that a message takes in the fastest pass.
fn fastest(input: &Input, echoes: bool) -> Result<f64, Box<dyn Error>> {
    let mut receiver = Receiver::new(echoes);
    let mut least = Duration::MAX;
    for _ in 0..PASSES {
        let before = Instant::now();
        let found = receiver.receive_all(&input.bytes)?;
        least = least.min(before.elapsed());
        let echoed = if echoes { input.expected.echoed } else { 0 };
        assert!(found == Totals { echoed, ..input.expected }, "{found:?}");
    }
    Ok(least.as_nanos() as f64 / input.expected.messages as f64)
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Totals {
    messages: usize,
    /// The sum of each message's last byte: proof that it was unmasked.
    last_bytes: usize,
    /// Bytes on the wire.
    echoed: usize,
}

struct Input {
    bytes: Vec<u8>,
    /// What a receiver finds that echoes.
    expected: Totals,
}

impl Input {
    fn new(len: usize) -> Self {
        let (payload, messages) = (vec![PAYLOAD_BYTE; len], INPUT_LEN / (len + 6));
        let mut bytes = Vec::new();
        for index in 0..messages as u32 {
            append(
                &payload,
                MaskKey::new(index.wrapping_mul(0x9E37_79B9).to_le_bytes()),
                &mut bytes,
            );
        }
        let (last_bytes, echoed) =
            (messages * usize::from(PAYLOAD_BYTE), bytes.len() - 4 * messages);
        Self { bytes, expected: Totals { messages, last_bytes, echoed } }
    }
}

fn append(payload: &[u8], key: MaskKey, to: &mut Vec<u8>) {
    let (opcode, len) = (OpCode::Binary, payload.len() as u64);
    let header = FrameHeader { fin: true, compressed: false, opcode, mask: Some(key), len };
    to.extend_from_slice(header.encode().as_bytes());
    mask::append(payload, to, key);
}

struct Receiver {
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
    echoes: bool,
}

impl Receiver {
    fn new(echoes: bool) -> Self {
        let connection = Connection::established(Role::Server, None, Config::default(), Time::ZERO);
        let mut incoming = Incoming::new();
        incoming.lend_window(vec![0; READ_LEN]);
        Self { connection, incoming, outgoing: Outgoing::new(), echoes }
    }

    fn receive_all(&mut self, mut input: &[u8]) -> Result<Totals, Box<dyn Error>> {
        let mut totals = Totals::default();
        while !input.is_empty() {
            let space = self.incoming.space();
            let len = space.len().min(input.len());
            space[..len].copy_from_slice(&input[..len]);
            self.incoming.commit(len);
            input = &input[len..];
            self.answer_all(&mut totals)?;
            self.write_out(&mut totals);
        }
        Ok(totals)
    }

    fn answer_all(&mut self, totals: &mut Totals) -> Result<(), Box<dyn Error>> {
        let Self { connection, incoming, outgoing, echoes } = self;
        while connection.receive(Time::ZERO, incoming, outgoing)? == Progress::Event {
            let Some(Event::Binary(data)) = incoming.event() else { continue };
            totals.messages += 1;
            totals.last_bytes += data.last().map_or(0, |&byte| usize::from(byte));
            if *echoes {
                connection.send_binary(data, outgoing)?;
            }
        }
        Ok(())
    }

    fn write_out(&mut self, totals: &mut Totals) {
        while !self.outgoing.is_empty() {
            let written = self.outgoing.pending().iter().map(|piece| piece.len()).sum();
            self.outgoing.advance(written);
            totals.echoed += written;
        }
    }
}
