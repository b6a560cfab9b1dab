use bytes::Bytes;
use common::{MemoryStream, Side};
use soketto::connection::{Builder, Mode};
use soketto::{Receiver, Sender};
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};

use crate::peer::{Peer, now};

/// A peer that does not check UTF-8.
pub(crate) struct Socket {
    sender: Sender<Compat<MemoryStream>>,
    receiver: Receiver<Compat<MemoryStream>>,
}

impl Peer for Socket {
    fn connect(stream: MemoryStream, side: Side) -> Self {
        let mode = match side {
            Side::Server => Mode::Server,
            Side::Client => Mode::Client,
        };
        let (sender, receiver) = Builder::new(stream.compat(), mode).finish();
        Self { sender, receiver }
    }

    fn receive(&mut self, messages: usize, mut see: impl FnMut(&[u8])) {
        let mut message = Vec::new();
        now(async {
            for _ in 0..messages {
                message.clear();
                self.receiver.receive_data(&mut message).await.expect("a message");
                see(&message);
            }
        });
    }

    fn send(&mut self, messages: &[Bytes], batch: usize) {
        now(async {
            for batch in messages.chunks(batch) {
                for message in batch {
                    self.sender.send_binary(message).await.expect("an open connection");
                }
                self.sender.flush().await.expect("an open connection");
            }
        });
    }
}
