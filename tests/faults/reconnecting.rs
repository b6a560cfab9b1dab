//! Clients that reconnect: the first of their streams is faulty.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use websocket_proto::backoff::Backoff;
use websocket_proto::io::smol;
use websocket_proto::io::{Error, Update};
use websocket_proto::{CloseCode, Event};

use super::executor::run;
use super::fault::Plan;
use super::link::{Link, Stream};
use super::play::request;
use super::scenario::{LAST, Scenario, in_words};

/// The streams that were dialled so far, and the faults of the first.
#[derive(Clone)]
struct Streams {
    links: Arc<Mutex<Vec<Link>>>,
    plan: Plan,
}

/// What a run led to: the updates in words, and the streams.
pub(crate) struct ReconnectRun {
    pub(crate) words: Vec<String>,
    pub(crate) links: Vec<Link>,
}

impl Streams {
    fn new(plan: Plan) -> Self {
        Self { links: Arc::default(), plan }
    }

    fn next(&self) -> Stream {
        let mut links = self.links.lock().unwrap();
        let plan = if links.is_empty() { self.plan } else { Plan::NoFaults };
        let link = Link::new(Scenario::CLIENT, plan);
        links.push(link.clone());
        link.stream()
    }

    fn finish(self, words: Vec<String>) -> ReconnectRun {
        ReconnectRun { words, links: self.links.lock().unwrap().clone() }
    }
}

/// A backoff without delays.
fn backoff() -> Backoff {
    let mut backoff = Backoff::default();
    (backoff.first, backoff.longest) = (Duration::ZERO, Duration::ZERO);
    backoff
}

/// Runs a client of the adapter for smol.
pub(crate) fn smol(plan: Plan, case: &str) -> ReconnectRun {
    let streams = Streams::new(plan);
    let dial = streams.clone();
    let config = Scenario::CLIENT.config();
    let dial = move || {
        let stream = dial.next();
        async move { smol::client(stream, &request(), config).await }
    };
    let mut client = smol::Reconnecting::with_dial(dial, backoff());
    let mut words = Vec::new();
    let task = async {
        while let Some(update) = client.receive().await {
            words.push(word(&update));
            match words.last().map(String::as_str) {
                Some("connected") => note(&mut words, client.send_text("first").await),
                Some(LAST) => {
                    let ending = client.close_with(CloseCode::NORMAL, "done").await.unwrap();
                    words.extend(ending.map(|_| "closed".into()));
                }
                _ => {}
            }
        }
    };
    // Without delays the task waits for its own streams alone, so this link has nothing to unblock.
    run(&Link::new(Scenario::CLIENT, Plan::NoFaults), vec![Box::pin(task)], case);
    drop(client);
    streams.finish(words)
}

fn note(words: &mut Vec<String>, result: Result<(), Error>) {
    words.extend(result.err().map(|_| "error".into()));
}

fn word<W>(update: &Update<'_, W>) -> String {
    match update {
        Update::Connected(..) => "connected".into(),
        Update::Event(Event::Text(text), _) => (*text).into(),
        Update::Event(Event::Binary(data), _) => in_words(data),
        Update::Event(Event::Ping(payload), _) => in_words(payload),
        Update::Event(event, _) => format!("{event:?}"),
        Update::Lost(_) => "lost".into(),
        Update::Failed(_) => "failed".into(),
        Update::Waiting(_) => "waiting".into(),
        Update::GaveUp(reason) => format!("gave up: {reason}"),
    }
}

/// Checks that the first connection delivered the beginning of what one without faults does, and
/// the second all of it.
#[track_caller]
pub(crate) fn check(run: &ReconnectRun, baseline: &ReconnectRun, case: &str) {
    let ReconnectRun { words, links } = run;
    assert!(links.iter().all(Link::is_dropped), "{case}");
    let observed: Vec<&str> =
        words.iter().map(|word| &**word).filter(|word| *word != "error").collect();
    let baseline_words: Vec<&str> = baseline.words.iter().map(|word| &**word).collect();
    let (last, baseline) = (links[links.len() - 1].peer_log(), baseline.links[0].peer_log());
    let Some(lost) = observed.iter().position(|word| ["lost", "failed"].contains(word)) else {
        assert_eq!((observed, links.len()), (baseline_words, 1), "{case}");
        return assert!(baseline.messages.starts_with(&last.messages), "{case}: {last:?}");
    };
    assert!(baseline_words.starts_with(&observed[..lost]), "{case}: {words:?}");
    assert_eq!(observed[lost + 1], "waiting", "{case}: {words:?}");
    assert_eq!(observed[lost + 2..], baseline_words, "{case}");
    assert_eq!((last, links.len()), (baseline, 2), "{case}");
}
