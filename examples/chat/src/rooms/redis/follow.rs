//! What goes on between this instance and the others, for as long as it lives.

use std::sync::Arc;
use std::time::Duration;

use redis::streams::{StreamId, StreamKey, StreamReadOptions, StreamReadReply};
use redis::{AsyncCommands, RedisResult};
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::super::{Room, Rooms};
use super::entry::Entry;
use super::{READ_TIME, Redis, stream_key};
use crate::protocol::Id;

/// How many messages of a room are read at once.
const BATCH: usize = 256;

impl Rooms {
    /// Brings everything that is said anywhere to the rooms here.
    pub(in super::super) async fn follow_redis(self: Arc<Self>) {
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
        let options =
            StreamReadOptions::default().block(READ_TIME.as_millis() as usize).count(BATCH);
        let mut woken = Id::default();
        loop {
            let rooms = self.loaded();
            let mut keys: Vec<_> = rooms.iter().map(|room| stream_key(&room.name)).collect();
            let mut places: Vec<_> = rooms.iter().map(|room| room.last().to_string()).collect();
            keys.push(redis.wake_key());
            places.push(woken.to_string());
            let read: Option<StreamReadReply> =
                connection.xread_options(&keys, &places, &options).await?;
            for stream in read.unwrap_or_default().keys {
                match keys.iter().position(|key| *key == stream.key) {
                    Some(at) if at < rooms.len() => bring(&rooms[at], stream),
                    _ => woken = last_of(&stream.ids),
                }
            }
            self.make_place();
        }
    }

    fn loaded(&self) -> Vec<Arc<Room>> {
        let rooms = self.rooms();
        rooms.values().filter(|room| room.loaded.initialized()).cloned().collect()
    }

    /// Tells the other instances who is here and learns who is there, every second and when somebody
    /// comes or goes.
    pub(in super::super) async fn tell_presence(self: Arc<Self>) {
        let Some(redis) = &self.redis else { return };
        loop {
            if let Err(error) = self.exchange_presence(redis).await {
                warn!(%error, "cannot ask Redis who is here");
            }
            let _ = timeout(Duration::from_secs(1), self.moved.notified()).await;
            // Many often come at once.
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Drops the rooms that nobody is in once that is told: Redis has their messages.
    async fn exchange_presence(&self, redis: &Redis) -> RedisResult<()> {
        let rooms: Vec<_> = self.rooms().values().cloned().collect();
        for room in rooms {
            let was_empty = room.is_empty();
            room.set_elsewhere(redis.presence(&room).await?);
            self.moved_here.notify_one();
            let mut rooms = self.rooms();
            if was_empty && room.is_empty() {
                rooms.retain(|_, other| !Arc::ptr_eq(other, &room));
            }
        }
        Ok(())
    }
}

fn bring(room: &Room, stream: StreamKey) {
    let last = last_of(&stream.ids);
    for Entry { id, before, said } in stream.ids.into_iter().filter_map(Entry::read) {
        room.add(id, before, said);
    }
    // Behind what could not be read, too.
    room.pass(last);
}

/// Redis does not answer with streams that have nothing to read.
fn last_of(entries: &[StreamId]) -> Id {
    entries.last().and_then(|entry| entry.id.parse().ok()).unwrap_or_default()
}
