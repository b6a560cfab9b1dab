//! Doing what one connection asks for.

use tracing::warn;
use websocket_proto::CloseCode;
use websocket_proto::io::task::{Sender, Wire};

use crate::chat::Chat;
use crate::guest::Guest;
use crate::pace::Pace;
use crate::protocol::{Heard, Refusal, Said, Told};

pub(crate) struct Hearing<'a, W: Wire> {
    chat: &'a Chat,
    guest: &'a Guest,
    sender: &'a Sender<W>,
    pace: Pace,
    /// A message was lost. Nothing behind it is taken: it is all said again, in its order.
    has_lost: bool,
}

impl<'a, W: Wire> Hearing<'a, W> {
    pub(crate) fn new(chat: &'a Chat, guest: &'a Guest, sender: &'a Sender<W>) -> Self {
        Self { chat, guest, sender, pace: Pace::new(), has_lost: false }
    }

    /// Takes one message of so many bytes.
    pub(crate) async fn take(&mut self, len: usize, heard: Result<Heard, Refusal>) {
        self.chat.metrics.receive(len);
        if self.has_lost {
            return;
        }
        self.pace.keep().await;
        match heard {
            Ok(Heard::Said { key, content }) => {
                let (from, by) = (self.guest.seat.name.clone(), self.guest.id.clone());
                self.say(Said { from, by, key, content }).await;
            }
            Ok(Heard::Ping { at }) => self.answer(&Told::Pong { at }).await,
            Err(Refusal { key, why }) => {
                self.answer(&Told::Refused { key: key.as_deref(), why }).await;
            }
        }
    }

    async fn say(&mut self, said: Said) {
        if let Err(error) = self.guest.seat.say(said).await {
            warn!(%error, "cannot keep a message");
            self.has_lost = true;
            // That it is closing already is as well.
            let _ = self.sender.close(CloseCode::TRY_AGAIN_LATER, "out of order");
        }
    }

    async fn answer(&self, answer: &Told<'_>) {
        let json = answer.to_json();
        self.chat.metrics.send(json.len());
        // It cannot be answered when it has ended, which is told soon.
        let _ = self.sender.send_text(&json).await;
    }
}
