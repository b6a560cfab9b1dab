//! The rooms of this instance.

mod backlog;
mod memory;
mod redis;
mod room;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

pub(crate) use self::redis::Redis;
pub(crate) use room::Room;

use self::memory::Memory;
use crate::protocol::Said;

/// How many rooms there may be.
const MOST_ROOMS: usize = 256;

/// How often it is told who came and went.
const ANNOUNCED_EVERY: Duration = Duration::from_secs(1);

/// All rooms that somebody is in, and those that somebody was in: with Redis for a moment, else until
/// others need their place.
pub(crate) struct Rooms {
    rooms: Mutex<HashMap<String, Arc<Room>>>,
    memory: Memory,
    /// How many bytes all messages may take.
    most: usize,
    /// What orders and keeps the messages when there are several instances.
    redis: Option<Redis>,
    /// Wakes what tells the other instances who is here.
    moved: Notify,
    /// Wakes what tells it in the rooms.
    moved_here: Notify,
    is_closing: AtomicBool,
}

/// Why somebody cannot come in.
#[derive(Debug)]
pub(crate) enum Shut {
    TooManyRooms,
    Closing,
    Unavailable(::redis::RedisError),
}

impl Rooms {
    pub(crate) fn new(redis: Option<Redis>, most: usize) -> Arc<Self> {
        let rooms = Arc::new(Self {
            rooms: Mutex::default(),
            memory: Memory::default(),
            most,
            redis,
            moved: Notify::new(),
            moved_here: Notify::new(),
            is_closing: AtomicBool::new(false),
        });
        tokio::spawn(Arc::clone(&rooms).announce());
        if rooms.redis.is_some() {
            tokio::spawn(Arc::clone(&rooms).follow_redis());
            tokio::spawn(Arc::clone(&rooms).tell_presence());
        }
        rooms
    }

    /// A seat in a room, which may be a new one.
    pub(crate) async fn enter(self: &Arc<Self>, room: &str, name: &str) -> Result<Seat, Shut> {
        let seat = self.take_seat(room, name)?;
        if let Some(redis) = &self.redis {
            redis.prepare(&seat.room).await.map_err(Shut::Unavailable)?;
            self.make_place();
        }
        Ok(seat)
    }

    /// How many rooms there are.
    pub(crate) fn count(&self) -> usize {
        self.rooms().len()
    }

    /// The end of this instance: nobody comes in. Without Redis nothing is taken any more, either; with
    /// it, what one was told and another was not is there when that one comes back.
    pub(crate) fn close(&self) {
        let rooms = self.rooms();
        self.is_closing.store(true, Relaxed);
        if self.redis.is_none() {
            rooms.values().for_each(|room| room.freeze());
        }
    }

    fn take_seat(self: &Arc<Self>, room: &str, name: &str) -> Result<Seat, Shut> {
        let mut rooms = self.rooms();
        if self.is_closing.load(Relaxed) {
            return Err(Shut::Closing);
        }
        if !rooms.contains_key(room) && rooms.len() >= MOST_ROOMS {
            drop_silent(&mut rooms).ok_or(Shut::TooManyRooms)?;
        }
        let new = || Arc::new(Room::new(room, &self.memory));
        let room = Arc::clone(rooms.entry(room.to_owned()).or_insert_with(new));
        // Before the lock is given back: a room with somebody in it is not dropped.
        room.enter(name);
        self.wake();
        Ok(Seat { rooms: Arc::clone(self), room, name: name.to_owned() })
    }

    /// Gives up what is too much: rooms with nobody in them, and then what was said first in the largest.
    fn make_place(&self) {
        while self.memory.bytes() > self.most {
            let mut rooms = self.rooms();
            if drop_silent(&mut rooms).is_none() && !drop_oldest(&rooms) {
                return;
            }
        }
    }

    fn leave(&self, room: &Room, name: &str) {
        room.leave(name);
        self.wake();
    }

    fn wake(&self) {
        self.moved.notify_one();
        self.moved_here.notify_one();
    }

    /// Tells the rooms who came and went, all of them at once and not again at once: coming and going
    /// again and again tells the others less than talking may.
    async fn announce(self: Arc<Self>) {
        loop {
            self.moved_here.notified().await;
            self.rooms().values().for_each(|room| room.announce());
            sleep(ANNOUNCED_EVERY).await;
        }
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<String, Arc<Room>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops the room that was silent for longest of those with nobody in it.
fn drop_silent(rooms: &mut HashMap<String, Arc<Room>>) -> Option<Arc<Room>> {
    let empty = rooms.values().filter(|room| room.is_empty());
    let name = empty.min_by_key(|room| room.last())?.name.clone();
    rooms.remove(&name)
}

/// Drops what was said first in the largest room; not if there is nothing.
fn drop_oldest(rooms: &HashMap<String, Arc<Room>>) -> bool {
    let largest = rooms.values().max_by_key(|room| room.bytes());
    largest.is_some_and(|room| room.drop_first())
}

/// Somebody in a room, for as long as this lives.
pub(crate) struct Seat {
    rooms: Arc<Rooms>,
    pub(crate) room: Arc<Room>,
    pub(crate) name: String,
}

impl Seat {
    /// Says something; said before, it is not told again.
    pub(crate) async fn say(&self, said: Said) -> Result<(), ::redis::RedisError> {
        match &self.rooms.redis {
            Some(redis) => redis.say(&self.room.name, &said).await,
            None => {
                self.room.say(said);
                self.rooms.make_place();
                Ok(())
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.rooms.leave(&self.room, &self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Content;

    #[tokio::test]
    async fn rooms_are_bounded_and_the_empty_ones_go_first() {
        let rooms = Rooms::new(None, 1 << 30);
        let mut seats = Vec::new();
        for number in 0..MOST_ROOMS {
            seats.push(rooms.enter(&number.to_string(), "Ann").await.ok().unwrap());
        }
        assert!(matches!(rooms.enter("more", "Ann").await, Err(Shut::TooManyRooms)));
        seats.remove(7);
        assert!(rooms.enter("more", "Ann").await.is_ok());
        assert_eq!(rooms.count(), MOST_ROOMS);
        assert!(!rooms.rooms().contains_key("7"));
    }
    async fn say_much(rooms: &Arc<Rooms>, room: &str) -> Seat {
        let seat = rooms.enter(room, "Ann").await.ok().unwrap();
        for key in 0..100 {
            seat.say(said(&key.to_string())).await.unwrap();
        }
        seat
    }

    fn said(key: &str) -> Said {
        let content = Content::Text("x".repeat(1_000));
        Said { from: "Ann".into(), by: String::new(), key: key.into(), content }
    }

    #[tokio::test]
    async fn a16_all_rooms_together_take_no_more_than_they_may() {
        let most = 200 << 10;
        let rooms = Rooms::new(None, most);
        drop(say_much(&rooms, "silent").await);
        drop(say_much(&rooms, "later").await);
        assert!(!rooms.rooms().contains_key("silent"), "the first that nobody is in");
        let small = rooms.enter("small", "Ann").await.ok().unwrap();
        small.say(said("k")).await.unwrap();
        let (_one, _two) = (say_much(&rooms, "one").await, say_much(&rooms, "two").await);
        assert!((most - 2_000..=most).contains(&rooms.memory.bytes()), "{}", rooms.memory.bytes());
        let bytes = |room: &str| rooms.rooms()[room].bytes();
        assert!(bytes("one").abs_diff(bytes("two")) < 3_000, "the largest gives up");
        assert!(small.room.bytes() > 0);
        assert_eq!(rooms.count(), 3);
    }
}
