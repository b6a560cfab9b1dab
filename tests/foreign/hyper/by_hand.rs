//! A client of HTTP/2 by hand, which sends and sees every frame.

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::frames::{
    ACK, CLOSE, END_HEADERS, END_STREAM, Frame, Kind, NORMAL, from_client, header_list,
};

/// The number of the one stream that most tests have.
pub(crate) const STREAM: u32 = 1;

/// The largest window (RFC 9113 §6.9.1).
pub(crate) const LARGEST: u32 = (1 << 31) - 1;

/// `SETTINGS_INITIAL_WINDOW_SIZE` (RFC 9113 §6.5.2).
const INITIAL_WINDOW_SIZE: u8 = 4;

pub(crate) struct Client {
    stream: DuplexStream,
    received: Vec<u8>,
    /// The frames about streams that the server has sent, in their order.
    pub(crate) seen: Vec<Frame>,
}

impl Client {
    /// Begins a connection. Streams have a window of `window` bytes for what the server sends; the
    /// connection has the largest.
    pub(crate) async fn connect(stream: DuplexStream, window: u32) -> Self {
        let mut client = Self { stream, received: Vec::new(), seen: Vec::new() };
        client.stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        let setting = [&[0, INITIAL_WINDOW_SIZE][..], &window.to_be_bytes()].concat();
        client.send(&Frame::new(Kind::Settings, 0, 0, &setting)).await;
        client.give_window(0, LARGEST - 65_535).await;
        client
    }

    /// Opens a WebSocket in a stream, and waits for the response.
    pub(crate) async fn open(&mut self, stream: u32) {
        self.ask(stream).await;
        let response = self.next_of(stream).await.unwrap();
        // RFC 7541, appendix A: the field with the index 8 is `:status: 200`.
        assert_eq!((response.kind, response.payload[0]), (Kind::Headers, 0x88));
        assert!(!response.ends_stream());
    }

    pub(crate) async fn ask(&mut self, stream: u32) {
        self.send(&request(stream)).await;
    }

    /// Sends DATA.
    pub(crate) async fn data(&mut self, stream: u32, data: &[u8]) {
        self.send(&Frame::new(Kind::Data, 0, stream, data)).await;
    }

    /// Ends the stream in this direction.
    pub(crate) async fn end(&mut self, stream: u32) {
        self.send(&Frame::new(Kind::Data, END_STREAM, stream, &[])).await;
    }

    pub(crate) async fn reset(&mut self, stream: u32, reason: u32) {
        self.send(&Frame::new(Kind::Reset, 0, stream, &reason.to_be_bytes())).await;
    }

    /// Says that this side begins no more streams and goes.
    pub(crate) async fn go_away(&mut self, reason: u32) {
        let payload = [[0; 4], reason.to_be_bytes()].concat();
        self.send(&Frame::new(Kind::GoAway, 0, 0, &payload)).await;
    }

    pub(crate) async fn give_window(&mut self, stream: u32, len: u32) {
        self.send(&Frame::new(Kind::WindowUpdate, 0, stream, &len.to_be_bytes())).await;
    }

    /// Sends a Close frame with the code 1000.
    pub(crate) async fn close(&mut self, stream: u32) {
        self.data(stream, &from_client(CLOSE, NORMAL)).await;
    }

    pub(crate) async fn send(&mut self, frame: &Frame) {
        self.send_bytes(&frame.encoded()).await;
    }

    /// Sends bytes in one write. A server that has gone takes none.
    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// The next frame about a stream. `None` if the server has ended the connection.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        loop {
            let frame = self.receive().await?;
            match frame.kind {
                Kind::Settings | Kind::Ping => self.acknowledge(frame).await,
                Kind::WindowUpdate => {}
                _ => {
                    self.seen.push(frame.clone());
                    return Some(frame);
                }
            }
        }
    }

    /// Waits until the server gives the stream more window.
    pub(crate) async fn expect_window(&mut self, stream: u32) {
        loop {
            let frame = self.receive().await.expect("the connection goes on");
            if (frame.kind, frame.stream) == (Kind::WindowUpdate, stream) {
                return;
            }
        }
    }

    async fn receive(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = Frame::take(&mut self.received) {
                return Some(frame);
            }
            if self.stream.read_buf(&mut self.received).await.unwrap_or(0) == 0 {
                return None;
            }
        }
    }

    /// The next frame of this stream; those of others are passed over.
    pub(crate) async fn next_of(&mut self, stream: u32) -> Option<Frame> {
        loop {
            let frame = self.next().await?;
            if frame.stream == stream {
                return Some(frame);
            }
        }
    }

    /// Receives DATA of the stream until these bytes have come, and no others.
    pub(crate) async fn expect(&mut self, stream: u32, expected: &[u8]) {
        let mut data = Vec::new();
        while data.len() < expected.len() {
            let frame = self.next_of(stream).await.expect("the connection goes on");
            assert_eq!(frame.kind, Kind::Data, "{frame:?}");
            data.extend(frame.payload);
        }
        assert_eq!(data, expected);
    }

    /// Waits for the end of the stream in the server's direction; returns the DATA before it.
    pub(crate) async fn expect_end(&mut self, stream: u32) -> Vec<u8> {
        let mut data = Vec::new();
        loop {
            let frame = self.next_of(stream).await.expect("the connection goes on");
            assert_eq!(frame.kind, Kind::Data, "{frame:?}");
            data.extend(&frame.payload);
            if frame.ends_stream() {
                return data;
            }
        }
    }

    /// The resets that the server has sent.
    pub(crate) fn resets(&self) -> Vec<u32> {
        let resets = self.seen.iter().filter(|frame| frame.kind == Kind::Reset);
        resets.map(Frame::reason).collect()
    }

    async fn acknowledge(&mut self, frame: Frame) {
        if frame.flags & ACK == 0 {
            let payload: &[u8] = if frame.kind == Kind::Ping { &frame.payload } else { &[] };
            self.send(&Frame::new(frame.kind, ACK, 0, payload)).await;
        }
    }
}

/// An Extended CONNECT (RFC 8441 §5.1).
pub(crate) fn request(stream: u32) -> Frame {
    let fields = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "https"),
        (":path", "/chat"),
        (":authority", "h"),
        ("sec-websocket-version", "13"),
    ];
    Frame::new(Kind::Headers, END_HEADERS, stream, &header_list(&fields))
}
