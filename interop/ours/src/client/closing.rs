//! The cells about how connections end.

use websocket_proto::CloseCode;
use websocket_proto::io::Error;

use super::Side;
use super::adapter::Adapter;
use super::cells::{Outcome, Tried};
use super::talk::{Failure, Message, Talk};
use crate::samples;
use crate::socket::{Seen, Socket};

fn closing(what: &str) -> Result<(CloseCode, String), Failure> {
    samples::closing(what).ok_or_else(|| Failure(format!("{what:?} is no closing")))
}

pub(super) async fn close_sent(mut talk: Talk<impl Socket>, what: &str) -> Tried {
    let (code, reason) = closing(what)?;
    talk.socket.send_text(&samples::close_command(code, &reason)).await?;
    match talk.next().await? {
        Seen::Close(came, said) if (came, &said) == (code, &reason) => {}
        Seen::Close(came, said) => {
            return Err(Failure(format!("the server closed with {came} {said:?}")));
        }
        Seen::Text(text) if text == "absent" => {
            talk.finish().await?;
            return Ok(Outcome::absent());
        }
        other => return Err(Failure(format!("there came {other:?}"))),
    }
    match talk.next().await? {
        Seen::Ended(ending) if ending.is_clean() => Ok(Outcome::Passed(String::new())),
        other => Err(Failure(format!("after the Close frame there came {other:?}"))),
    }
}

pub(super) async fn close_received(mut talk: Talk<impl Socket>, what: &str) -> Tried {
    let (code, reason) = closing(what)?;
    talk.close(code, &reason).await
}

/// Demands an end without a Close frame. With TLS it may be one without an end of the session, too.
pub(super) async fn drop_sent(mut talk: Talk<impl Socket>) -> Tried {
    talk.socket.send_text("!drop").await?;
    loop {
        match talk.socket.receive().await {
            Ok(Some(Seen::Text(text))) if text == "absent" => {
                talk.finish().await?;
                return Ok(Outcome::absent());
            }
            Ok(Some(Seen::Ended(ending))) if ending.received.is_none() => break,
            Ok(Some(Seen::Ping(_) | Seen::Pong(_) | Seen::SignOfLife)) => {}
            Ok(other) => return Err(Failure(format!("there came {other:?}"))),
            Err(Error::Io(_)) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Outcome::Passed(String::new()))
}

/// Drops the connection, and demands that the server still serves.
pub(super) async fn drop_received<A: Adapter>(mut talk: Talk<A::Socket>, side: &Side<A>) -> Tried {
    talk.echo(Message::Text("bye".into())).await?;
    talk.socket.abort();
    drop(talk);
    let mut next = side.open().await?;
    next.echo(Message::Text("another".into())).await?;
    next.finish().await
}
