//! Rounds of tasks that send at one split socket, on several threads: each in every way there is,
//! over a stream that has little room and may fail, while some calls are dropped half-way and some
//! tasks close or abort.
//!
//! `SEEDS=1000000` tries so many rounds, `SEED=n` one of them again; what the threads make of it
//! differs.

mod check;
mod random;
mod stream;
mod task;

use std::env;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;
use websocket_proto::io::tokio::{Receiver, Sender, WebSocket};
use websocket_proto::{Config, Role};

use check::Outcome;
use random::Random;
use stream::Stream;
use task::{Task, Told};

/// How many rounds are tried.
const SEEDS: u64 = 6000;
/// How often `SEED` is.
const AGAIN: usize = 1000;
const TASKS: u8 = 4;
/// A round takes less than a millisecond.
const LONG: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rounds_end_and_what_was_told_is_so() {
    if let Some(seed) = number("SEED") {
        for _ in 0..AGAIN {
            try_round(seed).await;
        }
        return;
    }
    let seeds = number("SEEDS").unwrap_or(SEEDS);
    let mut disturbed = 0;
    for seed in 0..seeds {
        disturbed += u64::from(try_round(seed).await);
    }
    println!("{disturbed} of {seeds} rounds were disturbed");
    assert!(disturbed > seeds / 10 && disturbed < seeds * 9 / 10, "{disturbed} were disturbed");
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|number| number.parse().expect("a number"))
}

/// Whether the round was disturbed.
async fn try_round(seed: u64) -> bool {
    let Ok(outcome) = timeout(LONG, round(seed)).await else { panic!("seed {seed} hangs") };
    if let Err(what) = outcome.check() {
        panic!("seed {seed}: {what}");
    }
    outcome.disturbed
}

async fn round(seed: u64) -> Outcome {
    let mut random = Random::new(seed, 0);
    let stream = Stream::new(&mut random);
    let config = config(&mut random);
    let socket = WebSocket::established(stream.clone(), Role::Server, None, config, b"");
    let (receiver, sender) = socket.split();
    let trickling = tokio::spawn(stream.clone().trickle(Random::new(seed, 1)));
    let receiving = tokio::spawn(receive(receiver, random.once_in(5)));
    let tasks = send(seed, &sender, random.once_in(3));
    let mut told = Vec::new();
    for task in tasks {
        told.push(task.await.unwrap());
    }
    let flushed = sender.flush().await;
    let aborted = told.iter().any(|told| told.aborted);
    let disturbed = aborted || stream.has_failed();
    assert!(disturbed || flushed.is_ok(), "seed {seed}: the last flush: {flushed:?}");
    stream.end(Ok(()));
    receiving.await.unwrap();
    trickling.await.unwrap();
    drop(sender);
    Outcome { told, written: stream.written(), holds: stream.holds(), disturbed }
}

fn config(random: &mut Random) -> Config {
    let mut config = Config::default();
    // No deadline comes to the help of who is not woken.
    (config.keepalive, config.write_timeout) = (None, None);
    config.close_timeout = Duration::from_secs(3600);
    config.limits.output = random.one_of(&[0, 100, 1000, 10_000]);
    config
}

/// Receives to the end or to the first error, if at all.
async fn receive(mut receiver: Receiver<Stream>, at_once_gone: bool) {
    while !at_once_gone && let Ok(Some(_)) = receiver.next().await {}
}

fn send(seed: u64, sender: &Sender<Stream>, ends: bool) -> Vec<JoinHandle<Told>> {
    let task = |number| {
        let random = Random::new(seed, 2 + u64::from(number));
        tokio::spawn(Task::new(number, sender.clone(), random, ends).run())
    };
    (0..TASKS).map(task).collect()
}
