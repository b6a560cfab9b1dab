//! The example `compression`, with the frames of tungstenite around what zlib has compressed.

#[path = "../../../examples/compression.rs"]
#[expect(dead_code, reason = "its `main`")]
mod example;

use std::net::{SocketAddr, TcpStream};

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{Frame, FrameSocket};
use tokio_tungstenite::tungstenite::{Message, client};

use super::{dial, within};

/// What the two sync flushes of a message end with, and messages leave out (RFC 7692 §7.2.1).
const TAIL: &[u8] = &[0, 0, 0xff, 0xff];

const LONG: &str = "All that is gold does not glitter, not all those who wander are lost; the old \
    that is strong does not wither, deep roots are not reached by the frost.";

/// A client whose compression is zlib's.
struct Peer {
    frames: FrameSocket<TcpStream>,
    compress: Compress,
    decompress: Decompress,
}

impl Peer {
    /// Connects, and offers compression. Returns the server's answer to the offer, too.
    fn connect(address: SocketAddr, offer: &'static str) -> (Self, String) {
        let mut request = format!("ws://{address}/").into_client_request().unwrap();
        let offer = HeaderValue::from_static(offer);
        request.headers_mut().insert("Sec-WebSocket-Extensions", offer);
        let (socket, response) = client(request, dial(address)).unwrap();
        let agreed = response.headers()["sec-websocket-extensions"].to_str().unwrap().to_owned();
        let peer = Self {
            frames: FrameSocket::new(socket.into_inner()),
            compress: Compress::new(Compression::default(), false),
            decompress: Decompress::new(false),
        };
        (peer, agreed)
    }

    fn send(&mut self, text: &str) {
        let mut payload = Vec::with_capacity(text.len() + 100);
        self.compress.compress_vec(text.as_bytes(), &mut payload, FlushCompress::Sync).unwrap();
        payload.truncate(payload.len() - TAIL.len());
        let mut frame = Frame::message(payload, OpCode::Data(Data::Text), true);
        frame.header_mut().rsv1 = true;
        frame.header_mut().mask = Some([7, 7, 7, 7]);
        self.frames.send(frame).unwrap();
    }

    /// Returns the next text, and the length of its payload if it was compressed.
    fn receive(&mut self) -> (String, Option<usize>) {
        let frame = self.frames.read(None).unwrap().unwrap();
        assert_eq!(frame.header().opcode, OpCode::Data(Data::Text));
        let payload = frame.payload();
        if !frame.header().rsv1 {
            return (String::from_utf8(payload.to_vec()).unwrap(), None);
        }
        let mut text = Vec::with_capacity(1 << 16);
        let input = [payload, TAIL].concat();
        self.decompress.decompress_vec(&input, &mut text, FlushDecompress::Sync).unwrap();
        (String::from_utf8(text).unwrap(), Some(payload.len()))
    }
}

async fn with_server(visit: impl FnOnce(SocketAddr) + Send + 'static) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(example::serve(listener));
    within(spawn_blocking(move || visit(address))).await.unwrap();
}

#[tokio::test]
async fn messages_are_compressed_both_ways() {
    with_server(|address| {
        let (mut peer, agreed) = Peer::connect(address, "permessage-deflate");
        assert_eq!(agreed, "permessage-deflate");
        peer.send(LONG);
        let (first, len) = peer.receive();
        let first_len = len.expect("compressed");
        assert_eq!(first, LONG);
        assert!(first_len < LONG.len(), "{first_len}");
        // The second refers to the first, as both sides keep their windows.
        peer.send(LONG);
        let (second, len) = peer.receive();
        assert_eq!(second, LONG);
        assert!(len.expect("compressed") < first_len / 4, "{len:?} after {first_len}");
        peer.send("hi");
        assert_eq!(peer.receive(), ("hi".to_owned(), None));
    })
    .await;
}

#[tokio::test]
async fn what_the_client_asks_of_the_server_is_done() {
    with_server(|address| {
        let offer = "permessage-deflate; server_no_context_takeover; server_max_window_bits=9";
        let (mut peer, agreed) = Peer::connect(address, offer);
        assert!(agreed.contains("server_no_context_takeover"), "{agreed}");
        assert!(agreed.contains("server_max_window_bits=9"), "{agreed}");
        let lens = [(); 2].map(|()| {
            peer.send(LONG);
            let (text, len) = peer.receive();
            assert_eq!(text, LONG);
            len.expect("compressed")
        });
        assert_eq!(lens[0], lens[1], "each message stands alone");
    })
    .await;
}

#[tokio::test]
async fn a_client_without_compression() {
    with_server(|address| {
        let (mut socket, response) = client(format!("ws://{address}/"), dial(address)).unwrap();
        assert!(!response.headers().contains_key("sec-websocket-extensions"));
        socket.send(Message::text(LONG)).unwrap();
        assert_eq!(socket.read().unwrap(), Message::text(LONG));
        socket.close(None).unwrap();
        while socket.read().is_ok() {}
    })
    .await;
}
