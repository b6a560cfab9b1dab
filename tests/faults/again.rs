//! Clients that connect again: the first of their streams is faulty.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use websocket_proto::backoff::Backoff;
use websocket_proto::io::smol;
use websocket_proto::io::{Error, Update, blocking};
use websocket_proto::{CloseCode, Event};

use super::fault::Plan;
use super::hand::run;
use super::link::{Link, Stream};
use super::play::request;
use super::scenario::{LAST, Scenario, in_words};

/// The streams so far, and how the next is to be.
#[derive(Clone)]
struct Streams {
    links: Arc<Mutex<Vec<Link>>>,
    plan: Plan,
}

/// A run and what came of it: updates in words, and the streams.
pub(crate) struct Again {
    pub(crate) words: Vec<String>,
    pub(crate) links: Vec<Link>,
}

impl Streams {
    fn new(plan: Plan) -> Self {
        Self { links: Arc::default(), plan }
    }

    fn next(&self) -> Stream {
        let mut links = self.links.lock().unwrap();
        let plan = if links.is_empty() { self.plan } else { Plan::Undisturbed };
        let link = Link::new(Scenario::CLIENT, plan);
        links.push(link.clone());
        link.stream()
    }

    fn told(self, words: Vec<String>) -> Again {
        Again { words, links: self.links.lock().unwrap().clone() }
    }
}

/// Without delays.
fn backoff() -> Backoff {
    let mut backoff = Backoff::default();
    (backoff.first, backoff.longest) = (Duration::ZERO, Duration::ZERO);
    backoff
}

/// Over blocking streams.
pub(crate) fn blocking(plan: Plan) -> Again {
    let streams = Streams::new(plan);
    let dial = streams.clone();
    let config = Scenario::CLIENT.config();
    let dial = move || blocking::client(dial.next(), &request(), config);
    let mut client = blocking::Reconnecting::with_dial(dial, backoff());
    let mut words = Vec::new();
    while let Some(update) = client.receive() {
        words.push(word(&update));
        match words.last().map(String::as_str) {
            Some("connected") => note(&mut words, client.send_text("first")),
            Some(LAST) => {
                let ending = client.close(CloseCode::NORMAL, "done").unwrap();
                words.extend(ending.map(|_| "closed".into()));
            }
            _ => {}
        }
    }
    drop(client);
    streams.told(words)
}

/// Over streams of smol.
pub(crate) fn smol(plan: Plan, how: &str) -> Again {
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
        while let Some(update) = client.next().await {
            words.push(word(&update));
            match words.last().map(String::as_str) {
                Some("connected") => note(&mut words, client.send_text("first").await),
                Some(LAST) => {
                    let ending = client.close(CloseCode::NORMAL, "done").await.unwrap();
                    words.extend(ending.map(|_| "closed".into()));
                }
                _ => {}
            }
        }
    };
    // Without delays nothing holds the task up but the streams.
    run(&Link::new(Scenario::CLIENT, Plan::Undisturbed), vec![Box::pin(task)], how);
    drop(client);
    streams.told(words)
}

fn note(words: &mut Vec<String>, result: Result<(), Error>) {
    words.extend(result.err().map(|_| "error".into()));
}

fn word<W>(update: &Update<'_, W>) -> String {
    match update {
        Update::Connected => "connected".into(),
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

/// The first connection tells the beginning of what a calm one does, and the second all of it.
#[track_caller]
pub(crate) fn check(again: &Again, calm: &Again, how: &str) {
    let Again { words, links } = again;
    assert!(links.iter().all(Link::is_dropped), "{how}");
    let told: Vec<&str> =
        words.iter().map(|word| &**word).filter(|word| *word != "error").collect();
    let calm_words: Vec<&str> = calm.words.iter().map(|word| &**word).collect();
    let (last, calm) = (links[links.len() - 1].heard(), calm.links[0].heard());
    let Some(lost) = told.iter().position(|word| ["lost", "failed"].contains(word)) else {
        assert_eq!((told, links.len()), (calm_words, 1), "{how}");
        return assert!(calm.messages.starts_with(&last.messages), "{how}: {last:?}");
    };
    assert!(calm_words.starts_with(&told[..lost]), "{how}: {words:?}");
    assert_eq!(told[lost + 1], "waiting", "{how}: {words:?}");
    assert_eq!(told[lost + 2..], calm_words, "{how}");
    assert_eq!((last, links.len()), (calm, 2), "{how}");
}
