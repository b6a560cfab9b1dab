//! What was seen of one connection, as the runner reads it.

use serde::Serialize;
use websocket_proto::{CloseFrame, Connection, Ending, Side};

#[derive(Debug, Default, Serialize)]
pub(super) struct Record {
    /// The path of the request, without the slash.
    pub(super) cell: String,
    pub(super) subprotocol: bool,
    /// What was agreed on, in the words of the handshake.
    deflate: Option<String>,
    /// The kind and the length in bytes of each message.
    pub(super) messages: Vec<(&'static str, usize)>,
    /// The lengths of the Pings.
    pub(super) pings: Vec<usize>,
    /// The payloads of the Pongs to Pings that a command asked for.
    pub(super) pongs: Vec<String>,
    /// How many Pings of the keepalive were answered.
    pub(super) signs_of_life: usize,
    /// The frames of messages.
    data_frames: u64,
    /// The code and the reason of the peer's Close frame.
    close: Option<(u16, String)>,
    /// Whether the peer's Close frame was the first.
    peer_closed_first: bool,
    clean: bool,
    refused: bool,
    /// Why the connection ended.
    cause: String,
}

impl Record {
    pub(super) fn note_open(&mut self, connection: &Connection) {
        self.deflate = connection.deflate().map(|agreed| agreed.to_string());
    }

    pub(super) fn note_end(&mut self, ending: &Ending) {
        self.close = ending
            .received
            .as_ref()
            .map(|CloseFrame { code, reason, .. }| (code.get(), reason.to_string()));
        self.peer_closed_first = ending.initiator == Some(Side::Peer);
        self.clean = ending.is_clean();
        self.cause = ending.to_string();
    }

    /// Counts the frames that were neither Pings, Pongs nor Close.
    pub(super) fn note_frames(&mut self, connection: &Connection) {
        let control = self.pings.len() + self.pongs.len() + self.signs_of_life;
        let frames = connection.totals().received.frames - u64::from(self.close.is_some());
        self.data_frames = frames.saturating_sub(control as u64);
    }

    pub(super) fn note_refusal(&mut self) {
        self.refused = true;
    }

    pub(super) fn print(&self) {
        println!("{}", serde_json::to_string(self).expect("a record is plain data"));
    }
}
