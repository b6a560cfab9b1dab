//! One of many: says its messages, and notes what it is told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use serde::Deserialize;
use tokio::time::{sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::options::Options;
use crate::support::{Client, SOON, Server};

pub(crate) struct Talker {
    client: Client,
    number: usize,
    options: Arc<Options>,
    /// The last message that each client of the room was heard with, and how many that were.
    heard: Vec<Option<usize>>,
    last_id: (u64, u64),
    outcome: Outcome,
}

#[derive(Default)]
pub(crate) struct Outcome {
    /// From saying to being told, in microseconds.
    pub(crate) latencies: Vec<u32>,
    /// What was wrong, if anything was.
    pub(crate) wrong: Option<String>,
}

#[derive(Deserialize)]
struct Told<'a> {
    r#type: &'a str,
    id: Option<&'a str>,
    text: Option<&'a str>,
}

impl Talker {
    /// Goes into its room, and waits until it is told what is said there.
    pub(crate) async fn join(server: &Server, options: &Arc<Options>, number: usize) -> Self {
        let room = format!("room-{}", number % options.rooms);
        let mut client = server.join(&format!("client {number}"), &room).await;
        client.history().await;
        let heard = vec![None; options.clients.div_ceil(options.rooms)];
        let (options, outcome) = (Arc::clone(options), Outcome::default());
        Self { client, number, options, heard, last_id: (0, 0), outcome }
    }

    /// Says its messages at even intervals, until it was told everybody's.
    pub(crate) async fn talk(mut self, zero: Instant) -> Self {
        let interval = self.options.time / self.options.messages.max(1) as u32;
        // Not all at the same moment.
        let first = interval.mul_f64(self.number as f64 / self.options.clients as f64);
        let mut said = 0;
        let mut to_hear = self.others() * self.options.messages;
        while to_hear > 0 && self.outcome.wrong.is_none() {
            let next = zero + first + interval * said as u32;
            tokio::select! {
                told = timeout(SOON, self.client.socket.next()) => match told {
                    Ok(Some(Ok(Message::Text(text)))) => to_hear -= self.note(&text, zero),
                    Ok(Some(Ok(_))) => {}
                    other => self.fail(format!("{to_hear} to come, and then {other:?}")),
                },
                () = sleep_until(next.into()), if said < self.options.messages => {
                    let text = format!("{} {said} {}", self.number, zero.elapsed().as_micros());
                    self.client.say(&format!("k{said}"), &text).await;
                    said += 1;
                }
            }
        }
        self
    }

    /// The server says that it ends.
    pub(crate) async fn leave(mut self) -> Outcome {
        if self.outcome.wrong.is_none() {
            let frame = self.client.close_frame().await;
            if frame.code != CloseCode::Restart {
                self.fail(format!("closed with {frame:?}"));
            }
        }
        self.outcome
    }

    /// How many are in its room, with itself.
    fn others(&self) -> usize {
        let (clients, rooms) = (self.options.clients, self.options.rooms);
        (self.number % rooms..clients).step_by(rooms).len()
    }

    /// How many messages that were: one, or none if it is about something else.
    fn note(&mut self, json: &str, zero: Instant) -> usize {
        let told: Told<'_> = serde_json::from_str(json).expect("JSON without escapes");
        let ("said", Some(id), Some(text)) = (told.r#type, told.id, told.text) else { return 0 };
        let numbers: Vec<u64> = text.split(' ').filter_map(|part| part.parse().ok()).collect();
        let [sender, number, at] = numbers[..] else { return 0 };
        let latency = zero.elapsed().saturating_sub(Duration::from_micros(at));
        self.outcome.latencies.push(latency.as_micros() as u32);
        self.check_order(id, sender as usize, number as usize);
        1
    }

    /// IDs grow, and each sender's messages come one after the other: so none is missing or double,
    /// and all are told the same.
    fn check_order(&mut self, id: &str, sender: usize, number: usize) {
        let (at, nth) = id.split_once('-').expect("an ID");
        let id = (at.parse().expect("a number"), nth.parse().expect("a number"));
        let heard = &mut self.heard[sender / self.options.rooms];
        let expected = heard.map_or(0, |last| last + 1);
        *heard = Some(number);
        if number != expected {
            self.fail(format!("message {number} of client {sender}, not {expected}"));
        } else if id <= self.last_id {
            self.fail(format!("{id:?} behind {:?}", self.last_id));
        }
        self.last_id = id;
    }

    fn fail(&mut self, what: String) {
        self.outcome.wrong.get_or_insert(format!("client {}: {what}", self.number));
    }
}
