//! All rooms of this instance, and being in one of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::memory::TotalMemory;
use super::redis::Redis;
use super::room::Room;
use crate::protocol::RoomMessage;

const MAX_ROOMS: usize = 256;

/// All rooms that somebody is in, and some that are empty: with Redis, those that have just become
/// empty; without it, all that were used, until other rooms need their space.
pub(crate) struct Rooms {
    rooms: Mutex<HashMap<String, Arc<Room>>>,
    memory: TotalMemory,
    /// How many bytes the messages of all rooms may take.
    memory_limit: usize,
    /// Orders and keeps the messages if there are several instances.
    pub(super) redis: Option<Redis>,
    /// Wakes the task that tells the other instances who is here.
    pub(super) presence_changed: Notify,
    /// Wakes the task that announces in the rooms who joined and left.
    pub(super) announcement_due: Notify,
    is_closing: AtomicBool,
}

/// Why somebody cannot enter a room.
#[derive(Debug)]
pub(crate) enum EnterError {
    TooManyRooms,
    Closing,
    Unavailable(redis::RedisError),
}

impl Rooms {
    pub(super) fn new(redis: Option<Redis>, memory_limit: usize) -> Self {
        Self {
            rooms: Mutex::default(),
            memory: TotalMemory::default(),
            memory_limit,
            redis,
            presence_changed: Notify::new(),
            announcement_due: Notify::new(),
            is_closing: AtomicBool::new(false),
        }
    }

    /// Enters a room, which is made if there is none of this name.
    pub(crate) async fn enter(
        self: &Arc<Self>,
        room: &str,
        name: &str,
    ) -> Result<Membership, EnterError> {
        let membership = self.join(room, name)?;
        if let Some(redis) = &self.redis {
            redis.prepare(&membership.room).await.map_err(EnterError::Unavailable)?;
            self.free_memory();
        }
        Ok(membership)
    }

    /// How many rooms there are.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    /// Lets nobody enter from now on, as this instance ends. Without Redis, the rooms accept no
    /// more messages either. With Redis they do: those who were disconnected before a message came
    /// receive it when they reconnect.
    pub(crate) fn close(&self) {
        let rooms = self.lock();
        self.is_closing.store(true, Relaxed);
        if self.redis.is_none() {
            rooms.values().for_each(|room| room.freeze());
        }
    }

    fn join(self: &Arc<Self>, room: &str, name: &str) -> Result<Membership, EnterError> {
        let mut rooms = self.lock();
        if self.is_closing.load(Relaxed) {
            return Err(EnterError::Closing);
        }
        if !rooms.contains_key(room) && rooms.len() >= MAX_ROOMS {
            drop_idle_room(&mut rooms).ok_or(EnterError::TooManyRooms)?;
        }
        let new = || Arc::new(Room::new(room, &self.memory));
        let room = Arc::clone(rooms.entry(room.to_owned()).or_insert_with(new));
        // While the lock is held, so that the room is not dropped as an empty one.
        room.enter(name);
        self.notify_presence_tasks();
        Ok(Membership { rooms: Arc::clone(self), room, name: name.to_owned() })
    }

    /// Drops what is over the memory limit: first empty rooms, then the oldest messages of the
    /// largest room.
    pub(super) fn free_memory(&self) {
        while self.memory.bytes() > self.memory_limit {
            let mut rooms = self.lock();
            if drop_idle_room(&mut rooms).is_none() && !drop_oldest_message(&rooms) {
                return;
            }
        }
    }

    fn leave(&self, room: &Room, name: &str) {
        room.leave(name);
        self.notify_presence_tasks();
    }

    fn notify_presence_tasks(&self) {
        self.presence_changed.notify_one();
        self.announcement_due.notify_one();
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Room>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops the empty room whose last message is the oldest. `None` if no room is empty.
fn drop_idle_room(rooms: &mut HashMap<String, Arc<Room>>) -> Option<Arc<Room>> {
    let empty = rooms.values().filter(|room| room.is_empty());
    let name = empty.min_by_key(|room| room.last_id())?.name.clone();
    rooms.remove(&name)
}

/// Drops the oldest message of the largest room. `false` if there is none.
fn drop_oldest_message(rooms: &HashMap<String, Arc<Room>>) -> bool {
    let largest = rooms.values().max_by_key(|room| room.bytes());
    largest.is_some_and(|room| room.drop_oldest())
}

/// Being in a room, until this is dropped.
pub(crate) struct Membership {
    rooms: Arc<Rooms>,
    pub(crate) room: Arc<Room>,
    pub(crate) name: String,
}

impl Membership {
    /// Posts a message to the room. It is dropped if one with the same key was posted before.
    pub(crate) async fn post(&self, message: RoomMessage) -> Result<(), redis::RedisError> {
        match &self.rooms.redis {
            Some(redis) => redis.post(&self.room, &message).await,
            None => {
                self.room.post(message);
                self.rooms.free_memory();
                Ok(())
            }
        }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.rooms.leave(&self.room, &self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Content;

    #[tokio::test]
    async fn rooms_are_limited_and_empty_ones_are_dropped_first() {
        let rooms = Arc::new(Rooms::new(None, 1 << 30));
        let mut memberships = Vec::new();
        for number in 0..MAX_ROOMS {
            memberships.push(rooms.enter(&number.to_string(), "Ann").await.ok().unwrap());
        }
        assert!(matches!(rooms.enter("more", "Ann").await, Err(EnterError::TooManyRooms)));
        memberships.remove(7);
        assert!(rooms.enter("more", "Ann").await.is_ok());
        assert_eq!(rooms.count(), MAX_ROOMS);
        assert!(!rooms.lock().contains_key("7"));
    }

    async fn fill(rooms: &Arc<Rooms>, room: &str) -> Membership {
        let membership = rooms.enter(room, "Ann").await.ok().unwrap();
        for key in 0..100 {
            membership.post(message(&key.to_string())).await.unwrap();
        }
        membership
    }

    fn message(key: &str) -> RoomMessage {
        let content = Content::Text("x".repeat(1_000));
        RoomMessage {
            sender_name: "Ann".into(),
            sender_id: String::new(),
            key: key.into(),
            content,
        }
    }

    #[tokio::test]
    async fn all_rooms_together_keep_to_the_memory_limit() {
        let limit = 200 << 10;
        let rooms = Arc::new(Rooms::new(None, limit));
        drop(fill(&rooms, "idle").await);
        drop(fill(&rooms, "later").await);
        assert!(!rooms.lock().contains_key("idle"), "the room that was empty first");
        let small = rooms.enter("small", "Ann").await.ok().unwrap();
        small.post(message("k")).await.unwrap();
        let (_one, _two) = (fill(&rooms, "one").await, fill(&rooms, "two").await);
        assert!(
            (limit - 2_000..=limit).contains(&rooms.memory.bytes()),
            "{}",
            rooms.memory.bytes()
        );
        let bytes = |room: &str| rooms.lock()[room].bytes();
        assert!(bytes("one").abs_diff(bytes("two")) < 3_000, "the largest room drops messages");
        assert!(small.room.bytes() > 0);
        assert_eq!(rooms.count(), 3);
    }
}
