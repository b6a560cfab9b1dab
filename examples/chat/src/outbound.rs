//! Sending one client what happens in its room.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use tokio::time::timeout;
use tracing::info;
use websocket_proto::io::task::{Sender, Wire};
use websocket_proto::{CloseCode, Prepared};

use crate::admission::Participant;
use crate::chat::Chat;
use crate::protocol::ServerMessage;
use crate::rooms::Follower;

/// How long the send queue may stay full before the client is disconnected.
const SLOW_READER_TIMEOUT: Duration = Duration::from_secs(10);

/// Why nothing more can be sent.
enum StopReason {
    TooSlow,
    /// The connection has ended; the receiving side knows why.
    Ended,
}

/// Sends everything that happens in the room, in order. Never returns: the connection ends on the
/// receiving side.
pub(crate) async fn send_updates<W: Wire>(
    chat: &Chat,
    participant: &Participant,
    sender: &Sender<W>,
) -> Infallible {
    let outbound = Outbound { chat, sender };
    if let Err(StopReason::TooSlow) = outbound.run(participant).await {
        info!("too slow");
        // An error means that the connection is closing already, which is as good.
        let _ = sender.start_close(CloseCode::POLICY, "too slow");
    }
    pending().await
}

struct Outbound<'a, W: Wire> {
    chat: &'a Chat,
    sender: &'a Sender<W>,
}

impl<W: Wire> Outbound<'_, W> {
    async fn run(&self, participant: &Participant) -> Result<(), StopReason> {
        let Participant { membership, id: you, after, .. } = participant;
        membership.room.catch_up(*after).await;
        let mut follower = Follower::new(&membership.room, *after);
        let (room, name) = (&membership.room.name, &membership.name);
        let (here, complete) = (&follower.people, follower.is_complete);
        self.queue(&ServerMessage::Welcome { room, name, you, here, complete }).await?;
        let mut is_ready = false;
        loop {
            let updates = follower.take_updates().map_err(|_| StopReason::TooSlow)?;
            for message in &updates.messages {
                self.queue_prepared(message).await?;
            }
            for name in &updates.joined {
                self.queue(&ServerMessage::Joined { name }).await?;
            }
            for name in &updates.left {
                self.queue(&ServerMessage::Left { name }).await?;
            }
            if updates.messages.is_empty() && !is_ready {
                is_ready = true;
                self.queue(&ServerMessage::Ready { id: follower.position().to_string() }).await?;
            }
            if updates.is_empty() {
                self.sender.flush().await.map_err(|_| StopReason::Ended)?;
                follower.changed().await;
            }
        }
    }

    async fn queue(&self, message: &ServerMessage<'_>) -> Result<(), StopReason> {
        self.queue_prepared(&Prepared::text(&message.to_json())).await
    }

    /// Queues a message, once there is room for it. There is none while the client reads too
    /// slowly.
    async fn queue_prepared(&self, message: &Prepared) -> Result<(), StopReason> {
        self.chat.metrics.count_sent(message.payload().len());
        match timeout(SLOW_READER_TIMEOUT, self.sender.feed_prepared(message)).await {
            Ok(queued) => queued.map_err(|_| StopReason::Ended),
            Err(_) => Err(StopReason::TooSlow),
        }
    }
}
