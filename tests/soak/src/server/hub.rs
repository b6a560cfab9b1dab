//! The connections that are told the news: all of them the same message, made once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::sleep;
use websocket_proto::io::tokio::Sender;
use websocket_proto::{Prepared, SendError};

use super::{NEWS, Shared};

const INTERVAL: Duration = Duration::from_millis(700);

struct Listener {
    sender: Sender,
    told: Arc<AtomicU64>,
}

#[derive(Default)]
pub(crate) struct Hub(Mutex<Vec<Listener>>);

impl Hub {
    /// Tells this connection too from now on. Returns how often that was done.
    pub(crate) fn join(&self, sender: Sender) -> Arc<AtomicU64> {
        let told = Arc::new(AtomicU64::new(0));
        let listener = Listener { sender, told: Arc::clone(&told) };
        self.listeners().push(listener);
        told
    }

    /// Tells all, and forgets those that have ended: a sender keeps the stream of its connection.
    fn tell(&self, news: &Prepared) {
        self.listeners().retain(|Listener { sender, told }| match sender.try_send_prepared(news) {
            Ok(()) => {
                told.fetch_add(1, Ordering::Relaxed);
                true
            }
            Err(error) => error != SendError::Closed,
        });
    }

    /// Forgets those that have ended, and returns whether no other is left.
    fn forget_ended(&self) -> bool {
        let mut listeners = self.listeners();
        listeners.retain(|listener| listener.sender.ending().is_none());
        listeners.is_empty()
    }

    fn listeners(&self) -> MutexGuard<'_, Vec<Listener>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Tells the news again and again, until the server shuts down, and sees all listeners go.
    pub(super) async fn tell_news(self: Arc<Self>) {
        let news = Prepared::text(NEWS);
        while !self.shutdown.has_begun() {
            sleep(INTERVAL).await;
            self.hub.tell(&news);
        }
        while !self.hub.forget_ended() || self.open.load(Ordering::Relaxed) > 0 {
            sleep(INTERVAL).await;
        }
    }
}
