//! What all connections share.

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
use crate::protocol::LONGEST_MESSAGE;
use crate::rooms::{Redis, Rooms};
use crate::token::{Key, Tokens, random_key};

/// How long those who are connected have to answer the Close frame when the server ends.
const PATIENCE: Duration = Duration::from_secs(3);

pub(crate) struct Chat {
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) tokens: Tokens,
    pub(crate) metrics: Metrics,
    /// One for each connection, whatever it turns into.
    pub(crate) places: Arc<Semaphore>,
    pub(crate) config: Arc<Config>,
    pub(crate) shutdown: GracefulShutdown,
    /// How many places there are.
    most: usize,
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
        let most = options.connections.min(Semaphore::MAX_PERMITS);
        Ok(Self {
            rooms: Rooms::new(redis, options.memory),
            tokens: Tokens::new(key),
            metrics: Metrics::new(),
            places: Arc::new(Semaphore::new(most)),
            most,
            config: Arc::new(config()),
            shutdown: GracefulShutdown::new(),
            origins: options.origins,
        })
    }

    /// Whether the page that connects is one of ours. Terminals tell no origin.
    pub(crate) fn is_welcome(&self, request: Request<'_>) -> bool {
        let allows = |origin: &String| request.is_origin_allowed(&OriginPolicy::List(&[origin]));
        match &self.origins[..] {
            [] => request.is_origin_allowed(&OriginPolicy::SameHost),
            origins => origins.iter().any(allows),
        }
    }

    /// How many connections there are, of whatever kind.
    pub(crate) fn places_taken(&self) -> usize {
        self.most - self.places.available_permits()
    }

    /// Closes all connections, and waits for their end.
    pub(crate) async fn close(&self) {
        self.rooms.close();
        let closing =
            self.shutdown.close_all(CloseCode::SERVICE_RESTART, "restarting", sleep(PATIENCE));
        match closing.await {
            Ok(summary) => {
                info!(clean = summary.clean, aborted = summary.aborted, "all are closed")
            }
            Err(error) => warn!(%error, "cannot close"),
        }
    }
}

/// The URL may hold a password, so it is not told.
async fn connect(url: &str, own_key: Key) -> Result<Redis, String> {
    Redis::connect(url, own_key).await.map_err(|error| format!("cannot use Redis: {error}"))
}

/// The heartbeat is on by default.
fn config() -> Config {
    let mut config = Config::default();
    config.limits.message = LONGEST_MESSAGE;
    config
}
