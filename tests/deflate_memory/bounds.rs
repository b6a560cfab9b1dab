//! The most memory that is held at once (D11), and messages larger than memory.

use websocket_proto::frame::OpCode;
use websocket_proto::handshake::DeflateParameters;
use websocket_proto::{
    Config, Connection, Deflate, Delivery, Event, Incoming, MessageKind, Outgoing, Progress,
    ProtocolError, Role, Time,
};

use crate::counting::{peak, requested};
use crate::support::{CollectingConnection, compressed, plain_entropy};

const MIB: usize = 1 << 20;

/// The bytes of the context and history of a connection that inflates, and some for the rest.
const INFLATING: isize = 82 << 10;

/// The length of the longest chunk.
const CHUNK: isize = 256 << 10;

/// The bytes for a fragment of 60,000 bytes and the frame that is made of it.
const FRAME: isize = 128 << 10;

fn bare(role: Role, delivery: Delivery, limit: u64) -> CollectingConnection {
    with_level(1, role, delivery, limit)
}

fn with_level(level: u8, role: Role, delivery: Delivery, limit: u64) -> CollectingConnection {
    let mut config = Config::default();
    config.delivery = delivery;
    (config.limits.message, config.limits.frame) = (limit, u64::MAX);
    let mut deflate = Deflate::default();
    deflate.level = level;
    config.deflate = Some(deflate);
    CollectingConnection::with_compression(role, Some(DeflateParameters::default()), config)
}

/// The compressed payload of a message of zeros, about a thousandth of its length. All its MiB but
/// the first are compressed to the same bytes.
fn zeros(mebibytes: usize) -> Vec<u8> {
    let mut sender = with_level(9, Role::Server, Delivery::Whole, 0);
    sender.connection.start_message(MessageKind::Binary).unwrap();
    let mut pieces = [0, 1].map(|_| {
        sender.connection.send_fragment(&vec![0; MIB], &mut sender.outgoing).unwrap();
        let frame = sender.take_all_output();
        // Both payloads are longer than 125 bytes.
        frame[4..].to_vec()
    });
    let second = std::mem::take(&mut pieces[1]);
    let mut payload = std::mem::take(&mut pieces[0]);
    (1..mebibytes).for_each(|_| payload.extend(&second));
    payload.push(0);
    payload
}

const ROLES: [Role; 2] = [Role::Server, Role::Client(&plain_entropy)];

#[test]
fn d11_a_gigabyte_in_few() {
    let payload = zeros(1 << 10);
    assert!(payload.len() < MIB + MIB / 10, "{}", payload.len());
    for role in ROLES {
        for limit in [10, 1000, 100_000, 16 << 20] {
            for delivery in [Delivery::Whole, Delivery::Streaming] {
                let mut it = bare(role, delivery, limit as u64);
                let frame = compressed(it.framed(true, OpCode::Binary, &payload));
                it.incoming.lend_window(vec![0; 16 << 10]);
                let most = peak(|| {
                    let told = frame.chunks(16 << 10).find_map(|part| receive(&mut it, part).err());
                    assert_eq!(told, Some(ProtocolError::MessageTooLong));
                });
                let held = if delivery == Delivery::Whole { limit } else { limit.min(CHUNK) };
                assert!(most <= held + INFLATING, "{limit}, {delivery:?}: {most}");
            }
        }
    }
}

/// Receives bytes without keeping messages; returns the length of the messages.
fn receive(it: &mut CollectingConnection, part: &[u8]) -> Result<usize, ProtocolError> {
    it.incoming.space()[..part.len()].copy_from_slice(part);
    it.incoming.commit(part.len());
    let mut received = 0;
    while it.connection.receive(Time::ZERO, &mut it.incoming, &mut it.outgoing)? == Progress::Event
    {
        if let Some(Event::Binary(data) | Event::MessageChunk(data)) = it.incoming.event() {
            received += data.len();
        }
    }
    Ok(received)
}

#[test]
fn d11_what_is_no_error_streams() {
    let payload = zeros(128);
    let mut it = bare(ROLES[1], Delivery::Streaming, u64::MAX);
    let frame = compressed(it.framed(true, OpCode::Binary, &payload));
    it.incoming.lend_window(vec![0; 16 << 10]);
    let most = peak(|| {
        let received = frame.chunks(16 << 10).map(|part| receive(&mut it, part).unwrap());
        assert_eq!(received.sum::<usize>(), 128 * MIB);
    });
    assert!(most <= CHUNK + INFLATING, "{most}");
}

/// The memory that is allocated in all is linear, as messages grow by doubling.
#[test]
fn d11_messages_just_under_the_limit() {
    let payload = zeros(1);
    for role in ROLES {
        for limit in [MIB as u64, MIB as u64 + 1] {
            let mut it = bare(role, Delivery::Whole, limit);
            let frame = compressed(it.framed(true, OpCode::Binary, &payload));
            it.incoming.lend_window(vec![0; 16 << 10]);
            let before = requested();
            let most = peak(|| {
                for _ in 0..50 {
                    assert_eq!(receive(&mut it, &frame), Ok(MIB));
                }
            });
            assert!(most <= limit as isize + INFLATING, "{most}");
            let asked = requested() - before;
            assert!(asked <= 50 * 3 * MIB + (INFLATING + CHUNK) as usize, "{asked}");
        }
    }
}

/// One side of a transport in memory.
struct End {
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
}

impl End {
    fn new(role: Role) -> Self {
        let CollectingConnection { connection, mut incoming, outgoing, .. } =
            bare(role, Delivery::Streaming, u64::MAX);
        incoming.lend_window(vec![0; 64 << 10]);
        Self { connection, incoming, outgoing }
    }

    /// Writes all output to the other end, and passes the events there to `on`.
    fn write_to(&mut self, other: &mut Self, mut on: impl FnMut(Event<'_>)) {
        while !self.outgoing.is_empty() {
            let chunk = self.outgoing.first_piece();
            let space = other.incoming.space();
            let len = chunk.len().min(space.len());
            space[..len].copy_from_slice(&chunk[..len]);
            self.outgoing.advance(len);
            other.incoming.commit(len);
            let (incoming, outgoing) = (&mut other.incoming, &mut other.outgoing);
            while other.connection.receive(Time::ZERO, incoming, outgoing).unwrap()
                == Progress::Event
            {
                on(incoming.event().unwrap());
            }
        }
    }
}

/// Streams a message of many fragments from one side to the other, with pings of the receiver
/// between them, and checks it; returns the most memory that was held.
fn stream(kind: MessageKind, from_client: bool, fragments: usize) -> isize {
    let records = (0..10_000_u32).map(|at| format!("{at}: {:x}\n", at.wrapping_mul(2_654_435_761)));
    let block = &records.collect::<String>().into_bytes()[..60_000];
    let twice = block.repeat(4);
    let (mut client, mut server) = (End::new(ROLES[1]), End::new(ROLES[0]));
    let (near, far) =
        if from_client { (&mut client, &mut server) } else { (&mut server, &mut client) };
    let (mut received, mut pings, mut ends) = (0, 0, 0);
    let mut on = |event: Event<'_>| match event {
        Event::MessageChunk(chunk) => {
            let at = received % block.len();
            assert!(chunk == &twice[at..at + chunk.len()], "at {received}");
            received += chunk.len();
        }
        Event::Ping(_) => pings += 1,
        Event::MessageEnd => ends += 1,
        _ => {}
    };
    let most = peak(|| {
        near.connection.start_message(kind).unwrap();
        for _ in 0..fragments {
            near.connection.send_fragment(block, &mut near.outgoing).unwrap();
            near.connection.send_ping(b"between", &mut near.outgoing).unwrap();
            near.write_to(far, &mut on);
            far.write_to(near, |event| assert!(matches!(event, Event::Pong { .. })));
        }
        near.connection.send_last_fragment(b"", &mut near.outgoing).unwrap();
        near.write_to(far, &mut on);
    });
    assert_eq!((received, pings, ends), (fragments * block.len(), fragments, 1));
    most
}

/// The sender also holds the context that deflates, and the frame that is being sent.
#[test]
fn messages_larger_than_memory() {
    let most = stream(MessageKind::Binary, false, 2240);
    assert!(most <= 279_808 + INFLATING + CHUNK + FRAME, "{most}");
    for from_client in [false, true] {
        let most = stream(MessageKind::Text, from_client, 300);
        assert!(most <= 279_808 + INFLATING + CHUNK + FRAME, "{most}");
    }
}
