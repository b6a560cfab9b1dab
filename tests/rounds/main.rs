//! Rounds of tasks that send on one split socket, on several threads. They send in every way there
//! is, over a stream whose peer reads slowly and which may fail, while some calls are dropped
//! half-way and some tasks close or abort.
//!
//! `SEEDS=1000000` sets how many rounds are tried, `SEED=n` repeats the n-th alone, though the
//! order in which the threads run differs.

mod bytes;
mod check;
mod random;
mod stream;
mod task;

use std::env;
use std::iter::repeat_n;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;
use websocket_proto::io::tokio::{Receiver, Sender, WebSocket};
use websocket_proto::{Config, Role};

use check::Outcome;
use random::Random;
use stream::Stream;
use task::{Task, TaskReport};

/// How many rounds are tried.
const SEEDS: u64 = 6000;
/// How often the round of `SEED` is repeated.
const REPETITIONS: usize = 1000;
const TASKS: u8 = 4;
/// After this time a round is regarded as hanging. It takes less than a millisecond.
const GUARD: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rounds_end_and_results_of_calls_are_true() {
    let (mut disturbed, mut rounds) = (0, 0);
    for seed in seeds() {
        disturbed += u64::from(try_round(seed).await);
        rounds += 1;
    }
    println!("{disturbed} of {rounds} rounds were disturbed");
    let is_mixed = disturbed > rounds / 10 && disturbed < rounds * 9 / 10;
    assert!(is_mixed || number("SEED").is_some(), "{disturbed} were disturbed");
}

/// The seeds of the rounds to try.
fn seeds() -> Box<dyn Iterator<Item = u64> + Send> {
    match number("SEED") {
        Some(seed) => Box::new(repeat_n(seed, REPETITIONS)),
        None => Box::new(0..number("SEEDS").unwrap_or(SEEDS)),
    }
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|number| number.parse().expect("a number"))
}

/// Runs a round and checks it; returns whether it was disturbed.
async fn try_round(seed: u64) -> bool {
    let Ok(outcome) = timeout(GUARD, round(seed)).await else { panic!("seed {seed} hangs") };
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
    let (sender, receiver) = socket.split();
    let trickling = tokio::spawn(stream.clone().act_as_peer(Random::new(seed, 1)));
    let receiving = tokio::spawn(receive(receiver, random.once_in(5)));
    let tasks = send(seed, &sender, random.once_in(3));
    let mut reports = Vec::new();
    for task in tasks {
        reports.push(task.await.unwrap());
    }
    let flushed = sender.flush().await;
    let aborted = reports.iter().any(|report| report.aborted);
    let disturbed = aborted || stream.has_failed();
    assert!(disturbed || flushed.is_ok(), "seed {seed}: the last flush: {flushed:?}");
    stream.end(Ok(()));
    receiving.await.unwrap();
    trickling.await.unwrap();
    drop(sender);
    Outcome { reports, written: stream.written(), holds: stream.holds(), disturbed }
}

fn config(random: &mut Random) -> Config {
    let mut config = Config::default();
    // There are no deadlines that would wake a task whose wake-up was lost.
    (config.keepalive, config.write_timeout) = (None, None);
    config.close_timeout = Duration::from_secs(3600);
    config.limits.output = random.one_of(&[0, 100, 1000, 10_000]);
    config
}

/// Receives until the end or the first error, or drops the receiver at once.
async fn receive(mut receiver: Receiver<Stream>, drops_at_once: bool) {
    while !drops_at_once && let Ok(Some(_)) = receiver.receive().await {}
}

fn send(seed: u64, sender: &Sender<Stream>, ends: bool) -> Vec<JoinHandle<TaskReport>> {
    let task = |number| {
        let random = Random::new(seed, 2 + u64::from(number));
        tokio::spawn(Task::new(number, sender.clone(), random, ends).run())
    };
    (0..TASKS).map(task).collect()
}
