//! What tungstenite reports of a stream.

use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket};

use crate::source::Source;
use crate::trace::{Fault, Report, Stream, What};

pub(crate) fn play(stream: &Stream) -> Vec<Report> {
    let role = if stream.client { Role::Client } else { Role::Server };
    let config = WebSocketConfig::default()
        .read_buffer_size(1024)
        .max_message_size(Some(stream.limit))
        .max_frame_size(Some(stream.limit));
    let mut socket = WebSocket::from_raw_socket(Source::new(stream), role, Some(config));
    let mut reports = Vec::new();
    loop {
        let (what, over) = match socket.read() {
            Ok(message) => (message_report(message), false),
            Err(Error::ConnectionClosed) => return reports,
            Err(error) => (error_report(&error), true),
        };
        reports.push(Report { at: socket.get_ref().at(), what });
        if over {
            return reports;
        }
    }
}

fn message_report(message: Message) -> What {
    match message {
        Message::Text(text) => What::Text(text.as_bytes().into()),
        Message::Binary(data) => What::Binary(data.into()),
        Message::Ping(payload) => What::Ping(payload.into()),
        Message::Pong(payload) => What::Pong(payload.into()),
        Message::Close(None) => What::Close(1005, Vec::new()),
        Message::Close(Some(frame)) => {
            What::Close(frame.code.into(), frame.reason.as_bytes().into())
        }
        Message::Frame(frame) => panic!("a frame by itself: {frame}"),
    }
}

fn error_report(error: &Error) -> What {
    match error {
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => What::Eof,
        Error::Protocol(_) => What::Failed(Fault::Protocol),
        Error::Utf8(_) => What::Failed(Fault::Text),
        Error::Capacity(_) => What::Failed(Fault::Limit),
        error => panic!("nobody did this: {error}"),
    }
}
