//! The floods: one for each thing that a peer can send again and again.

use std::io::Write;
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use websocket_proto::frame::OpCode;

use crate::flood::{App, Flood, PLAIN, Peer};

const TEXT: OpCode = OpCode::Text;
const BINARY: OpCode = OpCode::Binary;
const CONTINUATION: OpCode = OpCode::Continuation;

/// A message of 25,000 zeros, within the limit, in less than a hundred bytes.
pub(crate) static ZEROS: LazyLock<Vec<u8>> = LazyLock::new(|| deflated(&[0; 25_000]));

/// A message of a million zeros, beyond the limit.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| deflated(&[0; 1_000_000]));

/// An empty stored block (RFC 1951 §3.2.4).
const STORED: [u8; 5] = [0x00, 0x00, 0x00, 0xFF, 0xFF];

pub(crate) fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).unwrap();
    encoder.flush().unwrap();
    let mut payload = encoder.get_ref().clone();
    payload.truncate(payload.len() - 4);
    payload
}

/// A frame of a compressed message: all of it, or its first fragment.
pub(crate) fn compressed(peer: Peer, fin: bool, payload: &[u8]) -> Vec<u8> {
    let mut frame = peer.frame(fin, BINARY, payload);
    frame[0] |= 0x40;
    frame
}

/// Allows messages in any number of fragments.
fn any_fragments(config: &mut websocket_proto::Config) {
    config.limits.extra_fragments = u32::MAX;
}

fn any_head(config: &mut websocket_proto::Config) {
    config.limits.head = 1 << 20;
}

fn begun(peer: Peer) -> Vec<u8> {
    peer.frame(false, BINARY, b"")
}

const REQUEST: &str = "GET /c HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

/// The floods for open connections.
pub(crate) const OPEN: [Flood; 28] = [
    Flood {
        name: "pings, and nothing can be written",
        unit: |peer, _| peer.frame(true, OpCode::Ping, [7; 125]),
        app: App::Holds,
        ..PLAIN
    },
    Flood {
        name: "pings byte by byte, answered",
        unit: |peer, at| peer.frame(true, OpCode::Ping, vec![7; at % 126]),
        read: 1,
        ..PLAIN
    },
    Flood {
        name: "empty pings, each sent back",
        unit: |peer, _| peer.frame(true, OpCode::Ping, b""),
        app: App::Echoes,
        ..PLAIN
    },
    Flood {
        name: "pongs",
        unit: |peer, at| peer.frame(true, OpCode::Pong, at.to_be_bytes()),
        ..PLAIN
    },
    Flood { name: "empty messages", unit: |peer, _| peer.frame(true, TEXT, b""), ..PLAIN },
    Flood {
        name: "empty fragments",
        lead: begun,
        unit: |peer, _| peer.frame(false, CONTINUATION, b""),
        ..PLAIN
    },
    Flood {
        name: "empty fragments without a limit, with pings between",
        change: any_fragments,
        lead: begun,
        unit: |peer, _| {
            let fragment = peer.frame(false, CONTINUATION, b"");
            [fragment, peer.frame(true, OpCode::Ping, b"x")].concat()
        },
        ..PLAIN
    },
    Flood {
        name: "one-byte fragments",
        change: any_fragments,
        lead: begun,
        unit: |peer, _| peer.frame(false, CONTINUATION, b"x"),
        ..PLAIN
    },
    Flood {
        name: "messages in one-byte fragments, in one-byte reads",
        unit: |peer, _| {
            [peer.frame(false, TEXT, b"x"), peer.frame(true, CONTINUATION, b"y")].concat()
        },
        read: 1,
        ..PLAIN
    },
    Flood {
        name: "fragments of a kilobyte",
        lead: begun,
        unit: |peer, _| peer.frame(false, CONTINUATION, [b'x'; 1024]),
        ..PLAIN
    },
    Flood {
        name: "a long frame, byte by byte",
        lead: |peer| peer.declared(BINARY, 30_000),
        unit: |_, _| vec![b'x'; 16],
        read: 1,
        ..PLAIN
    },
    Flood {
        name: "a length of 2^40, and few bytes",
        change: |config| (config.limits.message, config.limits.frame) = (1 << 41, 1 << 41),
        lead: |peer| peer.declared(BINARY, 1 << 40),
        unit: |_, _| vec![b'x'; 16],
        read: 7,
        ..PLAIN
    },
    Flood {
        name: "lengths beyond the limit",
        unit: |peer, _| peer.declared(BINARY, 1 << 62),
        ..PLAIN
    },
    Flood {
        name: "messages sent back, and nothing can be written",
        unit: |peer, at| peer.frame(true, TEXT, "a".repeat(at % 300)),
        app: App::Echoes,
        ..PLAIN
    },
    Flood {
        name: "long messages sent back, and little can be written",
        unit: |peer, _| peer.frame(true, BINARY, [b'x'; 30_000]),
        app: App::EchoesSlowly,
        ..PLAIN
    },
    Flood {
        name: "messages sent back and pings, and little can be written",
        unit: |peer, at| {
            let message = peer.frame(true, TEXT, "a".repeat(at % 300));
            [message, peer.frame(true, OpCode::Ping, at.to_be_bytes())].concat()
        },
        app: App::EchoesSlowly,
        ..PLAIN
    },
    Flood {
        name: "messages sent back and pings, and little of what is in flight is written",
        unit: |peer, at| {
            let message = peer.frame(true, TEXT, "a".repeat(at % 300));
            [message, peer.frame(true, OpCode::Ping, at.to_be_bytes())].concat()
        },
        app: App::EchoesInFlight,
        ..PLAIN
    },
    Flood {
        name: "long messages sent back, and little of what is in flight is written",
        unit: |peer, _| peer.frame(true, BINARY, [b'x'; 30_000]),
        app: App::EchoesInFlight,
        ..PLAIN
    },
    Flood {
        name: "bytes that keep a connection alive, without pongs or reads",
        change: |config| config.write_timeout = None,
        unit: |peer, _| peer.frame(true, TEXT, b"x"),
        app: App::Waits,
        ..PLAIN
    },
    Flood {
        name: "Close frames",
        unit: |peer, _| peer.frame(true, OpCode::Close, [&[3, 232][..], &[b'r'; 123]].concat()),
        app: App::Holds,
        ..PLAIN
    },
    Flood {
        name: "messages after a violation",
        lead: |_| vec![0xFF; 2],
        unit: |peer, _| peer.frame(true, BINARY, [0; 1000]),
        app: App::Holds,
        ..PLAIN
    },
    Flood {
        name: "text that is no UTF-8",
        lead: |peer| peer.frame(false, TEXT, "é".repeat(1000)),
        unit: |peer, _| peer.frame(false, CONTINUATION, [0xFF; 100]),
        ..PLAIN
    },
    Flood {
        name: "characters cut between fragments",
        change: any_fragments,
        lead: |peer| peer.frame(false, TEXT, b""),
        unit: |peer, at| peer.frame(false, CONTINUATION, &"é".as_bytes()[at % 2..][..1]),
        ..PLAIN
    },
    Flood {
        name: "bombs",
        compressed: true,
        unit: |peer, _| compressed(peer, true, &BOMB),
        ..PLAIN
    },
    Flood {
        name: "messages of many zeros, sent back",
        compressed: true,
        unit: |peer, _| compressed(peer, true, &ZEROS),
        app: App::EchoesSlowly,
        ..PLAIN
    },
    Flood {
        name: "messages of many zeros, byte by byte",
        compressed: true,
        unit: |peer, _| compressed(peer, true, &ZEROS),
        read: 1,
        ..PLAIN
    },
    Flood {
        name: "blocks without content",
        compressed: true,
        change: any_fragments,
        lead: |peer| compressed(peer, false, b""),
        unit: |peer, _| peer.frame(false, CONTINUATION, STORED.repeat(5)),
        ..PLAIN
    },
    Flood {
        name: "one-byte fragments of a compressed message",
        compressed: true,
        change: any_fragments,
        lead: |peer| compressed(peer, false, b""),
        unit: |peer, at| peer.frame(false, CONTINUATION, &STORED[at % 5..][..1]),
        ..PLAIN
    },
];

/// The basis of floods for the handshake of a server.
pub(crate) const SERVER: Flood = Flood { client: Some(false), handshake: true, ..PLAIN };

/// The basis of floods for the handshake of a client.
pub(crate) const CLIENT: Flood = Flood { client: Some(true), handshake: true, ..PLAIN };

fn request(_: Peer) -> Vec<u8> {
    REQUEST.into()
}

/// The floods for handshakes.
pub(crate) const HANDSHAKE: [Flood; 13] = [
    Flood {
        name: "a long target",
        lead: |_| b"GET /".into(),
        unit: |_, _| vec![b'c'; 9],
        ..SERVER
    },
    Flood {
        name: "a long header, byte by byte",
        change: any_head,
        lead: |_| [REQUEST, "X: "].concat().into(),
        unit: |_, _| vec![b'x'; 9],
        read: 1,
        ..SERVER
    },
    Flood {
        name: "many headers",
        change: |config| config.limits.headers = u16::MAX,
        lead: request,
        unit: |_, at| format!("X-{at}: x\r\n").into(),
        ..SERVER
    },
    Flood {
        name: "many commas and spaces in a list of subprotocols",
        change: any_head,
        lead: |_| [REQUEST, "Sec-WebSocket-Protocol: "].concat().into(),
        unit: |_, _| b", , ,\t".into(),
        ..SERVER
    },
    Flood {
        name: "requests after a request that is not answered",
        unit: |_, _| [REQUEST, "\r\n"].concat().into(),
        ..SERVER
    },
    Flood {
        name: "subprotocols, and a request that is not answered",
        lead: |_| {
            let names: Vec<String> = (0..128).map(|at| format!("{at:0100}")).collect();
            [REQUEST, "Sec-WebSocket-Protocol: ", &names.join(", "), "\r\n\r\n"].concat().into()
        },
        unit: |peer, _| peer.frame(true, TEXT, [b'x'; 100]),
        ..SERVER
    },
    Flood { name: "empty lines", unit: |_, _| b"\r\n".into(), ..SERVER },
    Flood { name: "records of TLS", unit: |_, _| b"\x16\x03\x01\x02\x00".into(), ..SERVER },
    Flood { name: "zeros", unit: |_, _| vec![0; 16], ..SERVER },
    Flood {
        name: "bytes, forty seconds apart",
        lead: request,
        unit: |_, _| b"X".into(),
        app: App::Waits,
        ..SERVER
    },
    Flood {
        name: "interim responses",
        unit: |_, _| b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n".into(),
        ..CLIENT
    },
    Flood {
        name: "a refusal without an end",
        lead: |_| b"HTTP/1.1 503 No\r\n\r\n".into(),
        unit: |_, _| vec![b'b'; 100],
        ..CLIENT
    },
    Flood {
        name: "a refusal in chunks of one byte",
        lead: |_| b"HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n".into(),
        unit: |_, _| b"1;extension=1\r\nb\r\n".into(),
        ..CLIENT
    },
];

/// Complete heads, with this many units each.
pub(crate) fn heads(units: usize) -> [Vec<u8>; 4] {
    let request = |line: &str| format!("{REQUEST}{line}\r\n\r\n").into_bytes();
    let names: Vec<String> = (0..units).map(|at| at.to_string()).collect();
    let parameters: String = (0..units).map(|at| format!("; p{at}={at}")).collect();
    [
        request(&format!("Sec-WebSocket-Protocol: {}", ", ".repeat(units))),
        request(&format!("Sec-WebSocket-Protocol: {}", names.join(","))),
        request(&format!("Sec-WebSocket-Extensions: permessage-deflate{parameters}")),
        request(&format!("Sec-WebSocket-Extensions: x; a=\"{}\"", "\\a".repeat(units))),
    ]
}
