//! Redis is away, for a moment or for good.

use std::process::Stdio;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::process::Command;
use tokio::time::sleep;

use crate::cluster::{Cluster, Redis, until};
use crate::person::{Person, Progress, converse};
use crate::support::{signal, soon};

/// How many each of four people says.
const MESSAGES: usize = 20;

async fn people(cluster: &Cluster) -> Vec<Person> {
    let names = ["Ann", "Bob", "Cleo", "Dan"];
    let people = names
        .iter()
        .enumerate()
        .map(|(at, name)| Person::enter(name, &cluster.instances[at % cluster.instances.len()]));
    join_all(people).await
}

/// Until the conversation is under way.
async fn begun(progress: &[Progress]) {
    until("some of it is told", async || progress[0].told() >= MESSAGES).await;
}

#[tokio::test]
async fn a_short_pause_is_waited_for() {
    let Some(mut cluster) = Cluster::start(2).await else { return };
    let people = people(&cluster).await;
    converse(people, MESSAGES, async |progress| {
        begun(&progress).await;
        signal(cluster.redis.process(), "STOP").await;
        // The pause itself; longer than an answer may take.
        sleep(Duration::from_millis(2_500)).await;
        signal(cluster.redis.process(), "CONT").await;
        until("it goes on", async || progress[0].told() > 2 * MESSAGES).await;
        assert!(progress.iter().all(|person| person.endings().is_empty()), "somebody was cut");
    })
    .await;
}

#[tokio::test]
async fn a_long_pause_ends_connections_and_loses_nothing() {
    let Some(mut cluster) = Cluster::start(2).await else { return };
    let people = people(&cluster).await;
    converse(people, MESSAGES, async |progress| {
        begun(&progress).await;
        signal(cluster.redis.process(), "STOP").await;
        let is_ended = async || progress.iter().any(|person| !person.endings().is_empty());
        until("somebody is told to come again", is_ended).await;
        signal(cluster.redis.process(), "CONT").await;
        let endings: Vec<_> = progress.iter().flat_map(Progress::endings).collect();
        assert!(endings.iter().all(|code| *code == Some(1013)), "{endings:?}");
    })
    .await;
}

#[tokio::test]
async fn a_redis_that_keeps_everything_may_be_killed() {
    let options = ["--save", "", "--appendonly", "yes", "--appendfsync", "always"];
    let Some(redis) = Redis::start(&options).await else { return };
    let Some(mut cluster) = Cluster::start_on(redis, 2).await else { return };
    let people = people(&cluster).await;
    converse(people, MESSAGES, async |progress| {
        begun(&progress).await;
        cluster.redis.process().kill().await.expect("it ran");
        cluster.redis.run().await;
    })
    .await;
}

#[tokio::test]
async fn a_redis_that_kept_nothing_is_used_again() {
    let Some(mut cluster) = Cluster::start(1).await else { return };
    let running = &cluster.instances[0];
    let mut ann = running.join("Ann", "lobby").await;
    ann.history().await;
    ann.say("before", "hi").await;
    let before = ann.next().await;
    cluster.redis.process().kill().await.expect("it ran");
    cluster.redis.run().await;
    ann.say("after", "hi").await;
    assert_eq!(ann.next().await["key"], "after");

    until("the key for tokens is back", async || {
        cluster.redis.keys().await.contains(&"chat:key".to_owned())
    })
    .await;
    let new = Cluster::start_on(cluster.redis, 1).await.expect("it is installed");
    let token = running.token("Bob").await;
    let request = new.instances[0].request_with(&token, "lobby");
    assert!(soon(tokio_tungstenite::connect_async(request)).await.is_ok());
    // What was said before is gone, and that is told.
    let room = format!("lobby&after={}", before["id"].as_str().unwrap());
    let (welcome, told) = new.instances[0].join("Cleo", &room).await.history().await;
    assert_eq!(welcome["complete"], false);
    assert_eq!(told.len(), 1);
}

#[tokio::test]
async fn nothing_overtakes_what_could_not_be_kept() {
    let Some(mut cluster) = Cluster::start(1).await else { return };
    let mut ann = cluster.instances[0].join("Ann", "lobby").await;
    ann.history().await;
    cluster.redis.process().kill().await.expect("it ran");
    for key in ["a", "b", "c"] {
        ann.say(key, "hi").await;
    }
    assert_eq!(u16::from(ann.close_frame().await.code), 1013);
    cluster.redis.run().await;

    let mut ann = cluster.instances[0].join("Ann", "lobby").await;
    let (_, said) = ann.history().await;
    assert_eq!(said, [""; 0], "nothing was kept");
    for key in ["a", "b", "c"] {
        ann.say(key, "hi").await;
        assert_eq!(ann.next().await["key"], key);
    }
}

#[tokio::test]
async fn a_start_without_redis_fails_and_says_why() {
    // Nobody listens on a port of this kind; the other is no URL of Redis.
    for url in ["redis://:secret@127.0.0.1:1", "http://127.0.0.1"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chat"));
        command.args(["--listen", "127.0.0.1:0", "--redis", url]).stdin(Stdio::null());
        let start = Instant::now();
        let output = soon(command.kill_on_drop(true).output()).await.expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("chat: cannot use Redis: "), "{said}");
        assert!(!said.contains("secret"), "{said}");
        assert!(output.stdout.is_empty());
        assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    }
}
