//! What a stream of bytes is made of, for all adapters: payloads of messages, and an end.

use std::borrow::Cow;
use std::io::{self, BufRead, ErrorKind, IoSlice};

use super::Error;
use crate::{
    CloseCode, Connection, EndCause, Ending, Event, MessageKind, ProtocolError, Side, Transport,
};

/// The most bytes that become one message, so that a peer which puts messages together before it
/// looks at them gets the first bytes soon, and a large write waits for room in between.
pub(super) const MAX_MESSAGE: usize = 64 << 10;

/// The reason in the Close frame that answers a text message.
pub(super) const TEXT_REFUSED: &str = "bytes come in binary messages";

/// The payloads of the messages that arrive, as one stream of bytes with an end.
#[derive(Debug, Default)]
pub(super) struct Payloads {
    /// How many bytes of the current event were consumed.
    consumed: usize,
    accepts_text: bool,
    /// A text message was refused. The bytes of all events from then on are dropped.
    has_refused_text: bool,
    /// The Close frame of this side says that it has no more bytes to send, and no more than that.
    has_shut_down: bool,
    /// How the connection ended, once it has.
    ending: Option<Box<Ending>>,
}

impl Payloads {
    pub(super) fn accept_text(&mut self) {
        self.accepts_text = true;
    }

    pub(super) fn note_shutdown(&mut self) {
        self.has_shut_down = true;
    }

    pub(super) fn consume(&mut self, len: usize) {
        self.consumed = self.consumed.saturating_add(len);
    }

    pub(super) fn ending(&self) -> Option<&Ending> {
        self.ending.as_deref()
    }

    /// Notes the event whose bytes are read next. Returns the code to close the connection with, if
    /// the event belongs to a text message and those are not accepted.
    pub(super) fn note_event(&mut self, event: &Event<'_>) -> Option<CloseCode> {
        self.consumed = 0;
        if let Event::Ended(ending) = event {
            self.ending = Some(Box::new((*ending).clone()));
        }
        let is_text = matches!(event, Event::Text(_) | Event::MessageStart(MessageKind::Text));
        if !is_text || self.accepts_text || self.has_refused_text {
            return None;
        }
        self.has_refused_text = true;
        // §7.4.1 has this very case as its example.
        Some(CloseCode::UNSUPPORTED_DATA)
    }

    /// The bytes of the current event that are not consumed.
    pub(super) fn unread<'e>(&self, event: Option<Event<'e>>) -> &'e [u8] {
        let bytes: &[u8] = match event {
            _ if self.has_refused_text => &[],
            Some(Event::Binary(bytes) | Event::MessageChunk(bytes)) => bytes,
            Some(Event::Text(text)) => text.as_bytes(),
            Some(_) | None => &[],
        };
        bytes.get(self.consumed..).unwrap_or_default()
    }

    /// The result of reading after the last byte; `None` if there may be more.
    pub(super) fn end(&self) -> Option<io::Result<()>> {
        let ending = self.ending.as_deref()?;
        Some(if self.has_refused_text {
            Err(io::Error::new(ErrorKind::InvalidData, "a text message among the bytes"))
        } else if self.is_end_of_bytes(ending) {
            Ok(())
        } else {
            Err(Error::Ended(Box::new(ending.clone())).into())
        })
    }

    /// Whether the connection ended because the peer had no more bytes to send. If this side has
    /// closed it otherwise than by ending its own bytes, as a server does that shuts down, bytes of
    /// the peer may have been dropped.
    fn is_end_of_bytes(&self, ending: &Ending) -> bool {
        ending.is_clean()
            && !ending.message_lost
            && has_no_more(ending)
            && (self.has_shut_down || ending.initiator == Some(Side::Peer))
    }
}

/// Fails if the connection has ended otherwise than by Close frames: the peer cannot know then that it
/// has all bytes of this side.
pub(super) fn check_closed(connection: &Connection, ending: Option<&Ending>) -> io::Result<()> {
    let has_ended = connection.is_settled() || connection.transport() == Transport::Close;
    let cause = ending.map_or_else(|| connection.end_cause(), |ending| ending.cause);
    if has_ended && cause != EndCause::Clean {
        return Err(Error::NotWritten(cause).into());
    }
    Ok(())
}

/// Whether the code of the peer's Close frame says that it had no more to say. Nobody knows that of a
/// frame that could not be read.
fn has_no_more(ending: &Ending) -> bool {
    let no_more = [CloseCode::NORMAL, CloseCode::GOING_AWAY, CloseCode::NO_STATUS];
    let was_read = matches!(ending.fault, None | Some(ProtocolError::BadCloseCode));
    was_read && no_more.contains(&ending.code())
}

/// Reads what is buffered, as far as there is space for it.
pub(super) fn read_buffered(from: &mut impl BufRead, space: &mut [u8]) -> io::Result<usize> {
    if space.is_empty() {
        return Ok(0);
    }
    let unread = from.fill_buf()?;
    let len = unread.len().min(space.len());
    space[..len].copy_from_slice(&unread[..len]);
    from.consume(len);
    Ok(len)
}

/// The bytes of the pieces that go into the next message.
pub(super) fn gather<'p>(pieces: &'p [IoSlice<'_>]) -> Cow<'p, [u8]> {
    let begin = pieces.iter().position(|piece| !piece.is_empty()).unwrap_or(pieces.len());
    let Some((first, rest)) = pieces[begin..].split_first() else { return Cow::Borrowed(&[]) };
    if first.len() >= MAX_MESSAGE || rest.iter().all(|piece| piece.is_empty()) {
        return Cow::Borrowed(first);
    }
    let mut bytes = first.to_vec();
    for piece in rest {
        let room = MAX_MESSAGE - bytes.len();
        bytes.extend_from_slice(&piece[..piece.len().min(room)]);
    }
    Cow::Owned(bytes)
}
