//! Somebody who comes back: a client that does what PROTOCOL.md says when its connection is lost.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::support::{SOON, Site};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(crate) struct Person {
    name: String,
    room: String,
    site: Site,
    socket: Option<Socket>,
    /// What was told: position in the room's order, and key.
    told: Vec<((u64, u64), String)>,
    /// The position to come back to.
    last: String,
    /// What is to be said, and what was and is not told yet.
    unsaid: VecDeque<String>,
    untold: Vec<String>,
    pub(crate) progress: Progress,
}

/// What others can see of somebody.
#[derive(Clone)]
pub(crate) struct Progress(watch::Sender<Seen>);

#[derive(Clone, Default)]
struct Seen {
    told: usize,
    /// How connections ended: the code, or `None` without one.
    endings: Vec<Option<u16>>,
}

impl Progress {
    pub(crate) fn told(&self) -> usize {
        self.0.borrow().told
    }

    pub(crate) fn endings(&self) -> Vec<Option<u16>> {
        self.0.borrow().endings.clone()
    }
}

impl Person {
    /// Comes in, and is ready to talk.
    pub(crate) async fn enter(name: &str, site: &Site) -> Self {
        let mut person = Self {
            name: name.to_owned(),
            room: "lobby".to_owned(),
            site: site.clone(),
            socket: None,
            told: Vec::new(),
            last: "0-0".to_owned(),
            unsaid: VecDeque::new(),
            untold: Vec::new(),
            progress: Progress(watch::Sender::default()),
        };
        timeout(SOON, person.connect()).await.expect("it lets us in");
        person
    }

    /// Says so many messages, comes back whenever the connection is lost, and gives the keys of all
    /// that was told when that is `all`.
    async fn converse(mut self, messages: usize, all: usize) -> Vec<String> {
        self.unsaid = (0..messages).map(|number| format!("{}-{number}", self.name)).collect();
        let mut pace = interval(Duration::from_millis(60));
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.told.len() < all {
            if self.talk(&mut pace).await.is_none() {
                self.socket = None;
                self.connect().await;
            }
        }
        assert_eq!(self.untold, [""; 0], "{} has what was not told", self.name);
        self.told.into_iter().map(|(_, key)| key).collect()
    }

    /// Says what comes next, or hears something; `None` if the connection was lost.
    async fn talk(&mut self, pace: &mut Interval) -> Option<()> {
        tokio::select! {
            _ = pace.tick(), if !self.unsaid.is_empty() => {
                let key = self.unsaid.pop_front()?;
                self.untold.push(key.clone());
                self.say(&key).await
            }
            heard = self.hear_next() => heard.map(drop),
        }
    }

    /// Tries until it works.
    async fn connect(&mut self) {
        while self.try_to_connect().await.is_none() {
            self.socket = None;
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Comes back behind what was told last, and says again what was not told.
    async fn try_to_connect(&mut self) -> Option<()> {
        let (status, token) = self.site.try_to_ask("POST", "/token", &self.name).await.ok()?;
        let room = format!("{}&after={}", self.room, self.last);
        let request = (status == 200).then(|| self.site.request_with(&token, &room))?;
        let (socket, _) = connect_async(request).await.ok()?;
        self.socket = Some(socket);
        while self.hear_next().await? != "ready" {}
        for key in self.untold.clone() {
            self.say(&key).await?;
        }
        Some(())
    }

    async fn say(&mut self, key: &str) -> Option<()> {
        let say = json!({ "type": "say", "key": key, "text": key }).to_string();
        self.socket.as_mut()?.send(Message::text(say)).await.ok()
    }

    /// The type of what is heard next; `None` if the connection is lost.
    async fn hear_next(&mut self) -> Option<String> {
        let message = self.socket.as_mut()?.next().await;
        let Some(Ok(message)) = message else {
            self.progress.0.send_modify(|seen| seen.endings.push(None));
            return None;
        };
        self.hear(message)
    }

    fn hear(&mut self, message: Message) -> Option<String> {
        let text = match message {
            Message::Text(text) => text,
            Message::Close(frame) => {
                let code = frame.map(|frame| frame.code.into());
                self.progress.0.send_modify(|seen| seen.endings.push(code));
                return None;
            }
            _ => return Some(String::new()),
        };
        let heard: Value = serde_json::from_str(&text).expect("JSON");
        let kind = heard["type"].as_str().expect("a type").to_owned();
        match &kind[..] {
            "welcome" => assert_eq!(heard["complete"], true, "{} missed something", self.name),
            "said" => self.note(&heard),
            "refused" => panic!("{heard}"),
            _ => {}
        }
        Some(kind)
    }

    fn note(&mut self, said: &Value) {
        let (id, key) = (said["id"].as_str().expect("an ID"), said["key"].as_str().expect("a key"));
        let place = place(id);
        let last = self.told.last().map(|(place, _)| *place);
        assert!(Some(place) > last, "{} was told {said} behind {last:?}", self.name);
        self.told.push((place, key.to_owned()));
        id.clone_into(&mut self.last);
        self.untold.retain(|untold| untold != key);
        self.progress.0.send_modify(|seen| seen.told += 1);
    }
}

/// A conversation of some people who say so many messages each, while something else goes on: all of
/// them are told the same, once and in the same order, which is each one's own.
pub(crate) async fn converse(
    people: Vec<Person>,
    messages: usize,
    meanwhile: impl AsyncFnOnce(Vec<Progress>),
) {
    let progress: Vec<_> = people.iter().map(|person| person.progress.clone()).collect();
    let names: Vec<_> = people.iter().map(|person| person.name.clone()).collect();
    let all = people.len() * messages;
    let talking = join_all(people.into_iter().map(|person| person.converse(messages, all)));
    let both = async { tokio::join!(talking, meanwhile(progress.clone())).0 };
    let Ok(told) = timeout(2 * SOON, both).await else {
        let told: Vec<_> = progress.iter().map(Progress::told).collect();
        panic!("of {all} messages were told in time: {told:?}");
    };
    assert!(told.iter().all(|keys| *keys == told[0]), "not in the same order");
    for name in names {
        let own: Vec<_> = told[0].iter().filter_map(|key| key.strip_prefix(&name)).collect();
        let said: Vec<_> = (0..messages).map(|number| format!("-{number}")).collect();
        assert_eq!(own, said, "not each message of {name} once, as it was said");
    }
}

/// The two numbers of an ID.
pub(crate) fn place(id: &str) -> (u64, u64) {
    let (at, number) = id.split_once('-').expect("two numbers");
    (at.parse().expect("a number"), number.parse().expect("a number"))
}
