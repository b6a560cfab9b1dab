//! The windows of the adapters.

use std::io::{self, Cursor, Read, Write};
use std::sync::{Arc, Mutex};

use websocket_proto::frame::OpCode;
use websocket_proto::io::blocking::{self, Untimed};
use websocket_proto::{Config, EndCause, Event, Incoming, Role};

use crate::failing::{Missing, without};
use crate::support::masked;

/// Less than the window that a connection makes by itself.
const NO_WINDOW: Missing = Missing::Above(Incoming::DEFAULT_WINDOW - 1);

/// A Close frame with 1011.
const CLOSING: [u8; 4] = [0x88, 2, 0x03, 0xF3];

/// A stream that brings these bytes, and keeps what is written.
struct Recorded(Cursor<Vec<u8>>, Arc<Mutex<Vec<u8>>>);

impl Read for Recorded {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.0.read(space)
    }
}

impl Write for Recorded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn blocking() {
    let input = Cursor::new(masked(true, OpCode::Text, "too late"));
    let written = Arc::default();
    let stream = Untimed(Recorded(input, Arc::clone(&written)));
    let config = Config::default();
    let mut socket = blocking::WebSocket::established(stream, Role::Server, None, config, b"");
    let event = without(NO_WINDOW, || {
        socket.receive().unwrap().map(|(event, _)| matches!(event, Event::Ended(_)))
    });
    assert_eq!(event, Some(true));
    assert_eq!(socket.ending().unwrap().cause, EndCause::OutOfMemory);
    assert_eq!(*written.lock().unwrap(), CLOSING);
}

#[cfg(feature = "tokio")]
#[test]
fn tokio() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use websocket_proto::io::tokio::WebSocket;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (stream, mut peer) = tokio::io::duplex(1 << 10);
        let config = Config::default();
        let mut socket = WebSocket::established(stream, Role::Server, None, config, b"");
        // One that is smaller than those that the adapter lends is there.
        peer.write_all(&masked(true, OpCode::Text, "in time")).await.unwrap();
        let lent_is_missing = Missing::Above(Incoming::DEFAULT_WINDOW);
        let mut receiving = std::pin::pin!(socket.receive());
        let event =
            std::future::poll_fn(|cx| without(lent_is_missing, || receiving.as_mut().poll(cx)));
        let Some((Event::Text(text), _)) = event.await.unwrap() else { panic!("a text") };
        assert_eq!(text, "in time");
    });
    runtime.block_on(async {
        let (stream, mut peer) = tokio::io::duplex(1 << 10);
        let config = Config::default();
        let mut socket = WebSocket::established(stream, Role::Server, None, config, b"");
        peer.write_all(&masked(true, OpCode::Text, "too late")).await.unwrap();
        {
            let mut receiving = std::pin::pin!(socket.receive());
            let event =
                std::future::poll_fn(|cx| without(NO_WINDOW, || receiving.as_mut().poll(cx)));
            assert!(matches!(event.await.unwrap(), Some((Event::Ended(_), _))));
        }
        assert_eq!(socket.ending().unwrap().cause, EndCause::OutOfMemory);
        let mut answer = [0; CLOSING.len()];
        peer.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, CLOSING);
    });
}
