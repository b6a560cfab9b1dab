//! Several instances that share their rooms through Redis.
//!
//! Each room is a stream: Redis puts what is said into one order, which all instances read, and keeps
//! it for those who come back. Pub/sub would order it too, but keeps nothing, so an instance that is
//! away for a moment would miss some.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use redis::aio::{ConnectionManager, MultiplexedConnection};
use redis::streams::{StreamId, StreamRangeReply, StreamReadOptions, StreamReadReply};
use redis::{AsyncCommands, AsyncConnectionConfig, Client, RedisResult, Script};
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::backlog::KEPT;
use super::{Room, Rooms};
use crate::protocol::{Content, Id, Picture, Said};
use crate::token::Key;

/// Says it unless it was said before. Redis runs a script as a whole.
const SAY: &str = "
if redis.call('SET', KEYS[2], '', 'NX', 'EX', 3600) then
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', unpack(ARGV, 3))
  redis.call('EXPIRE', KEYS[1], ARGV[2])
end";

/// Notes who is with this instance, for five seconds, and gives what the others have noted.
const PRESENCE: &str = "
local now = tonumber(redis.call('TIME')[1])
redis.call('HSET', KEYS[1], ARGV[1], string.format('%d %s', now + 5, ARGV[2]))
redis.call('EXPIRE', KEYS[1], 60)
local noted, others = redis.call('HGETALL', KEYS[1]), {}
for i = 1, #noted, 2 do
  local till, names = string.match(noted[i + 1], '^(%d+) (.*)$')
  if tonumber(till) < now then
    redis.call('HDEL', KEYS[1], noted[i])
  elseif noted[i] ~= ARGV[1] then
    table.insert(others, names)
  end
end
return others";

/// How long a silent room is kept.
const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How often reading begins anew when nothing happens, so that a connection that died is noticed.
const READ_TIME: Duration = Duration::from_secs(5);

pub(crate) struct Redis {
    client: Client,
    connection: ConnectionManager,
    /// What tells this instance from the others.
    instance: String,
    say: Script,
    presence: Script,
}

impl Redis {
    pub(crate) async fn connect(url: &str) -> RedisResult<Self> {
        let client = Client::open(url)?;
        Ok(Self {
            connection: client.get_connection_manager().await?,
            client,
            instance: format!("{:016x}", getrandom::u64().unwrap_or_default()),
            say: Script::new(SAY),
            presence: Script::new(PRESENCE),
        })
    }

    /// The key that all instances sign tokens with: the first one's.
    pub(crate) async fn shared_key(&self, new: Key) -> RedisResult<Key> {
        let mut connection = self.connection.clone();
        let _: bool = connection.set_nx("chat:key", &new[..]).await?;
        connection.get("chat:key").await
    }

    /// Can be done again: what was said before is not said twice.
    pub(super) async fn say(&self, room: &str, said: &Said) -> RedisResult<()> {
        let mut invocation = self.say.prepare_invoke();
        invocation
            .key(stream_key(room))
            .key(format!("chat:{{{room}}}:said:{}:{}", said.key, said.from))
            .arg(KEPT * 2)
            .arg(KEPT_FOR.as_secs())
            .arg(&[("from", &said.from), ("key", &said.key)]);
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
        if is_new {
            // Wakes the reader, which does not know yet that it is to read this room.
            self.connection
                .clone()
                .xadd_maxlen(
                    self.wake_key(),
                    redis::streams::StreamMaxlen::Equals(1),
                    "*",
                    &[("room", &room.name)],
                )
                .await?
        }
        Ok(())
    }

    async fn load(&self, room: &Room) -> RedisResult<()> {
        let mut connection = self.connection.clone();
        let last: StreamRangeReply =
            connection.xrevrange_count(stream_key(&room.name), "+", "-", KEPT + 1).await?;
        let mut said: Vec<_> = last.ids.into_iter().rev().filter_map(read_entry).collect();
        let mut since = Id::now().before(KEPT_FOR);
        if said.len() > KEPT {
            since = since.max(said.remove(0).0);
        }
        room.load(since, said);
        Ok(())
    }

    async fn presence(&self, room: &Room) -> RedisResult<BTreeSet<String>> {
        let names = serde_json::to_string(&room.connected()).unwrap_or_default();
        let mut invocation = self.presence.prepare_invoke();
        invocation.key(format!("chat:{{{}}}:here", room.name)).arg(&self.instance).arg(names);
        let others: Vec<String> = invocation.invoke_async(&mut self.connection.clone()).await?;
        let names = others.iter().filter_map(|names| serde_json::from_str(names).ok());
        Ok(names.flat_map(Vec::into_iter).collect())
    }

    /// A connection for reads that wait, as they would hold up everything else on a shared one.
    async fn reading_connection(&self) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new().set_response_timeout(Some(READ_TIME * 2));
        self.client.get_multiplexed_async_connection_with_config(&config).await
    }

    fn wake_key(&self) -> String {
        format!("chat:wake:{}", self.instance)
    }
}

impl Rooms {
    /// Brings everything that is said anywhere to the rooms here, for as long as this instance lives.
    pub(super) async fn follow_redis(self: Arc<Self>) {
        let Some(redis) = &self.redis else { return };
        loop {
            if let Err(error) = self.read_streams(redis).await {
                warn!(%error, "cannot read from Redis, trying again");
                sleep(Duration::from_millis(500)).await;
            }
        }
    }

    async fn read_streams(&self, redis: &Redis) -> RedisResult<()> {
        let mut connection = redis.reading_connection().await?;
        let options = StreamReadOptions::default().block(READ_TIME.as_millis() as usize).count(256);
        let mut woken = Id::default();
        loop {
            let rooms = self.loaded();
            let keys = rooms.iter().map(|room| stream_key(&room.name)).chain([redis.wake_key()]);
            let places = rooms.iter().map(|room| room.last()).chain([woken]);
            let (keys, places): (Vec<_>, Vec<_>) =
                keys.zip(places.map(|id| id.to_string())).unzip();
            let read: Option<StreamReadReply> =
                connection.xread_options(&keys, &places, &options).await?;
            for stream in read.unwrap_or_default().keys {
                let last = last_of(&stream.ids);
                match rooms.iter().find(|room| stream_key(&room.name) == stream.key) {
                    Some(room) => {
                        let said = stream.ids.into_iter().filter_map(read_entry);
                        said.for_each(|(id, said)| room.add(id, said));
                        room.pass(last);
                    }
                    None => woken = last,
                }
            }
        }
    }

    fn loaded(&self) -> Vec<Arc<Room>> {
        let rooms = self.rooms();
        rooms.values().filter(|room| room.loaded.initialized()).cloned().collect()
    }

    /// Tells the other instances who is here and learns who is there, every second and when somebody
    /// comes or goes.
    pub(super) async fn tell_presence(self: Arc<Self>) {
        let Some(redis) = &self.redis else { return };
        let mut told = Vec::new();
        loop {
            let rooms = self.loaded();
            // Those that nobody is in any more are told once more.
            told.retain(|room: &Arc<Room>| rooms.iter().all(|other| other.name != room.name));
            for room in told.iter().chain(&rooms) {
                match redis.presence(room).await {
                    Ok(names) => room.set_elsewhere(names),
                    Err(error) => warn!(%error, "cannot ask Redis who is here"),
                }
            }
            told = rooms;
            let _ = timeout(Duration::from_secs(1), self.moved.notified()).await;
            // Many often come at once.
            sleep(Duration::from_millis(50)).await;
        }
    }
}

fn stream_key(room: &str) -> String {
    format!("chat:{{{room}}}:said")
}

/// `None` for what this version cannot read.
fn read_entry(entry: StreamId) -> Option<(Id, Said)> {
    let content = match entry.get("text") {
        Some(text) => Content::Text(text),
        None => {
            let data = Bytes::from(entry.get::<Vec<u8>>("data")?);
            Content::Picture(Picture { alt: entry.get("alt")?, data })
        }
    };
    let said = Said { from: entry.get("from")?, key: entry.get("key")?, content };
    Some((entry.id.parse().ok()?, said))
}

/// Redis does not answer with streams that have nothing to read.
fn last_of(entries: &[StreamId]) -> Id {
    entries.last().and_then(|entry| entry.id.parse().ok()).unwrap_or_default()
}
