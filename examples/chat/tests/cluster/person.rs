//! A client that reconnects as PROTOCOL.md says when its connection is lost.

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

use crate::support::{Site, TIMEOUT};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(crate) struct Person {
    name: String,
    room: String,
    site: Site,
    socket: Option<Socket>,
    /// The ID and the key of each message that was received.
    received: Vec<((u64, u64), String)>,
    /// The ID of the last of them, to continue after.
    last_id: String,
    /// The keys of the messages to send.
    unsent: VecDeque<String>,
    /// The keys of the messages that were sent, but not received yet.
    unconfirmed: Vec<String>,
    pub(crate) progress: Progress,
}

/// What a test can see of a person while the conversation goes on.
#[derive(Clone)]
pub(crate) struct Progress(watch::Sender<State>);

#[derive(Clone, Default)]
struct State {
    received: usize,
    /// How the connections ended: with this close code, or `None` without a Close frame.
    endings: Vec<Option<u16>>,
}

impl Progress {
    /// How many messages were received.
    pub(crate) fn received(&self) -> usize {
        self.0.borrow().received
    }

    /// How the connections ended: with this close code, or `None` without a Close frame.
    pub(crate) fn endings(&self) -> Vec<Option<u16>> {
        self.0.borrow().endings.clone()
    }
}

impl Person {
    /// Enters the room, and receives its history.
    pub(crate) async fn enter(name: &str, site: &Site) -> Self {
        let mut person = Self {
            name: name.to_owned(),
            room: "lobby".to_owned(),
            site: site.clone(),
            socket: None,
            received: Vec::new(),
            last_id: "0-0".to_owned(),
            unsent: VecDeque::new(),
            unconfirmed: Vec::new(),
            progress: Progress(watch::Sender::default()),
        };
        timeout(TIMEOUT, person.connect()).await.expect("a connection");
        person
    }

    /// Sends its messages, and reconnects whenever the connection is lost. Returns the keys of all
    /// messages in the room, once `all` were received.
    async fn converse(mut self, messages: usize, all: usize) -> Vec<String> {
        self.unsent = (0..messages).map(|number| format!("{}-{number}", self.name)).collect();
        let mut pace = interval(Duration::from_millis(60));
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.received.len() < all {
            if self.talk(&mut pace).await.is_none() {
                self.socket = None;
                self.connect().await;
            }
        }
        assert_eq!(self.unconfirmed, [""; 0], "{} misses own messages", self.name);
        self.received.into_iter().map(|(_, key)| key).collect()
    }

    /// Sends or receives the next message. `None` if the connection is lost.
    async fn talk(&mut self, pace: &mut Interval) -> Option<()> {
        tokio::select! {
            _ = pace.tick(), if !self.unsent.is_empty() => {
                let key = self.unsent.pop_front()?;
                self.unconfirmed.push(key.clone());
                self.send(&key).await
            }
            received = self.receive_next() => received.map(drop),
        }
    }

    /// Connects, and tries again until that works.
    async fn connect(&mut self) {
        while self.try_to_connect().await.is_none() {
            self.socket = None;
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Continues after the last message that was received, and sends the unconfirmed ones again.
    async fn try_to_connect(&mut self) -> Option<()> {
        let (status, token) = self.site.try_to_ask("POST", "/token", &self.name).await.ok()?;
        let room = format!("{}&after={}", self.room, self.last_id);
        let request = (status == 200).then(|| self.site.request_with(&token, &room))?;
        let (socket, _) = connect_async(request).await.ok()?;
        self.socket = Some(socket);
        while self.receive_next().await? != "ready" {}
        for key in self.unconfirmed.clone() {
            self.send(&key).await?;
        }
        Some(())
    }

    async fn send(&mut self, key: &str) -> Option<()> {
        let say = json!({ "type": "say", "key": key, "text": key }).to_string();
        self.socket.as_mut()?.send(Message::text(say)).await.ok()
    }

    /// Receives a message and returns its type. `None` if the connection is lost.
    async fn receive_next(&mut self) -> Option<String> {
        let message = self.socket.as_mut()?.next().await;
        let Some(Ok(message)) = message else {
            self.progress.0.send_modify(|state| state.endings.push(None));
            return None;
        };
        self.handle(message)
    }

    fn handle(&mut self, message: Message) -> Option<String> {
        let text = match message {
            Message::Text(text) => text,
            Message::Close(frame) => {
                let code = frame.map(|frame| frame.code.into());
                self.progress.0.send_modify(|state| state.endings.push(code));
                return None;
            }
            _ => return Some(String::new()),
        };
        let message: Value = serde_json::from_str(&text).expect("JSON");
        let kind = message["type"].as_str().expect("a type").to_owned();
        match &kind[..] {
            "welcome" => assert_eq!(message["complete"], true, "{} missed something", self.name),
            "said" => self.note_message(&message),
            "refused" => panic!("{message}"),
            _ => {}
        }
        Some(kind)
    }

    fn note_message(&mut self, message: &Value) {
        let id = message["id"].as_str().expect("an ID");
        let key = message["key"].as_str().expect("a key");
        let numbers = parse_id(id);
        let last = self.received.last().map(|(numbers, _)| *numbers);
        assert!(Some(numbers) > last, "{} received {message} after {last:?}", self.name);
        self.received.push((numbers, key.to_owned()));
        id.clone_into(&mut self.last_id);
        self.unconfirmed.retain(|unconfirmed| unconfirmed != key);
        self.progress.0.send_modify(|state| state.received += 1);
    }
}

/// Lets each person send a number of messages while `meanwhile` runs. Checks that all people
/// receive each message once and in the same order, in which the messages of each sender are in the
/// order of sending.
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
    let Ok(received) = timeout(2 * TIMEOUT, both).await else {
        let received: Vec<_> = progress.iter().map(Progress::received).collect();
        panic!("of {all} messages, each person has received in time: {received:?}");
    };
    assert!(received.iter().all(|keys| *keys == received[0]), "not in the same order");
    for name in names {
        let own: Vec<_> = received[0].iter().filter_map(|key| key.strip_prefix(&name)).collect();
        let sent: Vec<_> = (0..messages).map(|number| format!("-{number}")).collect();
        assert_eq!(own, sent, "not each message of {name} once and in order");
    }
}

/// The two numbers of an ID, which can be compared.
pub(crate) fn parse_id(id: &str) -> (u64, u64) {
    let (at, number) = id.split_once('-').expect("two numbers");
    (at.parse().expect("a number"), number.parse().expect("a number"))
}
