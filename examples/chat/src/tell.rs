//! Telling one connection what happens in its room.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use tokio::time::timeout;
use tracing::info;
use websocket_proto::io::task::{Sender, Wire};
use websocket_proto::{CloseCode, Prepared};

use crate::chat::Chat;
use crate::guest::Guest;
use crate::protocol::Told;

/// How long somebody may leave no room for one more message.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why nothing more can be told.
enum Stop {
    TooSlow,
    /// The receiving side knows why.
    Ended,
}

/// Tells everything, in order, to the end of the connection: it never returns.
pub(crate) async fn tell<W: Wire>(chat: &Chat, guest: &Guest, sender: &Sender<W>) -> Infallible {
    if let Err(Stop::TooSlow) = (Telling { chat, sender }).run(guest).await {
        info!("too slow");
        // That it is closing already is as well.
        let _ = sender.close(CloseCode::POLICY, "too slow");
    }
    pending().await
}

struct Telling<'a, W: Wire> {
    chat: &'a Chat,
    sender: &'a Sender<W>,
}

impl<W: Wire> Telling<'_, W> {
    async fn run(&self, guest: &Guest) -> Result<(), Stop> {
        let seat = &guest.seat;
        seat.room.catch_up(guest.after).await;
        let (mut follower, complete) = seat.room.follow(guest.after);
        let (room, name, here) = (&seat.room.name, &seat.name, &follower.here);
        let you = &guest.id;
        self.say(&Told::Welcome { room, name, you, here, complete }).await?;
        let mut is_ready = false;
        loop {
            let news = follower.news().map_err(|_| Stop::TooSlow)?;
            for message in &news.said {
                self.feed(message).await?;
            }
            for name in &news.joined {
                self.say(&Told::Joined { name }).await?;
            }
            for name in &news.left {
                self.say(&Told::Left { name }).await?;
            }
            if news.said.is_empty() && !is_ready {
                is_ready = true;
                self.say(&Told::Ready { id: follower.position().to_string() }).await?;
            }
            if news.is_empty() {
                self.sender.flush().await.map_err(|_| Stop::Ended)?;
                follower.changed().await;
            }
        }
    }

    async fn say(&self, told: &Told<'_>) -> Result<(), Stop> {
        self.feed(&Prepared::text(&told.to_json())).await
    }

    /// Queues it. Who reads too slowly has no room for it.
    async fn feed(&self, message: &Prepared) -> Result<(), Stop> {
        self.chat.metrics.send(message.payload().len());
        match timeout(PATIENCE, self.sender.feed_prepared(message)).await {
            Ok(fed) => fed.map_err(|_| Stop::Ended),
            Err(_) => Err(Stop::TooSlow),
        }
    }
}
