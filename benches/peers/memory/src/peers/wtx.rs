use bytes::Bytes;
use common::{MemoryStream, Side};
use wtx::collection::Vector;
use wtx::rng::{ChaCha20, CryptoSeedableRng};
use wtx::stream::{StreamReader, StreamWriter};
use wtx::web_socket::{
    Frame, OpCode, WebSocket, WebSocketBuffer, WebSocketOwned, WebSocketPayloadOrigin,
};

use crate::peer::{Peer, now};

type Inner<const IS_CLIENT: bool> = WebSocketOwned<(), ChaCha20, Transport, IS_CLIENT>;

/// A peer that hands out borrowed payloads and writes each frame by itself. It masks the caller's
/// buffer in place, so a client that keeps its messages has to copy them first.
pub(crate) enum Socket {
    Server(Inner<false>),
    Client(Inner<true>),
}

impl Peer for Socket {
    fn connect(stream: MemoryStream, side: Side) -> Self {
        match side {
            Side::Server => Self::Server(connect(stream)),
            Side::Client => Self::Client(connect(stream)),
        }
    }

    fn receive(&mut self, messages: usize, mut see: impl FnMut(&[u8])) {
        let Self::Server(socket) = self else { panic!("only servers receive") };
        let mut buffer = Vector::new();
        now(async {
            for _ in 0..messages {
                let frame = socket.read_frame(&mut buffer, WebSocketPayloadOrigin::Adaptive).await;
                see(frame.expect("a message").payload());
            }
        });
    }

    fn send(&mut self, messages: &[Bytes], _: usize) {
        match self {
            Self::Server(socket) => send(socket, messages),
            Self::Client(socket) => send(socket, messages),
        }
    }
}

fn connect<const IS_CLIENT: bool>(stream: MemoryStream) -> Inner<IS_CLIENT> {
    let random = ChaCha20::from_getrandom().expect("random bytes");
    let buffer = WebSocketBuffer::with_capacity(64 << 10, 0, 0).expect("memory");
    let no_masking = false;
    let mut socket = WebSocket::new((), no_masking, random, Transport(stream), buffer);
    socket.set_max_payload_len(64 << 20);
    socket
}

fn send<const IS_CLIENT: bool>(socket: &mut Inner<IS_CLIENT>, messages: &[Bytes]) {
    let mut copy = Vec::new();
    now(async {
        for message in messages {
            copy.clear();
            copy.extend_from_slice(message);
            let mut frame = Frame::new_fin(OpCode::Binary, &mut copy[..]);
            socket.write_frame(&mut frame).await.expect("an open connection");
        }
    });
}

/// The stream with the traits of wtx.
pub(crate) struct Transport(pub(crate) MemoryStream);

impl StreamReader for Transport {
    async fn read(&mut self, buffer: &mut [u8]) -> wtx::Result<usize> {
        Ok(self.0.read(buffer))
    }
}

impl StreamWriter for Transport {
    async fn write_all(&mut self, bytes: &[u8]) -> wtx::Result<()> {
        self.0.write(bytes);
        Ok(())
    }

    async fn write_all_vectored(&mut self, pieces: &[&[u8]]) -> wtx::Result<()> {
        pieces.iter().for_each(|piece| self.0.write(piece));
        Ok(())
    }
}
