//! One client, from its request to its end.

use websocket_proto::handshake::{Acceptance, Rejection, Request};
use websocket_proto::io::Error;

use super::record::Record;
use crate::samples::{REFUSAL, asked_closing};
use crate::socket::{Seen, Socket};

const QUESTION: &str = "are you there?";

#[derive(Debug, Default)]
pub(super) struct Visit {
    record: Record,
}

impl Visit {
    pub(super) fn decide(&mut self, request: &Request<'_>) -> Result<Acceptance, Rejection> {
        self.record.cell = request.path().trim_start_matches('/').into();
        if self.record.cell == "refusal" {
            return Err(Rejection::unauthorized("Ticket")?.text(REFUSAL));
        }
        self.record.subprotocol = request.subprotocols().any(|offered| offered == "chat");
        Ok(Acceptance::new().choose_subprotocol(*request, &["chat"]))
    }

    /// Serves the connection, if there is one, to its end, and prints what was seen.
    pub(super) async fn serve<S: Socket>(mut self, opened: Result<S, Error>) -> Result<(), Error> {
        let result = match opened {
            Ok(mut socket) => self.serve_open(&mut socket).await,
            Err(_) if self.record.cell == "refusal" => {
                self.record.note_refusal();
                Ok(())
            }
            Err(error) => return Err(error),
        };
        self.record.print();
        result
    }

    async fn serve_open(&mut self, socket: &mut impl Socket) -> Result<(), Error> {
        self.record.note_open(socket.connection());
        let result = self.converse(socket).await;
        self.record.note_frames(socket.connection());
        result
    }

    async fn converse(&mut self, socket: &mut impl Socket) -> Result<(), Error> {
        let mut failure = Ok(());
        loop {
            match socket.receive().await {
                Ok(Some(seen)) => self.answer(socket, seen).await?,
                Ok(None) => return failure,
                // The end follows.
                Err(error @ Error::Protocol(_)) => failure = Err(error),
                Err(error) => return Err(error),
            }
        }
    }

    async fn answer(&mut self, socket: &mut impl Socket, seen: Seen) -> Result<(), Error> {
        match seen {
            Seen::Text(text) => {
                self.record.messages.push(("text", text.len()));
                self.answer_text(socket, &text).await?;
            }
            Seen::Binary(data) => {
                self.record.messages.push(("binary", data.len()));
                socket.send_binary(&data).await?;
            }
            Seen::Ping(payload) => self.record.pings.push(payload.len()),
            Seen::Pong(payload) => self.note_pong(socket, &payload).await?,
            Seen::SignOfLife => self.record.signs_of_life += 1,
            Seen::Close(..) => {}
            Seen::Ended(ending) => self.record.note_end(&ending),
        }
        Ok(())
    }

    async fn answer_text(&self, socket: &mut impl Socket, text: &str) -> Result<(), Error> {
        if let Some((code, reason)) = asked_closing(text) {
            return socket.start_close(code, reason);
        }
        match text {
            "!fragments" => send_fragments(socket).await,
            "!ping" => socket.send_ping(QUESTION.as_bytes()).await,
            "!drop" => {
                socket.abort();
                Ok(())
            }
            _ => socket.send_text(text).await,
        }
    }

    async fn note_pong(&mut self, socket: &mut impl Socket, payload: &[u8]) -> Result<(), Error> {
        let payload = String::from_utf8_lossy(payload).into_owned();
        if payload == QUESTION {
            socket.send_text("ponged").await?;
        }
        self.record.pongs.push(payload);
        Ok(())
    }
}

/// The message of [`fragments`](crate::samples::fragments), cut within a character.
async fn send_fragments(socket: &mut impl Socket) -> Result<(), Error> {
    let greek = "κόσμε".as_bytes();
    socket.start_text()?;
    socket.send_fragment(&greek[..6]).await?;
    socket.send_ping(b"one").await?;
    socket.send_fragment(&greek[6..9]).await?;
    socket.send_ping(b"two").await?;
    socket.send_fragment(&greek[9..]).await?;
    socket.send_fragment(&[b'x'; 70_000]).await?;
    socket.send_last_fragment(b"").await
}
