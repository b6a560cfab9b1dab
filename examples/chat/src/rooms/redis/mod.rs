//! Several instances that share their rooms through Redis.
//!
//! Each room is a stream: Redis puts what is said into one order, which all instances read, and keeps
//! it for those who come back. Pub/sub would order it too, but keeps nothing, so an instance that is
//! away for a moment would miss some.

mod entry;
mod follow;

use std::collections::BTreeSet;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::streams::{StreamMaxlen, StreamRangeReply};
use redis::{AsyncCommands, AsyncConnectionConfig, Client, RedisResult, Script};
use tokio::time::{Instant, sleep};
use tracing::warn;

use self::entry::Entry;
use super::Room;
use super::backlog::{KEPT, KEPT_BYTES};
use crate::protocol::{Content, Id, Said};
use crate::token::Key;

/// Of how many rooms there are messages in Redis; each takes up to 8 MiB.
const KEPT_ROOMS: usize = 1_000;

/// How long a silent room is kept.
const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How long Redis has for an answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// For how long saying something is tried.
const TRIED_FOR: Duration = Duration::from_secs(4);

/// How long a read waits for something to be said.
const READ_TIME: Duration = Duration::from_secs(2);

const SHARED_KEY: &str = "chat:key";

pub(crate) struct Redis {
    client: Client,
    connection: ConnectionManager,
    /// What tells this instance from the others.
    instance: String,
    key: Key,
    say: Script,
    presence: Script,
}

impl Redis {
    /// With a key for tokens, if no other instance has brought one yet.
    pub(crate) async fn connect(url: &str, new_key: Key) -> RedisResult<Self> {
        let client = Client::open(url)?;
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(2);
        let mut connection = client.get_connection_manager_with_config(config).await?;
        let _: bool = connection.set_nx(SHARED_KEY, &new_key[..]).await?;
        Ok(Self {
            key: connection.get(SHARED_KEY).await?,
            connection,
            client,
            instance: format!("{:016x}", getrandom::u64().unwrap_or_default()),
            say: Script::new(include_str!("say.lua")),
            presence: Script::new(include_str!("presence.lua")),
        })
    }

    /// What all instances sign tokens with.
    pub(crate) const fn key(&self) -> Key {
        self.key
    }

    /// Says something, and tries for some seconds, as what was said before is not said twice.
    pub(super) async fn say(&self, room: &str, said: &Said) -> RedisResult<()> {
        let start = Instant::now();
        loop {
            match self.try_to_say(room, said).await {
                Err(error) if start.elapsed() < TRIED_FOR => {
                    warn!(%error, "cannot keep a message, trying again");
                    sleep(Duration::from_millis(250)).await;
                }
                result => return result,
            }
        }
    }

    async fn try_to_say(&self, room: &str, said: &Said) -> RedisResult<()> {
        let mut invocation = self.say.prepare_invoke();
        // Twice what an instance keeps, so that one that is behind misses nothing.
        invocation
            .key(room_key(room))
            .key("chat:rooms")
            .key(format!("{}:said:{}:{}", room_key(room), said.key, said.from))
            .arg(&[2 * KEPT, 2 * KEPT_BYTES, KEPT_ROOMS])
            .arg(KEPT_FOR.as_secs())
            .arg(&[("from", &said.from), ("by", &said.by), ("key", &said.key)]);
        match &said.content {
            Content::Text(text) => invocation.arg("text").arg(text),
            Content::Picture(picture) => {
                invocation.arg("alt").arg(&picture.alt).arg("data").arg(&picture.data[..])
            }
        };
        invocation.invoke_async(&mut self.connection.clone()).await
    }

    /// Makes a room ready that this instance may have nothing of yet.
    pub(super) async fn prepare(&self, room: &Room) -> RedisResult<()> {
        let mut is_new = false;
        let load = async || {
            is_new = true;
            self.load(room).await
        };
        room.loaded.get_or_try_init(load).await?;
        if is_new { self.wake_reader(room).await } else { Ok(()) }
    }

    async fn load(&self, room: &Room) -> RedisResult<()> {
        let recent: StreamRangeReply =
            self.connection.clone().xrevrange_count(stream_key(&room.name), "+", "-", KEPT).await?;
        let entries: Vec<_> = recent.ids.into_iter().rev().filter_map(Entry::read).collect();
        let since = entries.first().map_or(Id::default(), |first| first.before);
        room.load(since, entries.into_iter().map(|entry| (entry.id, entry.said)));
        room.set_elsewhere(self.presence(room).await?);
        Ok(())
    }

    /// The reader may be waiting, and does not know yet that it is to read this room.
    async fn wake_reader(&self, room: &Room) -> RedisResult<()> {
        let mut waking = redis::pipe();
        waking.xadd_maxlen(self.wake_key(), StreamMaxlen::Equals(1), "*", &[("room", &room.name)]);
        // Instances come and go.
        waking.expire(self.wake_key(), 60);
        waking.exec_async(&mut self.connection.clone()).await
    }

    /// Notes who is here and gives who is elsewhere.
    async fn presence(&self, room: &Room) -> RedisResult<BTreeSet<String>> {
        let names = serde_json::to_string(&room.connected()).unwrap_or_default();
        let mut invocation = self.presence.prepare_invoke();
        invocation.key(format!("{}:here", room_key(&room.name))).arg(&self.instance).arg(names);
        let others: Vec<String> = invocation.invoke_async(&mut self.connection.clone()).await?;
        let names = others.iter().filter_map(|names| serde_json::from_str(names).ok());
        Ok(names.flat_map(Vec::into_iter).collect())
    }

    /// A connection for reads that wait, as they would hold up everything else on a shared one.
    async fn reading_connection(&self) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new().set_response_timeout(Some(READ_TIME + PATIENCE));
        let mut connection =
            self.client.get_multiplexed_async_connection_with_config(&config).await?;
        // A Redis that lost all it had would take another key from the next instance.
        let _: bool = connection.set_nx(SHARED_KEY, &self.key[..]).await?;
        Ok(connection)
    }

    fn wake_key(&self) -> String {
        format!("chat:wake:{}", self.instance)
    }
}

fn room_key(room: &str) -> String {
    format!("chat:room:{room}")
}

fn stream_key(room: &str) -> String {
    format!("{}:said", room_key(room))
}
