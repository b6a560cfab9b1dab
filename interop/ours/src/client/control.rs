//! The cells about fragments, Pings and Pongs.

use websocket_proto::CloseCode;

use super::cells::{Outcome, Tried};
use super::talk::{Failure, Message, Talk};
use crate::samples;
use crate::socket::{Seen, Socket};

pub(super) async fn fragments_sent(mut talk: Talk<impl Socket>) -> Tried {
    talk.socket.send_text("!fragments").await?;
    let message = talk.next_message().await?;
    if message == Message::Text("absent".into()) {
        talk.finish().await?;
        return Ok(Outcome::absent());
    }
    if message != Message::Text(samples::fragments()) {
        return Err(Failure(format!("there came {message}")));
    }
    let frames = talk.socket.connection().totals().received.frames - talk.pings;
    if frames < 3 {
        return Err(Failure(format!("the message came in {frames} frames, and not in 3")));
    }
    talk.finish().await
}

/// The fragments become longer and longer, and most of them end within a character.
pub(super) async fn fragments_received(mut talk: Talk<impl Socket>) -> Tried {
    let text = samples::text(100_000);
    let (beginning, mut rest) = text.as_bytes().split_at(3);
    talk.socket.start_text()?;
    talk.socket.send_fragment(b"").await?;
    talk.socket.send_fragment(beginning).await?;
    talk.socket.send_ping(b"one").await?;
    for len in [1, 2, 125, 126, 4_000, 70_000] {
        let (fragment, others) = rest.split_at(len);
        talk.socket.send_fragment(fragment).await?;
        rest = others;
    }
    talk.socket.send_ping(b"two").await?;
    talk.socket.send_last_fragment(rest).await?;
    talk.expect(Message::Text(text)).await?;
    while talk.pongs.len() < 2 {
        let seen = talk.receive().await?;
        take_pong(&mut talk, seen)?;
    }
    if talk.pongs != [b"one", b"two"] {
        return Err(Failure(format!("other Pongs came: {:?}", texts(&talk.pongs))));
    }
    talk.finish().await
}

/// Notes a Pong where nothing else is due.
fn take_pong(talk: &mut Talk<impl Socket>, seen: Seen) -> Result<(), Failure> {
    match seen {
        Seen::Pong(payload) => talk.pongs.push(payload),
        Seen::Ping(_) | Seen::SignOfLife => {}
        other => return Err(Failure(format!("there came {other:?}, and no Pong"))),
    }
    Ok(())
}

fn texts(payloads: &[Vec<u8>]) -> Vec<String> {
    payloads.iter().map(|payload| payload.escape_ascii().to_string()).collect()
}

pub(super) async fn ping_sent(mut talk: Talk<impl Socket>) -> Tried {
    talk.socket.send_text("!ping").await?;
    match talk.next_message().await? {
        Message::Text(text) if text == "absent" => {
            talk.finish().await?;
            return Ok(Outcome::absent());
        }
        Message::Text(text) if text == "ponged" => {}
        other => return Err(Failure(format!("there came {other}"))),
    }
    if talk.pings == 0 {
        return Err(Failure("no Ping came".into()));
    }
    talk.finish().await
}

pub(super) async fn ping_received(mut talk: Talk<impl Socket>) -> Tried {
    for payload in [&b""[..], b"x", &[7; 125]] {
        talk.socket.send_ping(payload).await?;
        talk.pongs.clear();
        while talk.pongs.is_empty() {
            let seen = talk.receive().await?;
            take_pong(&mut talk, seen)?;
        }
        if talk.pongs != [payload] {
            return Err(Failure(format!("another Pong came: {:?}", texts(&talk.pongs))));
        }
    }
    talk.close(CloseCode::NORMAL, "").await
}

/// Says nothing until two Pings of the keepalive were answered.
pub(super) async fn idle(mut talk: Talk<impl Socket>) -> Tried {
    let mut signs_of_life = 0;
    while signs_of_life < 2 {
        match talk.receive().await? {
            Seen::SignOfLife => signs_of_life += 1,
            Seen::Ping(_) => {}
            other => return Err(Failure(format!("there came {other:?}"))),
        }
    }
    talk.echo(Message::Text("awake".into())).await?;
    talk.finish().await
}
