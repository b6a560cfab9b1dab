//! The limits on what Redis keeps, and an instance that was away for too long.

use redis::AsyncCommands;
use redis::streams::StreamMaxlen;
use serde_json::json;

use crate::cluster::Cluster;
use crate::support::{picture, signal, soon};

/// The size of the largest picture that is allowed.
const MAX_PICTURE_LEN: usize = 256 << 10;

#[tokio::test]
async fn pictures_push_out_old_messages() {
    let Some(cluster) = Cluster::start(1).await else { return };
    let instance = &cluster.instances[0];
    let mut data = b"GIF89a".to_vec();
    data.resize(MAX_PICTURE_LEN, 0);
    let mut first = None;
    // Each connection sends as many as the rate limit allows at once.
    for name in ["Ann", "Bob"] {
        let mut client = instance.join(name, "lobby").await;
        client.history().await;
        for number in 0..20 {
            let header = json!({ "key": format!("{name}{number}"), "alt": "" });
            client.send(picture(&header, &data)).await;
            let message = client.next().await;
            first.get_or_insert(message["id"].as_str().expect("an ID").to_owned());
        }
    }
    let kept: usize =
        soon(cluster.redis.connect().await.xlen("chat:room:lobby:said")).await.unwrap();
    assert_eq!(kept, (8 << 20) / MAX_PICTURE_LEN);
    let room = format!("lobby&after={}", first.expect("a message"));
    let late = cluster.start_instance().await;
    assert_eq!(late.join("Cleo", &room).await.history().await.0["complete"], false);
}

#[tokio::test]
async fn the_room_whose_last_message_is_oldest_is_deleted() {
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
async fn all_redis_keys_except_the_one_for_tokens_expire() {
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
async fn an_instance_that_missed_messages_disconnects_its_people() {
    let Some(cluster) = Cluster::start(2).await else { return };
    let [one, two] = &cluster.instances[..] else { unreachable!() };
    let (mut ann, mut bob) = (one.join("Ann", "lobby").await, two.join("Bob", "lobby").await);
    ann.history().await;
    bob.history().await;
    ann.say("received", "hi").await;
    ann.next().await;
    let last = bob.next().await["id"].as_str().expect("an ID").to_owned();

    signal(&two.process, "STOP").await;
    for key in ["a", "b", "c", "d"] {
        ann.say(key, "hi").await;
        ann.next().await;
    }
    // As if there had been many more messages.
    let mut connection = cluster.redis.connect().await;
    let _: usize =
        soon(connection.xtrim("chat:room:lobby:said", StreamMaxlen::Equals(1))).await.unwrap();
    signal(&two.process, "CONT").await;
    assert_eq!(u16::from(bob.close_frame().await.code), 1008);

    let mut bob = two.join("Bob", &format!("lobby&after={last}")).await;
    let (welcome, messages) = bob.history().await;
    assert_eq!(welcome["complete"], false);
    assert_eq!(messages.last().expect("a message")["key"], "d");
}
