//! The cells by name, and those that are about messages.

use websocket_proto::io::Error;

use super::adapter::Adapter;
use super::talk::{Failure, Message, Talk};
use super::{Side, closing, control};
use crate::samples;
use crate::socket::Socket;

pub(super) enum Outcome {
    Passed(String),
    Absent(String),
}

impl Outcome {
    /// What a server program without a way to do it has said.
    pub(super) fn absent() -> Self {
        Self::Absent(String::new())
    }
}

pub(super) type Tried = Result<Outcome, Failure>;

pub(super) async fn try_cell<A: Adapter>(side: &Side<A>, cell: &str) -> Tried {
    match cell {
        "refusal" => return refusal(side).await,
        "subprotocol" => return subprotocol(side).await,
        _ => {}
    }
    let mut talk = side.open().await?;
    if talk.parameters_were_declined(&side.settings) {
        talk.finish().await?;
        return Ok(Outcome::Absent("the server declines these parameters".into()));
    }
    let (name, what) = cell.split_once(':').unwrap_or((cell, ""));
    match name {
        "text" => echo(talk, Message::Text(samples::text(number(what)?))).await,
        "binary" => echo(talk, Message::Binary(samples::binary(number(what)?))).await,
        "many" => many(talk).await,
        "fragments-sent" => control::fragments_sent(talk).await,
        "fragments-received" => control::fragments_received(talk).await,
        "ping-sent" => control::ping_sent(talk).await,
        "ping-received" => control::ping_received(talk).await,
        "idle" => control::idle(talk).await,
        "close-sent" => closing::close_sent(talk, what).await,
        "close-received" => closing::close_received(talk, what).await,
        "drop-sent" => closing::drop_sent(talk).await,
        "drop-received" => closing::drop_received(talk, side).await,
        _ => Err(Failure(format!("there is no cell {cell}"))),
    }
}

fn number(what: &str) -> Result<usize, Failure> {
    what.parse().map_err(|_| Failure(format!("{what:?} is no length")))
}

async fn echo(mut talk: Talk<impl Socket>, message: Message) -> Tried {
    talk.echo(message).await?;
    talk.finish().await
}

async fn many(mut talk: Talk<impl Socket>) -> Tried {
    for message in samples::many() {
        talk.echo(Message::Text(message)).await?;
    }
    talk.finish().await
}

async fn subprotocol<A: Adapter>(side: &Side<A>) -> Tried {
    let mut talk = side.open_offering(&["other", "chat"]).await?;
    match talk.subprotocol.as_deref() {
        Some("chat") => talk.finish().await,
        other => Err(Failure(format!("the server chose {other:?} and not \"chat\""))),
    }
}

async fn refusal<A: Adapter>(side: &Side<A>) -> Tried {
    let refused = match side.dial("/refusal", &[]).await {
        Err(Error::Refused(refused)) => refused,
        Err(error) => return Err(error.into()),
        Ok(_) => return Err(Failure("the server did not refuse".into())),
    };
    let response = refused.response();
    let (status, body) = (response.status(), String::from_utf8_lossy(response.body()));
    if (status, &*body) == (401, samples::REFUSAL) {
        return Ok(Outcome::Passed(String::new()));
    }
    Err(Failure(format!("refused with {status} and {body:?}")))
}
