//! Rooms that several instances share through Redis.
//!
//! Each room is a stream: Redis puts its messages into one order, which all instances read, and
//! keeps them for clients that reconnect. Pub/sub would order them too, but keeps nothing, so an
//! instance that is disconnected for a moment would miss some.

mod entry;

use std::collections::BTreeSet;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::streams::{StreamMaxlen, StreamRangeReply};
use redis::{AsyncCommands, AsyncConnectionConfig, Client, RedisResult, Script};
use tokio::time::{Instant, sleep};
use tracing::warn;

pub(super) use self::entry::Entry;
use super::backlog::{MAX_BACKLOG_BYTES, MAX_BACKLOG_LEN};
use super::room::Room;
use crate::protocol::{Content, MessageId, RoomMessage};
use crate::token::Key;

/// How many rooms have messages in Redis at most. Each takes up to 8 MiB.
const MAX_STORED_ROOMS: usize = 1_000;

/// How long Redis keeps a room after its last message.
const ROOM_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How long Redis may take to answer.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);

/// How long posting a message is retried.
const POST_RETRY_TIME: Duration = Duration::from_secs(4);

/// How long a read waits for new messages.
pub(super) const BLOCKING_READ_TIME: Duration = Duration::from_secs(2);

/// Where Redis has the key that all instances sign tokens with.
const SHARED_KEY: &str = "chat:key";

pub(crate) struct Redis {
    client: Client,
    connection: ConnectionManager,
    /// A random ID of this instance.
    instance: String,
    key: Key,
    post_script: Script,
    presence_script: Script,
}

impl Redis {
    /// Connects, and stores `new_key` as the key for tokens unless there is one already.
    pub(crate) async fn connect(url: &str, new_key: Key) -> RedisResult<Self> {
        let client = Client::open(url)?;
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_number_of_retries(2);
        let mut connection = client.get_connection_manager_with_config(config).await?;
        let _: bool = connection.set_nx(SHARED_KEY, &new_key[..]).await?;
        Ok(Self {
            key: connection.get(SHARED_KEY).await?,
            connection,
            client,
            instance: format!("{:016x}", getrandom::u64().unwrap_or_default()),
            post_script: Script::new(include_str!("post.lua")),
            presence_script: Script::new(include_str!("presence.lua")),
        })
    }

    /// The key that all instances sign tokens with.
    pub(crate) const fn key(&self) -> Key {
        self.key
    }

    /// Posts a message, and retries for some seconds if that fails. Retrying is safe: Redis does
    /// not store a message again. If it has lost its data meanwhile it would, so a message that
    /// has come back to the room is not posted again.
    pub(super) async fn post(&self, room: &Room, message: &RoomMessage) -> RedisResult<()> {
        let start = Instant::now();
        loop {
            match self.try_to_post(&room.name, message).await {
                Err(error) if start.elapsed() < POST_RETRY_TIME => {
                    warn!(%error, "cannot keep a message, trying again");
                    sleep(Duration::from_millis(250)).await;
                }
                result => return result,
            }
            if room.contains(message) {
                return Ok(());
            }
        }
    }

    async fn try_to_post(&self, room: &str, message: &RoomMessage) -> RedisResult<()> {
        let mut invocation = self.post_script.prepare_invoke();
        // Redis keeps twice as much as an instance, so an instance that lags behind misses nothing.
        invocation
            .key(room_key(room))
            .key("chat:rooms")
            .key(format!("{}:said:{}:{}", room_key(room), message.key, message.sender_name))
            .arg(&[2 * MAX_BACKLOG_LEN, 2 * MAX_BACKLOG_BYTES, MAX_STORED_ROOMS])
            .arg(ROOM_LIFETIME.as_secs())
            .arg(&[("from", &message.sender_name)])
            .arg(&[("by", &message.sender_id), ("key", &message.key)]);
        match &message.content {
            Content::Text(text) => invocation.arg("text").arg(text),
            Content::Picture(picture) => {
                invocation.arg("alt").arg(&picture.alt).arg("data").arg(&picture.data[..])
            }
        };
        invocation.invoke_async(&mut self.connection.clone()).await
    }

    /// Loads the recent messages of a room, unless this instance has done that already.
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
        let recent: StreamRangeReply = self
            .connection
            .clone()
            .xrevrange_count(stream_key(&room.name), "+", "-", MAX_BACKLOG_LEN)
            .await?;
        let entries: Vec<_> = recent.ids.into_iter().rev().filter_map(Entry::parse).collect();
        let since = entries.first().map_or(MessageId::default(), |first| first.previous);
        room.load(since, entries.into_iter().map(|entry| (entry.id, entry.message)));
        room.set_connected_elsewhere(self.exchange_presence(room).await?);
        Ok(())
    }

    /// Wakes the task that reads the streams: it may be waiting for messages of the other rooms,
    /// without this one.
    async fn wake_reader(&self, room: &Room) -> RedisResult<()> {
        let mut waking = redis::pipe();
        waking.xadd_maxlen(self.wake_key(), StreamMaxlen::Equals(1), "*", &[("room", &room.name)]);
        // It expires, as nobody else deletes the key of an instance that has ended.
        waking.expire(self.wake_key(), 60);
        waking.exec_async(&mut self.connection.clone()).await
    }

    /// Stores who is connected to this instance, and returns who is connected to the others.
    pub(super) async fn exchange_presence(&self, room: &Room) -> RedisResult<BTreeSet<String>> {
        let names = serde_json::to_string(&room.connected()).unwrap_or_default();
        let mut invocation = self.presence_script.prepare_invoke();
        invocation.key(format!("{}:here", room_key(&room.name))).arg(&self.instance).arg(names);
        let others: Vec<String> = invocation.invoke_async(&mut self.connection.clone()).await?;
        let names = others.iter().filter_map(|names| serde_json::from_str(names).ok());
        Ok(names.flat_map(Vec::into_iter).collect())
    }

    /// A connection of its own for reads that wait: on a shared one they would hold up everything
    /// else.
    pub(super) async fn reading_connection(&self) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(Some(BLOCKING_READ_TIME + RESPONSE_TIMEOUT));
        let mut connection =
            self.client.get_multiplexed_async_connection_with_config(&config).await?;
        // If Redis has lost its data, the next instance that starts would store another key.
        let _: bool = connection.set_nx(SHARED_KEY, &self.key[..]).await?;
        Ok(connection)
    }

    pub(super) fn wake_key(&self) -> String {
        format!("chat:wake:{}", self.instance)
    }
}

fn room_key(room: &str) -> String {
    format!("chat:room:{room}")
}

pub(super) fn stream_key(room: &str) -> String {
    format!("{}:said", room_key(room))
}
