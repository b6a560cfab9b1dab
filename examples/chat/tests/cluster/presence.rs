//! People in a room who are connected to different instances.

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::support::Client;

#[tokio::test]
async fn joining_and_leaving_on_another_instance_is_announced() {
    let Some(cluster) = Cluster::start(2).await else { return };
    let [one, two] = &cluster.instances[..] else { unreachable!() };
    let mut ann = one.join("Ann", "lobby").await;
    assert_eq!(ann.history().await.0["here"], json!(["Ann"]));
    let mut bob = two.join("Bob", "lobby").await;
    assert_eq!(bob.history().await.0["here"], json!(["Ann", "Bob"]));
    assert_eq!(next_presence_change(&mut ann).await, json!({ "type": "joined", "name": "Bob" }));
    // The room is empty on his instance then.
    drop(bob);
    assert_eq!(next_presence_change(&mut ann).await, json!({ "type": "left", "name": "Bob" }));
    let mut bob = two.join("Bob", "lobby").await;
    assert_eq!(bob.history().await.0["here"], json!(["Ann", "Bob"]));
    assert_eq!(next_presence_change(&mut ann).await, json!({ "type": "joined", "name": "Bob" }));
}

#[tokio::test]
async fn the_people_of_an_instance_that_died_leave() {
    let Some(mut cluster) = Cluster::start(2).await else { return };
    let mut dying = cluster.instances.pop().expect("two instances");
    let mut ann = cluster.instances[0].join("Ann", "lobby").await;
    ann.history().await;
    let _bob = dying.join("Bob", "lobby").await;
    assert_eq!(next_presence_change(&mut ann).await, json!({ "type": "joined", "name": "Bob" }));
    dying.process.kill().await.expect("a running process");
    assert_eq!(next_presence_change(&mut ann).await, json!({ "type": "left", "name": "Bob" }));
}

/// The next message about somebody who joins or leaves.
async fn next_presence_change(client: &mut Client) -> Value {
    loop {
        let message = client.next_of_any_type().await;
        if matches!(message["type"].as_str(), Some("joined" | "left")) {
            return message;
        }
    }
}
