//! What tokio-websockets reports of a stream.

use futures_util::{FutureExt, StreamExt};
use tokio_websockets::proto::ProtocolError;
use tokio_websockets::{ClientBuilder, Error, Limits, Message, ServerBuilder, WebSocketStream};

use crate::source::Source;
use crate::trace::{Fault, Report, Stream, What};

pub(crate) fn play(stream: &Stream) -> Vec<Report> {
    let mut socket = connect(stream);
    let mut reports = Vec::new();
    let mut closed = false;
    loop {
        let (what, over) = match socket.next().now_or_never().expect("nothing to wait for") {
            Some(Ok(message)) => (message_report(&message), false),
            Some(Err(error)) => (error_report(&error), true),
            None if closed => return reports,
            None => (What::Eof, true),
        };
        closed = matches!(what, What::Close(..));
        reports.push(Report { at: socket.get_ref().at(), what });
        if over {
            return reports;
        }
    }
}

fn connect(stream: &Stream) -> WebSocketStream<Source<'_>> {
    let limits = Limits::default().max_payload_len(Some(stream.limit));
    let source = Source::new(stream);
    match stream.client {
        true => ClientBuilder::new().limits(limits).take_over(source),
        false => ServerBuilder::new().limits(limits).serve(source),
    }
}

fn message_report(message: &Message) -> What {
    let payload = message.as_payload().to_vec();
    match payload[..] {
        _ if message.is_text() => What::Text(payload),
        _ if message.is_binary() => What::Binary(payload),
        _ if message.is_ping() => What::Ping(payload),
        _ if message.is_pong() => What::Pong(payload),
        [high, low, ref reason @ ..] => {
            What::Close(u16::from_be_bytes([high, low]), reason.to_vec())
        }
        _ => What::Close(1005, payload),
    }
}

fn error_report(error: &Error) -> What {
    match error {
        Error::Protocol(ProtocolError::InvalidUtf8) => What::Failed(Fault::Text),
        Error::Protocol(_) => What::Failed(Fault::Protocol),
        Error::PayloadTooLong { .. } => What::Failed(Fault::Limit),
        // The stream ended inside a frame.
        Error::Io(_) => What::Eof,
        error => panic!("nobody did this: {error}"),
    }
}
