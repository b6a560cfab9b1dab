//! The state that all connections share.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::sleep;
use tracing::{info, warn};
use websocket_proto::handshake::{OriginPolicy, Request};
use websocket_proto::io::task::GracefulShutdown;
use websocket_proto::{CloseCode, Config};

use crate::metrics::Metrics;
use crate::options::Options;
use crate::protocol::MAX_MESSAGE_LEN;
use crate::rooms::{Redis, Rooms, start_rooms};
use crate::token::{Key, Tokens, random_key};

/// How long the clients have to answer the Close frame when the server ends.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(3);

pub(crate) struct Chat {
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) tokens: Tokens,
    pub(crate) metrics: Metrics,
    /// Each connection holds one slot, whether it becomes a WebSocket or not.
    pub(crate) slots: Arc<Semaphore>,
    pub(crate) config: Arc<Config>,
    pub(crate) shutdown: GracefulShutdown,
    /// How many slots there are, taken or not.
    capacity: usize,
    origins: Vec<String>,
}

impl Chat {
    pub(crate) async fn new(options: Options) -> Result<Self, String> {
        let own_key = random_key().map_err(|error| format!("no random bytes: {error}"))?;
        let redis = match options.redis {
            None => None,
            Some(url) => Some(connect(&url, own_key).await?),
        };
        let key = redis.as_ref().map_or(own_key, Redis::key);
        let capacity = options.connections.min(Semaphore::MAX_PERMITS);
        Ok(Self {
            rooms: start_rooms(redis, options.memory),
            tokens: Tokens::new(key),
            metrics: Metrics::new(),
            slots: Arc::new(Semaphore::new(capacity)),
            capacity,
            config: Arc::new(config()),
            shutdown: GracefulShutdown::new(),
            origins: options.origins,
        })
    }

    /// Whether the page that connects is one of ours. Clients that send no `Origin`, like those at
    /// a terminal, are allowed.
    pub(crate) fn is_origin_allowed(&self, request: Request<'_>) -> bool {
        let allows = |origin: &String| {
            OriginPolicy::list(&[origin]).is_ok_and(|policy| request.is_origin_allowed(&policy))
        };
        match &self.origins[..] {
            [] => request.is_origin_allowed(&OriginPolicy::SameHost),
            origins => origins.iter().any(allows),
        }
    }

    /// How many connections of any kind there are.
    pub(crate) fn slots_taken(&self) -> usize {
        self.capacity - self.slots.available_permits()
    }

    /// Closes all connections, and waits until they have ended.
    pub(crate) async fn close(&self) {
        self.rooms.close();
        let closing =
            self.shutdown.close_all(CloseCode::SERVICE_RESTART, "restarting", sleep(CLOSE_TIMEOUT));
        match closing.await {
            Ok(summary) => {
                info!(clean = summary.clean, aborted = summary.aborted, "all are closed")
            }
            Err(error) => warn!(%error, "cannot close"),
        }
    }
}

/// Connects to Redis. The error does not contain the URL, as there may be a password in it.
async fn connect(url: &str, own_key: Key) -> Result<Redis, String> {
    Redis::connect(url, own_key).await.map_err(|error| format!("cannot use Redis: {error}"))
}

/// The settings of each WebSocket. The heartbeat is on by default.
fn config() -> Config {
    let mut config = Config::default();
    config.limits.message = MAX_MESSAGE_LEN;
    config
}
