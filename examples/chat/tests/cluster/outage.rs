//! Redis is unavailable, for a moment or for longer.

use std::process::Stdio;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::process::Command;
use tokio::time::sleep;

use crate::cluster::{Cluster, Redis, until};
use crate::person::{Person, Progress, converse};
use crate::relay::Relay;
use crate::support::{Server, signal, soon};

/// How many messages each of the four people sends.
const MESSAGES: usize = 20;

async fn people(cluster: &Cluster) -> Vec<Person> {
    let names = ["Ann", "Bob", "Cleo", "Dan"];
    let people = names
        .iter()
        .enumerate()
        .map(|(at, name)| Person::enter(name, &cluster.instances[at % cluster.instances.len()]));
    join_all(people).await
}

/// Waits until some messages have been received.
async fn wait_for_start(progress: &[Progress]) {
    until("some messages are received", async || progress[0].received() >= MESSAGES).await;
}

#[tokio::test]
async fn connections_survive_a_short_pause() {
    let Some(mut cluster) = Cluster::start(2).await else { return };
    let people = people(&cluster).await;
    converse(people, MESSAGES, async |progress| {
        wait_for_start(&progress).await;
        signal(cluster.redis.process(), "STOP").await;
        // The pause is longer than Redis may take to answer.
        sleep(Duration::from_millis(2_500)).await;
        signal(cluster.redis.process(), "CONT").await;
        until("the conversation goes on", async || progress[0].received() > 2 * MESSAGES).await;
        assert!(
            progress.iter().all(|person| person.endings().is_empty()),
            "somebody lost a connection"
        );
    })
    .await;
}

#[tokio::test]
async fn nothing_is_lost_in_a_long_pause() {
    let Some(mut cluster) = Cluster::start(2).await else { return };
    let people = people(&cluster).await;
    converse(people, MESSAGES, async |progress| {
        wait_for_start(&progress).await;
        signal(cluster.redis.process(), "STOP").await;
        let is_ended = async || progress.iter().any(|person| !person.endings().is_empty());
        until("somebody is disconnected", is_ended).await;
        signal(cluster.redis.process(), "CONT").await;
        let endings: Vec<_> = progress.iter().flat_map(Progress::endings).collect();
        assert!(endings.iter().all(|code| *code == Some(1013)), "{endings:?}");
    })
    .await;
}

#[tokio::test]
async fn nothing_is_lost_when_a_redis_that_stores_everything_is_killed() {
    let options = ["--save", "", "--appendonly", "yes", "--appendfsync", "always"];
    let Some(redis) = Redis::start(&options).await else { return };
    let Some(mut cluster) = Cluster::start_on(redis, 2).await else { return };
    let people = people(&cluster).await;
    converse(people, MESSAGES, async |progress| {
        wait_for_start(&progress).await;
        cluster.redis.process().kill().await.expect("a running process");
        cluster.redis.run().await;
    })
    .await;
}

#[tokio::test]
async fn a_redis_that_lost_its_data_is_used_again() {
    let Some(mut cluster) = Cluster::start(1).await else { return };
    let running = &cluster.instances[0];
    let mut ann = running.join("Ann", "lobby").await;
    ann.history().await;
    ann.say("before", "hi").await;
    let before = ann.next().await;
    cluster.redis.process().kill().await.expect("a running process");
    cluster.redis.run().await;
    ann.say("after", "hi").await;
    assert_eq!(ann.next().await["key"], "after");

    until("the key for tokens is back", async || {
        cluster.redis.keys().await.contains(&"chat:key".to_owned())
    })
    .await;
    let new = Cluster::start_on(cluster.redis, 1).await.expect("an installed Redis");
    let token = running.token("Bob").await;
    let request = new.instances[0].request_with(&token, "lobby");
    assert!(soon(tokio_tungstenite::connect_async(request)).await.is_ok());
    // The earlier message is lost, and the server reports that.
    let room = format!("lobby&after={}", before["id"].as_str().unwrap());
    let (welcome, messages) = new.instances[0].join("Cleo", &room).await.history().await;
    assert_eq!(welcome["complete"], false);
    assert_eq!(messages.len(), 1);
}

/// The instance cannot know whether its message was stored, except from the message itself.
#[tokio::test]
async fn a_message_that_came_back_is_not_posted_again_to_a_redis_that_lost_its_data() {
    let Some(mut redis) = Redis::start(&["--save", ""]).await else { return };
    let relay = Relay::start(redis.address()).await;
    let instance = Server::start(&["--redis", &relay.url()]).await;
    let mut ann = instance.join("Ann", "lobby").await;
    ann.history().await;
    // The first message loads the script into Redis, for which the instance has to hear answers.
    ann.say("first", "hi").await;
    assert_eq!(ann.next().await["key"], "first");
    relay.lose_answers(true);
    ann.say("before", "hi").await;
    assert_eq!(ann.next().await["key"], "before");
    redis.process().kill().await.expect("a running process");
    relay.lose_answers(false);
    redis.run().await;
    ann.say("after", "hi").await;
    assert_eq!(ann.next().await["key"], "after");
}

#[tokio::test]
async fn messages_stay_in_order_when_one_could_not_be_stored() {
    let Some(mut cluster) = Cluster::start(1).await else { return };
    let mut ann = cluster.instances[0].join("Ann", "lobby").await;
    ann.history().await;
    cluster.redis.process().kill().await.expect("a running process");
    for key in ["a", "b", "c"] {
        ann.say(key, "hi").await;
    }
    assert_eq!(u16::from(ann.close_frame().await.code), 1013);
    cluster.redis.run().await;

    let mut ann = cluster.instances[0].join("Ann", "lobby").await;
    let (_, messages) = ann.history().await;
    assert_eq!(messages, [""; 0], "nothing was stored");
    for key in ["a", "b", "c"] {
        ann.say(key, "hi").await;
        assert_eq!(ann.next().await["key"], key);
    }
}

#[tokio::test]
async fn a_start_without_redis_fails_and_says_why() {
    // Nothing listens on port 1, and the second URL is not one of Redis.
    for url in ["redis://:secret@127.0.0.1:1", "http://127.0.0.1"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chat"));
        command.args(["--listen", "127.0.0.1:0", "--redis", url]).stdin(Stdio::null());
        let start = Instant::now();
        let output = soon(command.kill_on_drop(true).output()).await.expect("the chat starts");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains("chat: cannot use Redis: "), "{error}");
        assert!(!error.contains("secret"), "{error}");
        assert!(output.stdout.is_empty());
        assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    }
}
