//! What is said on one instance and what another tells.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::person::{Person, converse, place};
use crate::support::{Client, picture, soon};

#[tokio::test]
async fn everybody_is_told_the_same_in_the_same_order() {
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
async fn a_token_of_one_instance_is_good_on_the_other() {
    let Some(cluster) = Cluster::start(2).await else { return };
    let [one, two] = &cluster.instances[..] else { unreachable!() };
    let token = one.token("Ann").await;
    let (_, answer) =
        soon(tokio_tungstenite::connect_async(two.request_with(&token, "lobby"))).await.unwrap();
    assert_eq!(answer.status(), 101);
    assert_eq!(two.refusal(two.request_with("AAAA.AAAA", "lobby")).await, 401);
}

#[tokio::test]
async fn an_instance_that_has_just_started_tells_what_was_said_before() {
    let Some(cluster) = Cluster::start(1).await else { return };
    let mut ann = cluster.instances[0].join("Ann", "lobby").await;
    ann.history().await;
    let said = say(&mut ann, 60).await;

    let late = cluster.instance().await;
    let (welcome, told) = late.join("Bob", "lobby").await.history().await;
    assert_eq!(welcome["complete"], true);
    assert_eq!(told, said[10..], "newcomers are told the last 50");

    let after = format!("lobby&after={}", said[4]["id"].as_str().unwrap());
    let (welcome, told) = late.join("Cleo", &after).await.history().await;
    assert_eq!(welcome["complete"], true);
    assert_eq!(told, said[5..]);

    // Who was there before all of it.
    let (welcome, told) = late.join("Dan", "lobby&after=0-0").await.history().await;
    assert_eq!(welcome["complete"], true);
    assert_eq!(told, said);

    let (welcome, told) = late.join("Eve", "lobby&after=1-1").await.history().await;
    assert_eq!(welcome["complete"], false, "it was never told");
    assert_eq!(told, said);
}

/// Says so many messages, and gives what is told.
async fn say(client: &mut Client, messages: usize) -> Vec<Value> {
    let mut told = Vec::new();
    for number in 0..messages {
        client.say(&format!("k{number}"), "hi").await;
        told.push(client.next().await);
    }
    assert!(told.is_sorted_by_key(|said: &Value| place(said["id"].as_str().unwrap())));
    told
}

#[tokio::test]
async fn what_is_said_on_two_instances_at_once_is_told_once() {
    let Some(cluster) = Cluster::start(2).await else { return };
    let [one, two] = &cluster.instances[..] else { unreachable!() };
    // The same person in two places, like one whose old connection is still being read.
    let (mut here, mut there) = (one.join("Ann", "lobby").await, two.join("Ann", "lobby").await);
    here.history().await;
    there.history().await;
    let keys: Vec<_> = (0..15).map(|number| format!("k{number}")).collect();
    for key in &keys {
        tokio::join!(here.say(key, "hi"), there.say(key, "hi"));
    }
    tokio::join!(here.say("last-here", "hi"), there.say("last-there", "hi"));
    let (told, same) = tokio::join!(keys_to_both_ends(&mut here), keys_to_both_ends(&mut there));
    assert_eq!(told, same);
    for key in &keys {
        assert_eq!(told.iter().filter(|told| *told == key).count(), 1, "{key} in {told:?}");
    }
}

/// The keys of all that is told, up to the last of both places.
async fn keys_to_both_ends(client: &mut Client) -> Vec<String> {
    let mut keys = Vec::new();
    while keys.iter().filter(|key: &&String| key.starts_with("last")).count() < 2 {
        keys.push(client.next().await["key"].as_str().expect("a key").to_owned());
    }
    keys
}

#[tokio::test]
async fn a_picture_is_told_byte_by_byte() {
    let Some(cluster) = Cluster::start(2).await else { return };
    let [one, two] = &cluster.instances[..] else { unreachable!() };
    let mut bob = two.join("Bob", "lobby").await;
    bob.history().await;
    let mut data = b"\x89PNG\r\n\x1a\n".to_vec();
    // Every byte and every pair of bytes is in there.
    data.extend((0..65_536_u32).flat_map(|pair| [pair as u8, (pair >> 8) as u8]));
    let mut ann = one.join("Ann", "lobby").await;
    ann.send(picture(&json!({ "key": "k", "alt": "all bytes" }), &data)).await;
    let told = bob.next().await;
    assert_eq!((&told["alt"], &told["media"]), (&json!("all bytes"), &json!("image/png")));
    assert!(told["data"] == json!(data), "not the same bytes");
}

#[tokio::test]
async fn many_rooms_at_once_are_kept_apart() {
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
        // Ann was told her own, and Bob was told Ann's where he looked for his.
        let (told, same) = tokio::join!(ann.next(), bob.next());
        assert_eq!(told, same);
        assert_eq!((&told["key"], &told["text"]), (&json!("b"), &json!(room)));
    };
    join_all((0..50).map(talk)).await;
}

#[tokio::test]
async fn a_new_room_is_heard_of_at_once() {
    let Some(cluster) = Cluster::start(1).await else { return };
    let start = Instant::now();
    for number in 0..10 {
        let mut ann = cluster.instances[0].join("Ann", &format!("room{number}")).await;
        ann.history().await;
        ann.say("k", "hi").await;
        ann.next().await;
    }
    // An instance that is not told of new rooms waits for two seconds in those that it knows.
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}
