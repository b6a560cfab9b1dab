//! Which messages the people in a room receive, and in which order.

use serde_json::json;

use crate::support::{Server, picture};

#[tokio::test]
async fn all_receive_the_same_messages_in_the_same_order() {
    let server = Server::start(&[]).await;
    let mut clients = Vec::new();
    for number in 0..4 {
        let mut client = server.join(&format!("client {number}"), "lobby").await;
        client.history().await;
        clients.push(client);
    }
    for number in 0..10 {
        for client in &mut clients {
            client.say(&format!("key-{number}"), "hi").await;
        }
    }
    let mut received = Vec::new();
    for client in &mut clients {
        let mut messages = Vec::new();
        for _ in 0..40 {
            messages.push(client.next().await);
        }
        received.push(messages);
    }
    assert!(received.iter().all(|messages| *messages == received[0]));
    // The messages of each client are in the order in which it sent them.
    for number in 0..4 {
        let name = format!("client {number}");
        let theirs = received[0].iter().filter(|message| message["from"] == name.as_str());
        let keys: Vec<_> =
            theirs.map(|message| message["key"].as_str().unwrap().to_owned()).collect();
        assert_eq!(keys, (0..10).map(|number| format!("key-{number}")).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn rooms_do_not_receive_messages_of_others() {
    let server = Server::start(&[]).await;
    let mut ann = server.join("Ann", "one").await;
    ann.history().await;
    let mut bob = server.join("Bob", "two").await;
    bob.history().await;
    ann.say("a", "to one").await;
    bob.say("b", "to two").await;
    assert_eq!(ann.next().await["text"], "to one");
    assert_eq!(bob.next().await["text"], "to two");
}

#[tokio::test]
async fn joining_and_leaving_is_announced() {
    let server = Server::start(&[]).await;
    let mut ann = server.join("Ann", "lobby").await;
    assert_eq!(ann.history().await.0["here"], json!(["Ann"]));
    let mut bob = server.join("Bob", "lobby").await;
    assert_eq!(bob.history().await.0["here"], json!(["Ann", "Bob"]));
    assert_eq!(ann.next_of_any_type().await, json!({ "type": "joined", "name": "Bob" }));
    let also_bob = server.join("Bob", "lobby").await;
    drop(bob);
    drop(also_bob);
    assert_eq!(ann.next_of_any_type().await, json!({ "type": "left", "name": "Bob" }));
}

#[tokio::test]
async fn those_who_reconnect_receive_what_they_missed() {
    let server = Server::start(&[]).await;
    let mut ann = server.join("Ann", "lobby").await;
    ann.history().await;
    let mut bob = server.join("Bob", "lobby").await;
    bob.history().await;
    ann.say("1", "one").await;
    let last = bob.next().await["id"].as_str().unwrap().to_owned();
    drop(bob);
    ann.say("2", "two").await;
    ann.say("3", "three").await;
    for _ in 0..3 {
        ann.next().await;
    }
    let mut bob = server.join("Bob", &format!("lobby&after={last}")).await;
    let (welcome, missed) = bob.history().await;
    assert_eq!(welcome["complete"], true);
    assert!(missed.iter().map(|message| &message["text"]).eq(["two", "three"]));
}

/// The ID in `ready` is one to continue after, even if there were no messages.
#[tokio::test]
async fn those_who_reconnect_to_an_empty_room_miss_nothing() {
    let server = Server::start(&[]).await;
    let mut ann = server.join("Ann", "lobby").await;
    ann.next().await;
    let position = ann.next().await["id"].as_str().unwrap().to_owned();
    let mut bob = server.join("Bob", "lobby").await;
    bob.history().await;
    bob.say("k", "meanwhile").await;
    bob.next().await;
    let mut ann = server.join("Ann", &format!("lobby&after={position}")).await;
    let (welcome, missed) = ann.history().await;
    assert_eq!((&welcome["complete"], missed.len()), (&json!(true), 1));
}

#[tokio::test]
async fn an_id_from_before_a_restart_gives_no_complete_history() {
    let server = Server::start(&[]).await;
    let mut ann = server.join("Ann", "lobby&after=1700000000000-0").await;
    assert_eq!(ann.history().await.0["complete"], false);
}

#[tokio::test]
async fn a_message_that_is_sent_again_is_delivered_once() {
    let server = Server::start(&[]).await;
    let mut ann = server.join("Ann", "lobby").await;
    ann.history().await;
    let mut again = server.join("Ann", "lobby").await;
    ann.say("k", "once").await;
    assert_eq!(ann.next().await["text"], "once");
    again.say("k", "once").await;
    again.say("l", "twice").await;
    assert_eq!(ann.next().await["text"], "twice");
}

#[tokio::test]
async fn pictures_are_delivered_to_all() {
    let server = Server::start(&[]).await;
    let mut ann = server.join("Ann", "lobby").await;
    ann.history().await;
    let data = [b"\x89PNG\r\n\x1a\n".to_vec(), (0..=255).cycle().take(200_000).collect()].concat();
    ann.send(picture(&json!({ "key": "p", "alt": "all bytes" }), &data)).await;
    let message = ann.next().await;
    assert_eq!(
        (&message["type"], &message["media"], &message["alt"]),
        (&json!("pictured"), &json!("image/png"), &json!("all bytes"))
    );
    assert!(message["data"] == json!(data));
    // Also to those who join later.
    let mut bob = server.join("Bob", "lobby").await;
    assert!(bob.history().await.1[0]["data"] == json!(data));
}

#[tokio::test]
async fn people_with_the_same_name_have_different_ids() {
    let server = Server::start(&[]).await;
    let (mut ann, mut namesake) =
        (server.join("Ann", "lobby").await, server.join("Ann", "lobby").await);
    let (own, other) = (ann.history().await.0, namesake.history().await.0);
    assert_ne!(own["you"], other["you"]);
    namesake.say("k", "hi").await;
    let message = ann.next().await;
    assert_eq!((&message["from"], &message["by"]), (&json!("Ann"), &other["you"]));
}
