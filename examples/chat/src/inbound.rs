//! Handling the messages that one client sends.

use tracing::warn;
use websocket_proto::CloseCode;
use websocket_proto::io::task::{Sender, Wire};

use crate::admission::Participant;
use crate::chat::Chat;
use crate::protocol::{ClientMessage, Content, Refusal, RoomMessage, ServerMessage};
use crate::rate_limit::RateLimit;

pub(crate) struct Inbound<'a, W: Wire> {
    chat: &'a Chat,
    participant: &'a Participant,
    sender: &'a Sender<W>,
    rate_limit: RateLimit,
    /// Whether a message could not be posted. All later ones are dropped then: the client sends
    /// all of them again, in order, when it has reconnected.
    has_lost_message: bool,
}

impl<'a, W: Wire> Inbound<'a, W> {
    pub(crate) fn new(chat: &'a Chat, participant: &'a Participant, sender: &'a Sender<W>) -> Self {
        let rate_limit = RateLimit::new();
        Self { chat, participant, sender, rate_limit, has_lost_message: false }
    }

    /// Handles one message, whose payload had `len` bytes.
    pub(crate) async fn handle(&mut self, len: usize, parsed: Result<ClientMessage, Refusal>) {
        self.chat.metrics.count_received(len);
        if self.has_lost_message {
            return;
        }
        self.rate_limit.wait().await;
        match parsed {
            Ok(ClientMessage::Post { key, content }) => self.post(key, content).await,
            Ok(ClientMessage::Ping { at }) => self.reply(&ServerMessage::Pong { at }).await,
            Err(Refusal { key, why }) => {
                self.reply(&ServerMessage::Refused { key: key.as_deref(), why }).await;
            }
        }
    }

    async fn post(&mut self, key: String, content: Content) {
        let membership = &self.participant.membership;
        let sender_name = membership.name.clone();
        let sender_id = self.participant.id.clone();
        let message = RoomMessage { sender_name, sender_id, key, content };
        if let Err(error) = membership.post(message).await {
            warn!(%error, "cannot keep a message");
            self.has_lost_message = true;
            // An error means that the connection is closing already, which is as good.
            let _ = self.sender.start_close(CloseCode::TRY_AGAIN_LATER, "out of order");
        }
    }

    async fn reply(&self, reply: &ServerMessage<'_>) {
        let json = reply.to_json();
        self.chat.metrics.count_sent(json.len());
        // This fails only when the connection has ended, and the receiving side reports that.
        let _ = self.sender.send_text(&json).await;
    }
}
