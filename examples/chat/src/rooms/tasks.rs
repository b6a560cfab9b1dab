//! The tasks that run for as long as this instance does.

use std::sync::Arc;
use std::time::Duration;

use redis::streams::{StreamId, StreamKey, StreamReadOptions, StreamReadReply};
use redis::{AsyncCommands, RedisResult};
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::redis::{BLOCKING_READ_TIME, Entry, Redis, stream_key};
use super::registry::Rooms;
use super::room::Room;
use crate::protocol::MessageId;

/// How often at most a room announces who joined and left.
const ANNOUNCE_INTERVAL: Duration = Duration::from_secs(1);

/// How many messages of a room are read from Redis at once.
const BATCH_LEN: usize = 256;

/// Makes the rooms of this instance and starts their tasks. With Redis, the rooms are shared with
/// the other instances that use it.
pub(crate) fn start_rooms(redis: Option<Redis>, memory_limit: usize) -> Arc<Rooms> {
    let rooms = Arc::new(Rooms::new(redis, memory_limit));
    tokio::spawn(announce_presence(Arc::clone(&rooms)));
    if rooms.redis.is_some() {
        tokio::spawn(follow_redis(Arc::clone(&rooms)));
        tokio::spawn(share_presence(Arc::clone(&rooms)));
    }
    rooms
}

/// Announces in all rooms who joined and left, at most once per interval. So joining and leaving
/// again and again sends the others less than the rate limit on messages allows.
async fn announce_presence(rooms: Arc<Rooms>) {
    loop {
        rooms.announcement_due.notified().await;
        rooms.lock().values().for_each(|room| room.announce());
        sleep(ANNOUNCE_INTERVAL).await;
    }
}

/// Brings the messages that are posted on any instance to the rooms of this one.
async fn follow_redis(rooms: Arc<Rooms>) {
    let Some(redis) = &rooms.redis else { return };
    loop {
        if let Err(error) = read_streams(&rooms, redis).await {
            warn!(%error, "cannot read from Redis, trying again");
            sleep(Duration::from_millis(500)).await;
        }
    }
}

async fn read_streams(all_rooms: &Rooms, redis: &Redis) -> RedisResult<()> {
    let mut connection = redis.reading_connection().await?;
    let block_time = BLOCKING_READ_TIME.as_millis() as usize;
    let options = StreamReadOptions::default().block(block_time).count(BATCH_LEN);
    let mut last_wake = MessageId::default();
    loop {
        let rooms = loaded_rooms(all_rooms);
        let mut keys: Vec<_> = rooms.iter().map(|room| stream_key(&room.name)).collect();
        let mut positions: Vec<_> = rooms.iter().map(|room| room.last_id().to_string()).collect();
        keys.push(redis.wake_key());
        positions.push(last_wake.to_string());
        let read: Option<StreamReadReply> =
            connection.xread_options(&keys, &positions, &options).await?;
        for stream in read.unwrap_or_default().keys {
            match keys.iter().position(|key| *key == stream.key) {
                Some(index) if index < rooms.len() => deliver(&rooms[index], stream),
                _ => last_wake = last_id_of(&stream.ids),
            }
        }
        all_rooms.free_memory();
    }
}

fn loaded_rooms(rooms: &Rooms) -> Vec<Arc<Room>> {
    rooms.lock().values().filter(|room| room.loaded.initialized()).cloned().collect()
}

fn deliver(room: &Room, stream: StreamKey) {
    let last_id = last_id_of(&stream.ids);
    for Entry { id, previous, message } in stream.ids.into_iter().filter_map(Entry::parse) {
        room.add(id, previous, message);
    }
    // The last entries may be ones that this version cannot parse. They are not read again.
    room.advance_to(last_id);
}

/// The ID of the last entry. There is one, as Redis leaves out the streams without new entries.
fn last_id_of(entries: &[StreamId]) -> MessageId {
    entries.last().and_then(|entry| entry.id.parse().ok()).unwrap_or_default()
}

/// Tells the other instances who is connected to this one, and learns who is connected to them:
/// every second, and when somebody joins or leaves.
async fn share_presence(rooms: Arc<Rooms>) {
    let Some(redis) = &rooms.redis else { return };
    loop {
        if let Err(error) = exchange_presence(&rooms, redis).await {
            warn!(%error, "cannot ask Redis who is here");
        }
        let _ = timeout(Duration::from_secs(1), rooms.presence_changed.notified()).await;
        // People often join or leave many at a time.
        sleep(Duration::from_millis(50)).await;
    }
}

/// Exchanges who is in each room. Drops the rooms that are empty on this instance, once the others
/// know that: Redis keeps their messages.
async fn exchange_presence(all_rooms: &Rooms, redis: &Redis) -> RedisResult<()> {
    let rooms: Vec<_> = all_rooms.lock().values().cloned().collect();
    for room in rooms {
        let was_empty = room.is_empty();
        room.set_connected_elsewhere(redis.exchange_presence(&room).await?);
        all_rooms.announcement_due.notify_one();
        let mut rooms = all_rooms.lock();
        if was_empty && room.is_empty() {
            rooms.retain(|_, other| !Arc::ptr_eq(other, &room));
        }
    }
    Ok(())
}
