//! Who is here, when that is somewhere else.

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::support::Client;

#[tokio::test]
async fn those_who_come_and_go_elsewhere_are_told() {
    let Some(cluster) = Cluster::start(2).await else { return };
    let [one, two] = &cluster.instances[..] else { unreachable!() };
    let mut ann = one.join("Ann", "lobby").await;
    assert_eq!(ann.history().await.0["here"], json!(["Ann"]));
    let mut bob = two.join("Bob", "lobby").await;
    assert_eq!(bob.history().await.0["here"], json!(["Ann", "Bob"]));
    assert_eq!(moved(&mut ann).await, json!({ "type": "joined", "name": "Bob" }));
    // The last one to leave a room of his instance.
    drop(bob);
    assert_eq!(moved(&mut ann).await, json!({ "type": "left", "name": "Bob" }));
    let mut bob = two.join("Bob", "lobby").await;
    assert_eq!(bob.history().await.0["here"], json!(["Ann", "Bob"]));
    assert_eq!(moved(&mut ann).await, json!({ "type": "joined", "name": "Bob" }));
}

#[tokio::test]
async fn those_of_an_instance_that_died_are_gone() {
    let Some(mut cluster) = Cluster::start(2).await else { return };
    let mut dying = cluster.instances.pop().expect("two");
    let mut ann = cluster.instances[0].join("Ann", "lobby").await;
    ann.history().await;
    let _bob = dying.join("Bob", "lobby").await;
    assert_eq!(moved(&mut ann).await, json!({ "type": "joined", "name": "Bob" }));
    dying.process.kill().await.expect("it ran");
    assert_eq!(moved(&mut ann).await, json!({ "type": "left", "name": "Bob" }));
}

/// The next who comes or goes.
async fn moved(client: &mut Client) -> Value {
    loop {
        let told = client.next_of_all().await;
        if matches!(told["type"].as_str(), Some("joined" | "left")) {
            return told;
        }
    }
}
