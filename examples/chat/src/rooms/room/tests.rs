use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::memory::TotalMemory;
use super::{Follower, Room};
use crate::protocol::{Content, MessageId, RoomMessage};

fn room() -> Arc<Room> {
    Arc::new(Room::new("lobby", &TotalMemory::default()))
}

fn id(text: &str) -> MessageId {
    text.parse().unwrap()
}

fn message(key: &str) -> RoomMessage {
    RoomMessage {
        sender_name: "Ann".into(),
        sender_id: String::new(),
        key: key.into(),
        content: Content::Text("hi".into()),
    }
}

#[test]
fn a_message_that_is_posted_again_is_dropped() {
    let room = room();
    let mut follower = Follower::new(&room, None);
    for key in ["a", "b", "a", "b", "c"] {
        room.post(message(key));
    }
    assert_eq!(follower.take_updates().unwrap().messages.len(), 3);
    assert!(follower.take_updates().unwrap().is_empty());
}

#[test]
fn a_frozen_room_accepts_no_messages() {
    let room = room();
    let mut follower = Follower::new(&room, None);
    room.post(message("a"));
    room.freeze();
    room.post(message("b"));
    assert_eq!(follower.take_updates().unwrap().messages.len(), 1);
}

#[test]
fn a_name_is_in_the_room_until_its_last_connection_ends() {
    let room = room();
    let mut follower = Follower::new(&room, None);
    let mut changes_after = |act: &dyn Fn()| {
        act();
        room.announce();
        let updates = follower.take_updates().unwrap();
        (updates.joined, updates.left)
    };
    let ann = || vec!["Ann".to_owned()];
    assert_eq!(changes_after(&|| room.enter("Ann")), (ann(), vec![]));
    assert_eq!(changes_after(&|| room.enter("Ann")), (vec![], vec![]));
    assert_eq!(changes_after(&|| room.leave("Ann")), (vec![], vec![]));
    assert_eq!(
        changes_after(&|| room.set_connected_elsewhere(ann().into_iter().collect())),
        (vec![], vec![])
    );
    assert_eq!(changes_after(&|| room.leave("Ann")), (vec![], vec![]));
    assert_eq!(changes_after(&|| room.set_connected_elsewhere(BTreeSet::new())), (vec![], ann()));
    assert!(room.is_empty());
}

#[test]
fn somebody_who_joined_and_left_between_announcements_does_not_stay() {
    let room = room();
    let mut ann = Follower::new(&room, None);
    room.enter("Bob");
    let mut cleo = Follower::new(&room, None);
    assert!(cleo.people.contains("Bob"), "newcomers see who is there at once");
    assert!(cleo.take_updates().unwrap().is_empty() && ann.take_updates().unwrap().is_empty());
    room.leave("Bob");
    room.announce();
    assert!(ann.take_updates().unwrap().is_empty());
    assert_eq!(cleo.take_updates().unwrap().left, ["Bob"]);
}

#[test]
fn a_message_that_was_loaded_is_not_added_again() {
    let room = room();
    room.load(id("1-0"), [(id("1-1"), message("a")), (id("1-2"), message("b"))].into_iter());
    let mut follower = Follower::new(&room, Some(id("1-1")));
    room.add(id("1-2"), id("1-1"), message("b"));
    room.add(id("1-3"), id("1-2"), message("c"));
    assert_eq!(follower.take_updates().unwrap().messages.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn catching_up_waits_for_messages_received_from_another_instance() {
    let room = room();
    room.load(id("1-0"), std::iter::empty());
    let waiting = tokio::spawn({
        let room = Arc::clone(&room);
        async move { room.catch_up(Some(id("1-2"))).await }
    });
    tokio::task::yield_now().await;
    room.add(id("1-1"), id("1-0"), message("a"));
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    room.add(id("1-2"), id("1-1"), message("b"));
    waiting.await.unwrap();
    let mut follower = Follower::new(&room, Some(id("1-2")));
    assert!(follower.is_complete && follower.take_updates().unwrap().is_empty());
    assert_eq!(follower.position(), id("1-2"));
    // The wait for a message that never comes ends.
    room.catch_up(Some(id("9-9"))).await;
}

#[test]
fn nothing_is_delivered_after_a_gap() {
    let room = room();
    room.load(id("1-0"), [(id("1-1"), message("a"))].into_iter());
    let mut follower = Follower::new(&room, Some(id("1-1")));
    assert!(follower.take_updates().unwrap().is_empty());
    room.add(id("1-4"), id("1-3"), message("d"));
    assert!(follower.take_updates().is_err());
    let mut follower = Follower::new(&room, Some(id("1-1")));
    assert!(!follower.is_complete);
    assert_eq!(follower.take_updates().unwrap().messages.len(), 1);
}
