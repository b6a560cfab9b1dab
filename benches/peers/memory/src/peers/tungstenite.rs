use std::io::{self, IoSlice, Read, Write};

use bytes::Bytes;
use common::{MemoryStream, Side};
use tungstenite::protocol::Role;
use tungstenite::{Message, WebSocket};

use crate::peer::Peer;

pub(crate) struct Socket(WebSocket<Blocking>);

impl Peer for Socket {
    fn connect(stream: MemoryStream, side: Side) -> Self {
        Self(WebSocket::from_raw_socket(Blocking(stream), role(side), None))
    }

    fn receive(&mut self, messages: usize, mut see: impl FnMut(&[u8])) {
        for _ in 0..messages {
            match self.0.read() {
                Ok(Message::Text(text)) => see(text.as_bytes()),
                Ok(Message::Binary(data)) => see(&data),
                other => panic!("{other:?}"),
            }
        }
    }

    fn send(&mut self, messages: &[Bytes], batch: usize) {
        for batch in messages.chunks(batch) {
            for message in batch {
                self.0.write(Message::Binary(message.clone())).expect("an open connection");
            }
            self.0.flush().expect("an open connection");
        }
    }
}

pub(super) const fn role(side: Side) -> Role {
    match side {
        Side::Server => Role::Server,
        Side::Client => Role::Client,
    }
}

/// The stream with the traits of blocking streams.
pub(crate) struct Blocking(pub(crate) MemoryStream);

impl Read for Blocking {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer) {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            len => Ok(len),
        }
    }
}

impl Write for Blocking {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes);
        Ok(bytes.len())
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        pieces.iter().for_each(|piece| self.0.write(piece));
        Ok(pieces.iter().map(|piece| piece.len()).sum())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
