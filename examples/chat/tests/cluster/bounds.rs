//! What is kept in Redis, and what an instance does that was away for longer.

use redis::AsyncCommands;
use redis::streams::StreamMaxlen;
use serde_json::json;

use crate::cluster::Cluster;
use crate::support::{picture, signal, soon};

/// The largest there may be.
const PICTURE: usize = 256 << 10;

#[tokio::test]
async fn pictures_push_out_what_was_said_long_ago() {
    let Some(cluster) = Cluster::start(1).await else { return };
    let instance = &cluster.instances[0];
    let mut data = b"GIF89a".to_vec();
    data.resize(PICTURE, 0);
    let mut first = None;
    // As many at once as one connection may send.
    for name in ["Ann", "Bob"] {
        let mut client = instance.join(name, "lobby").await;
        client.history().await;
        for number in 0..20 {
            let words = json!({ "key": format!("{name}{number}"), "alt": "" });
            client.send(picture(&words, &data)).await;
            let told = client.next().await;
            first.get_or_insert(told["id"].as_str().expect("an ID").to_owned());
        }
    }
    let kept: usize =
        soon(cluster.redis.connect().await.xlen("chat:room:lobby:said")).await.unwrap();
    assert_eq!(kept, (8 << 20) / PICTURE);
    let room = format!("lobby&after={}", first.expect("it was told"));
    let late = cluster.instance().await;
    assert_eq!(late.join("Cleo", &room).await.history().await.0["complete"], false);
}

#[tokio::test]
async fn rooms_that_were_silent_for_longest_make_place() {
    let Some(cluster) = Cluster::start(1).await else { return };
    let mut connection = cluster.redis.connect().await;
    for number in 0..1_000 {
        let room = format!("chat:room:{number}");
        let _: usize = soon(connection.zadd("chat:rooms", &room, number)).await.unwrap();
        let fields = [("text", "hi")];
        let _: String = soon(connection.xadd(room + ":said", "*", &fields)).await.unwrap();
    }
    let mut ann = cluster.instances[0].join("Ann", "lobby").await;
    ann.history().await;
    ann.say("k", "hi").await;
    ann.next().await;
    let rooms: Vec<String> = soon(connection.zrange("chat:rooms", 0, -1)).await.unwrap();
    assert_eq!(rooms.len(), 1_000);
    assert_eq!((&rooms[0][..], &rooms[999][..]), ("chat:room:1", "chat:room:lobby"));
    let is_kept: (bool, bool) = (
        soon(connection.exists("chat:room:0:said")).await.unwrap(),
        soon(connection.exists("chat:room:1:said")).await.unwrap(),
    );
    assert_eq!(is_kept, (false, true));
}

#[tokio::test]
async fn all_keys_but_the_one_for_tokens_expire() {
    let Some(cluster) = Cluster::start(2).await else { return };
    let mut ann = cluster.instances[0].join("Ann", "lobby").await;
    ann.history().await;
    ann.say("k", "hi").await;
    ann.next().await;
    let mut connection = cluster.redis.connect().await;
    let keys = cluster.redis.keys().await;
    assert!(keys.len() >= 7, "{keys:?}");
    for key in keys {
        let seconds: i64 = soon(connection.ttl(&key)).await.unwrap();
        assert_eq!(seconds > 0, key != "chat:key", "{key}: {seconds}");
    }
}

#[tokio::test]
async fn an_instance_that_missed_something_says_so() {
    let Some(cluster) = Cluster::start(2).await else { return };
    let [one, two] = &cluster.instances[..] else { unreachable!() };
    let (mut ann, mut bob) = (one.join("Ann", "lobby").await, two.join("Bob", "lobby").await);
    ann.history().await;
    bob.history().await;
    ann.say("told", "hi").await;
    ann.next().await;
    let told = bob.next().await["id"].as_str().expect("an ID").to_owned();

    signal(&two.process, "STOP").await;
    for key in ["a", "b", "c", "d"] {
        ann.say(key, "hi").await;
        ann.next().await;
    }
    // As if much more had been said.
    let mut connection = cluster.redis.connect().await;
    let _: usize =
        soon(connection.xtrim("chat:room:lobby:said", StreamMaxlen::Equals(1))).await.unwrap();
    signal(&two.process, "CONT").await;
    assert_eq!(u16::from(bob.close_frame().await.code), 1008);

    let mut bob = two.join("Bob", &format!("lobby&after={told}")).await;
    let (welcome, said) = bob.history().await;
    assert_eq!(welcome["complete"], false);
    assert_eq!(said.last().expect("what is left")["key"], "d");
}
