//! Rooms and tokens that instances share.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::person::{Person, converse, parse_id};
use crate::support::{Client, picture, soon};

#[tokio::test]
async fn all_receive_the_same_messages_in_the_same_order() {
    let Some(cluster) = Cluster::start(2).await else { return };
    let [one, two] = &cluster.instances[..] else { unreachable!() };
    let people = join_all([
        Person::enter("Ann", one),
        Person::enter("Bob", two),
        Person::enter("Cleo", one),
        Person::enter("Dan", two),
    ]);
    converse(people.await, 20, async |_| ()).await;
}

#[tokio::test]
async fn a_token_of_one_instance_is_good_on_another() {
    let Some(cluster) = Cluster::start(2).await else { return };
    let [one, two] = &cluster.instances[..] else { unreachable!() };
    let token = one.token("Ann").await;
    let (_, answer) =
        soon(tokio_tungstenite::connect_async(two.request_with(&token, "lobby"))).await.unwrap();
    assert_eq!(answer.status(), 101);
    assert_eq!(two.refusal(two.request_with("AAAA.AAAA", "lobby")).await, 401);
}

#[tokio::test]
async fn a_new_instance_has_the_history() {
    let Some(cluster) = Cluster::start(1).await else { return };
    let mut ann = cluster.instances[0].join("Ann", "lobby").await;
    ann.history().await;
    let sent = send_messages(&mut ann, 60).await;

    let late = cluster.start_instance().await;
    let (welcome, received) = late.join("Bob", "lobby").await.history().await;
    assert_eq!(welcome["complete"], true);
    assert_eq!(received, sent[10..], "newcomers receive the last 50");

    let after = format!("lobby&after={}", sent[4]["id"].as_str().unwrap());
    let (welcome, received) = late.join("Cleo", &after).await.history().await;
    assert_eq!(welcome["complete"], true);
    assert_eq!(received, sent[5..]);

    // For a client that was connected before the first message.
    let (welcome, received) = late.join("Dan", "lobby&after=0-0").await.history().await;
    assert_eq!(welcome["complete"], true);
    assert_eq!(received, sent);

    let (welcome, received) = late.join("Eve", "lobby&after=1-1").await.history().await;
    assert_eq!(welcome["complete"], false, "there is no such message");
    assert_eq!(received, sent);
}

/// Sends some messages, and returns them as they are received.
async fn send_messages(client: &mut Client, count: usize) -> Vec<Value> {
    let mut received = Vec::new();
    for number in 0..count {
        client.say(&format!("k{number}"), "hi").await;
        received.push(client.next().await);
    }
    assert!(received.is_sorted_by_key(|message: &Value| parse_id(message["id"].as_str().unwrap())));
    received
}

#[tokio::test]
async fn a_message_that_is_sent_to_two_instances_at_once_is_delivered_once() {
    let Some(cluster) = Cluster::start(2).await else { return };
    let [one, two] = &cluster.instances[..] else { unreachable!() };
    // The same person is connected twice, as after a reconnect while the old connection is still
    // read.
    let (mut here, mut there) = (one.join("Ann", "lobby").await, two.join("Ann", "lobby").await);
    here.history().await;
    there.history().await;
    let keys: Vec<_> = (0..15).map(|number| format!("k{number}")).collect();
    for key in &keys {
        tokio::join!(here.say(key, "hi"), there.say(key, "hi"));
    }
    tokio::join!(here.say("last-here", "hi"), there.say("last-there", "hi"));
    let (keys_here, keys_there) = tokio::join!(receive_keys(&mut here), receive_keys(&mut there));
    assert_eq!(keys_here, keys_there);
    for key in &keys {
        let count = keys_here.iter().filter(|received| *received == key).count();
        assert_eq!(count, 1, "{key} in {keys_here:?}");
    }
}

/// The keys of all messages, up to the last ones of both connections.
async fn receive_keys(client: &mut Client) -> Vec<String> {
    let mut keys = Vec::new();
    while keys.iter().filter(|key: &&String| key.starts_with("last")).count() < 2 {
        keys.push(client.next().await["key"].as_str().expect("a key").to_owned());
    }
    keys
}

#[tokio::test]
async fn a_picture_arrives_unchanged() {
    let Some(cluster) = Cluster::start(2).await else { return };
    let [one, two] = &cluster.instances[..] else { unreachable!() };
    let mut bob = two.join("Bob", "lobby").await;
    bob.history().await;
    let mut data = b"\x89PNG\r\n\x1a\n".to_vec();
    // All pairs of bytes are in the picture.
    data.extend((0..65_536_u32).flat_map(|pair| [pair as u8, (pair >> 8) as u8]));
    let mut ann = one.join("Ann", "lobby").await;
    ann.send(picture(&json!({ "key": "k", "alt": "all bytes" }), &data)).await;
    let message = bob.next().await;
    assert_eq!((&message["alt"], &message["media"]), (&json!("all bytes"), &json!("image/png")));
    assert!(message["data"] == json!(data), "not the same bytes");
}

#[tokio::test]
async fn many_rooms_at_once_are_separate() {
    let Some(cluster) = Cluster::start(2).await else { return };
    let [one, two] = &cluster.instances[..] else { unreachable!() };
    let talk = async |number: usize| {
        let room = format!("room{number}");
        let (mut ann, mut bob) = (one.join("Ann", &room).await, two.join("Bob", &room).await);
        ann.history().await;
        bob.history().await;
        for (client, key) in [(&mut ann, "a"), (&mut bob, "b")] {
            client.say(key, &room).await;
            client.next().await;
        }
        // Each of them has received Ann's message, and receives Bob's now.
        let (message, same) = tokio::join!(ann.next(), bob.next());
        assert_eq!(message, same);
        assert_eq!((&message["key"], &message["text"]), (&json!("b"), &json!(room)));
    };
    join_all((0..50).map(talk)).await;
}

#[tokio::test]
async fn a_new_room_is_read_at_once() {
    let Some(cluster) = Cluster::start(1).await else { return };
    let start = Instant::now();
    for number in 0..10 {
        let mut ann = cluster.instances[0].join("Ann", &format!("room{number}")).await;
        ann.history().await;
        ann.say("k", "hi").await;
        ann.next().await;
    }
    // An instance that is not woken for a new room waits two seconds for messages in the other
    // rooms.
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}
