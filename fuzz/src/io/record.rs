//! What both ends sent and received, and what has to hold for it.

use std::sync::LazyLock;

use websocket_proto::io::Error;
use websocket_proto::{EndCause, Event, SendError};

use super::script::Content;
use super::stream::Link;

/// Whether it is a text, and its payload.
pub(crate) type Message = (bool, Vec<u8>);

/// What the application did and saw.
#[derive(Default)]
pub(crate) struct Record {
    /// Each message with whether it is certain that it was queued.
    sent: Vec<(Message, bool)>,
    received: Vec<Message>,
    ended: Option<EndCause>,
    /// How many messages the application has made.
    made: usize,
}

/// What the longest messages have.
static PATTERN: LazyLock<String> =
    LazyLock::new(|| "abcdefghijklmnopqrstuvw".repeat(Content::MAX_LEN / 23 + 1));

/// A message that differs from the others of its side.
pub(crate) fn content(wanted: Content, number: usize) -> Message {
    (wanted.is_text, format!("{number}:{}", &PATTERN[..wanted.len]).into_bytes())
}

impl Record {
    pub(crate) fn make(&mut self, wanted: Content) -> Message {
        self.made += 1;
        content(wanted, self.made)
    }

    /// Notes the result of sending. `None` is a future that was dropped.
    pub(crate) fn note_sent(&mut self, message: Message, result: Option<&Result<(), Error>>) {
        match result {
            Some(Ok(())) => self.sent.push((message, true)),
            Some(Err(Error::Send(error))) => check_send_error(*error),
            // It may have been queued.
            Some(Err(_)) | None => self.sent.push((message, false)),
        }
    }

    /// Notes the result of queueing, which a future that is dropped has not done.
    pub(crate) fn note_fed(&mut self, message: Message, result: Option<&Result<(), Error>>) {
        if result.is_some() {
            self.note_sent(message, result);
        }
    }

    pub(crate) fn note_event(&mut self, event: &Event<'_>) {
        assert_eq!(self.ended, None, "an event after the end");
        match event {
            Event::Text(text) => self.received.push((true, (*text).into())),
            Event::Binary(data) => self.received.push((false, data.to_vec())),
            Event::Ended(ending) => self.ended = Some(ending.cause),
            _ => {}
        }
    }

    pub(crate) fn note_end(&mut self, cause: EndCause) {
        self.ended = Some(cause);
    }

    pub(crate) const fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// Checks what arrived at both ends, after the adapter has dropped the stream.
    pub(crate) fn check(&self, link: &Link) {
        let state = link.state();
        assert!(state.is_dropped, "the stream is still there");
        let peer = &state.peer;
        let [peer_ended] = peer.endings[..] else { panic!("the peer ended: {:?}", peer.endings) };
        assert!(peer.sent.starts_with(&self.received), "the application got something else");
        let rest = self.rest_after(&peer.received);
        let is_complete = rest.iter().all(|(_, is_certain)| !is_certain);
        if self.ended == Some(EndCause::Clean) {
            assert!(is_complete, "lost before a clean end");
            assert_eq!(peer_ended, EndCause::Clean, "clean for one side only");
        }
        assert!(state.is_faulty || !self.ended.is_some_and(is_failure), "{:?}", self.ended);
    }

    /// What was sent after what the peer received, which must be the beginning of what was sent, but
    /// for messages that are not certain.
    fn rest_after(&self, received: &[Message]) -> &[(Message, bool)] {
        let mut rest = &self.sent[..];
        for message in received {
            let at = rest.iter().position(|(sent, is_certain)| sent == message || *is_certain);
            let at = at.filter(|at| rest[*at].0 == *message).expect("the peer got something else");
            rest = &rest[at + 1..];
        }
        rest
    }
}

/// Whether a connection ends so only if its stream fails.
const fn is_failure(cause: EndCause) -> bool {
    !matches!(cause, EndCause::Clean)
}

/// Checks that the application is blamed for nothing that it did not do.
fn check_send_error(error: SendError) {
    assert!(matches!(error, SendError::Closed | SendError::Full), "{error}");
}
