//! The memory that a connection holds while a vector of `conformance/` is played, and after it.

use serde_json::Value;
use websocket_proto::{Delivery, Incoming};

use crate::bytes::{Context, bytes, text};
use crate::counting::memory;
use crate::cuts::Cuts;
use crate::function::{Use, bound};
use crate::vector::{Command, Step, Vector};
use crate::{files, player};

#[test]
fn every_vector() {
    for vector in files::FILES.into_iter().flat_map(files::vectors) {
        for client in vector.roles() {
            for delivery in [Delivery::Whole, Delivery::Streaming] {
                for cuts in [Cuts::Whole, Cuts::Bytes, Cuts::Random(1), Cuts::Window(16)] {
                    check(&vector, *client, delivery, cuts);
                }
            }
        }
    }
}

fn check(vector: &Vector, client: bool, delivery: Delivery, cuts: Cuts) {
    let mut config = vector.config.config();
    config.delivery = delivery;
    let longest = longest_read(vector, client, cuts);
    let used = Use {
        window: match cuts {
            Cuts::Window(len) => len,
            // Pushed bytes join those that are unread, in memory that doubles when it grows.
            _ => Incoming::DEFAULT_WINDOW + 3 * longest.saturating_sub(Incoming::DEFAULT_WINDOW),
        },
        sent: longest_sent(vector, client),
        compressed: vector.agreed.is_some() || config.deflate.is_some(),
        takes: false,
    };
    let memory = memory(|| player::play(vector, client, delivery, cuts).expect("as expected"));
    let what = format!("{}, client {client}, {delivery:?}, {cuts}: {memory:?}", vector.id);
    assert_eq!(memory.held, 0, "{what}");
    assert!(memory.peak.unsigned_abs() <= bound(&config, used), "{what}");
}

fn longest_read(vector: &Vector, client: bool, cuts: Cuts) -> usize {
    let longest = |step: &Step| cuts.cut(&input(step, client)?).iter().map(|it| it.len()).max();
    vector.steps.iter().filter_map(longest).max().unwrap_or(0)
}

fn input(step: &Step, client: bool) -> Option<Vec<u8>> {
    let context = Context { client, last_ping: &[] };
    step.input.as_ref().map(|input| bytes(input, context))
}

/// The longest message that the side under test sends. The rest of a request or an answer is less
/// than a kilobyte.
fn longest_sent(vector: &Vector, client: bool) -> usize {
    let sent = |step: &Step| {
        let echoed = if vector.echo { input(step, client).map_or(0, |it| it.len()) } else { 0 };
        step.command.as_ref().map_or(0, |command| length(command, client)).max(echoed)
    };
    1024 + vector.steps.iter().map(sent).max().unwrap_or(0)
}

fn length(command: &Command, client: bool) -> usize {
    let context = Context { client, last_ping: &[] };
    let headers = |all: &[(String, String)]| all.iter().map(|(a, b)| a.len() + b.len() + 4).sum();
    match command {
        Command::SendText(data) => text(data, context).len(),
        Command::SendBinary(data) | Command::Fragment(data) | Command::Finish(data) => {
            bytes(data, context).len()
        }
        Command::Connect { url, headers: own, .. } => url.len() + headers(own),
        Command::Accept { headers: own, .. } => headers(own),
        Command::Reject { headers: own, body, .. } => {
            headers(own) + body.as_ref().map_or(0, |body: &Value| bytes(body, context).len())
        }
        _ => 0,
    }
}
