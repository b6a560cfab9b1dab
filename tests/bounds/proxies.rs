//! What a proxy can cause before the connection begins.

use websocket_proto::handshake::Uri;
use websocket_proto::handshake::proxy::{Proxy, Tunnel};

use crate::counting::{Memory, inside, memory};

/// The most that an exchange holds, in bytes, as SECURITY.md has it.
const BOUND: isize = 50 << 10;

/// What proxies send until they are refused, or for ever: `units` times.
fn floods(units: usize) -> [(&'static str, Vec<u8>); 8] {
    let head = |line: &str| format!("HTTP/1.1 407 x\r\n{}", line.repeat(units)).into_bytes();
    let refused = format!("HTTP/1.1 403 {}\r\n\r\n", "x".repeat(units.min(16_000))).into_bytes();
    [
        ("http://u:p@h", head("a: b\r\n")),
        ("http://u:p@h", head(&format!("a: {}\r\n", "b".repeat(200)))),
        ("http://u:p@h", format!("HTTP/1.1 200 {}", "x".repeat(units)).into_bytes()),
        ("http://u:p@h", "HTTP/1.1 100 x\r\n\r\n".repeat(units).into_bytes()),
        ("http://u:p@h", refused),
        ("socks5://u:p@h", [5, 2].repeat(units)),
        ("socks5://h", [[5, 0, 5, 0, 0, 3, 255].as_slice(), &vec![b'x'; units]].concat()),
        ("socks5://h", vec![5; units]),
    ]
}

/// Plays a flood in pieces of this length. What belongs to the server is the caller's.
fn play(proxy: &str, flood: &[u8], piece: usize) -> Memory {
    let uri: Uri = "ws://h/".parse().expect("a URI");
    let proxy = Proxy::new(proxy).expect("a proxy");
    memory(|| {
        inside(|| {
            let mut tunnel = Tunnel::new(&proxy, &uri).expect("a short name");
            for bytes in flood.chunks(piece) {
                drop(tunnel.take_output());
                drop(tunnel.receive(bytes));
            }
            drop(tunnel.receive_eof());
        });
    })
}

#[test]
fn memory_is_bounded_and_given_back() {
    for units in [100, 15_000, 100_000] {
        for (proxy, flood) in floods(units) {
            for piece in [1, 1000, 16_000] {
                let memory = play(proxy, &flood, piece);
                let start = flood.get(..30).unwrap_or(&flood).escape_ascii();
                assert!(memory.peak <= BOUND, "{start} × {units} by {piece}: {memory:?}");
                assert_eq!(memory.held, 0, "{start}");
            }
        }
    }
}
