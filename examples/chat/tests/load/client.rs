//! One of many clients: sends its messages, and checks those it receives.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use serde::Deserialize;
use tokio::time::{sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::options::Options;
use crate::support::{Client, Server, TIMEOUT};

pub(crate) struct Talker {
    client: Client,
    number: usize,
    options: Arc<Options>,
    /// The number of the last message received from each client of the room.
    last_numbers: Vec<Option<usize>>,
    last_id: (u64, u64),
    outcome: Outcome,
}

#[derive(Default)]
pub(crate) struct Outcome {
    /// The time from sending a message to receiving it, in microseconds.
    pub(crate) latencies: Vec<u32>,
    /// The first thing that went wrong, if anything did.
    pub(crate) error: Option<String>,
}

#[derive(Deserialize)]
struct Received<'a> {
    r#type: &'a str,
    id: Option<&'a str>,
    text: Option<&'a str>,
}

impl Talker {
    /// Joins the room of the client, and receives its history.
    pub(crate) async fn join(server: &Server, options: &Arc<Options>, number: usize) -> Self {
        let room = format!("room-{}", number % options.rooms);
        let mut client = server.join(&format!("client {number}"), &room).await;
        client.history().await;
        let last_numbers = vec![None; options.clients.div_ceil(options.rooms)];
        let (options, outcome) = (Arc::clone(options), Outcome::default());
        Self { client, number, options, last_numbers, last_id: (0, 0), outcome }
    }

    /// Sends its messages at even intervals, and receives those of everybody in the room. The
    /// messages contain the time since `start`.
    pub(crate) async fn talk(mut self, start: Instant) -> Self {
        let interval = self.options.time / self.options.messages.max(1) as u32;
        // The clients begin at different moments.
        let first = interval.mul_f64(self.number as f64 / self.options.clients as f64);
        let mut sent = 0;
        let mut remaining = self.room_size() * self.options.messages;
        while remaining > 0 && self.outcome.error.is_none() {
            let next = start + first + interval * sent as u32;
            tokio::select! {
                received = timeout(TIMEOUT, self.client.socket.next()) => match received {
                    Ok(Some(Ok(Message::Text(text)))) => remaining -= self.note(&text, start),
                    Ok(Some(Ok(_))) => {}
                    other => self.fail(format!("{remaining} messages are missing: {other:?}")),
                },
                () = sleep_until(next.into()), if sent < self.options.messages => {
                    let text = format!("{} {sent} {}", self.number, start.elapsed().as_micros());
                    self.client.say(&format!("k{sent}"), &text).await;
                    sent += 1;
                }
            }
        }
        self
    }

    /// Checks that the server closes the connection because it restarts.
    pub(crate) async fn leave(mut self) -> Outcome {
        if self.outcome.error.is_none() {
            let frame = self.client.close_frame().await;
            if frame.code != CloseCode::Restart {
                self.fail(format!("closed with {frame:?}"));
            }
        }
        self.outcome
    }

    /// How many clients are in the room, including this one.
    fn room_size(&self) -> usize {
        let (clients, rooms) = (self.options.clients, self.options.rooms);
        (self.number % rooms..clients).step_by(rooms).len()
    }

    /// Checks what was received. Returns how many messages of clients that were: 1, or 0 if it was
    /// something else.
    fn note(&mut self, json: &str, start: Instant) -> usize {
        let received: Received<'_> = serde_json::from_str(json).expect("JSON without escapes");
        let ("said", Some(id), Some(text)) = (received.r#type, received.id, received.text) else {
            return 0;
        };
        let numbers: Vec<u64> = text.split(' ').filter_map(|part| part.parse().ok()).collect();
        let [sender, number, at] = numbers[..] else { return 0 };
        let latency = start.elapsed().saturating_sub(Duration::from_micros(at));
        self.outcome.latencies.push(latency.as_micros() as u32);
        self.check_order(id, sender as usize, number as usize);
        1
    }

    /// Checks that IDs increase, and that the messages of each sender come one after the other. So
    /// none is missing or duplicated, and all clients receive the same order.
    fn check_order(&mut self, id: &str, sender: usize, number: usize) {
        let (at, nth) = id.split_once('-').expect("an ID");
        let id = (at.parse().expect("a number"), nth.parse().expect("a number"));
        let last = &mut self.last_numbers[sender / self.options.rooms];
        let expected = last.map_or(0, |number| number + 1);
        *last = Some(number);
        if number != expected {
            self.fail(format!("message {number} of client {sender}, not {expected}"));
        } else if id <= self.last_id {
            self.fail(format!("{id:?} after {:?}", self.last_id));
        }
        self.last_id = id;
    }

    fn fail(&mut self, error: String) {
        self.outcome.error.get_or_insert(format!("client {}: {error}", self.number));
    }
}
