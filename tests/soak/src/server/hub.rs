//! The connections that are told the news: all of them the same message, made once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use websocket_proto::io::tokio::Sender;
use websocket_proto::{Prepared, SendError};

use super::Shared;

pub(crate) const NEWS: &str = "news";
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(listener);
        told
    }

    /// Tells all, and forgets those that have ended.
    fn tell(&self, news: &Prepared) {
        let mut listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|Listener { sender, told }| match sender.try_send_prepared(news) {
            Ok(()) => {
                told.fetch_add(1, Ordering::Relaxed);
                true
            }
            Err(error) => error != SendError::Closed,
        });
    }
}

impl Shared {
    /// Tells the news again and again.
    pub(super) async fn tell_news(self: Arc<Self>) {
        let news = Prepared::text(NEWS);
        while !self.shutdown.has_begun() {
            tokio::time::sleep(INTERVAL).await;
            self.hub.tell(&news);
        }
    }
}
