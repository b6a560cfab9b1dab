//! The states of a connection and every transition between them; nothing else changes the state.
//!
//! ```text
//!   server                                client
//!   AwaitingRequest                       AwaitingResponse ──not 101──► ReadingRefusal
//!     │ request read                        │ 101                          │ body read
//!   Deciding ──rejected──┐                  │                              ▼
//!     │ accepted         │                  │                            Ended
//!     ▼                  │                  ▼
//!   Open ◄───────────────┼──────────────► Open
//!     │ our Close sent   │                  │ the peer's Close received, ours sent in answer
//!     ▼                  │                  │ or: a violation, Close sent
//!   Closing ─────────────┼─────────────► Draining ──end of stream, close deadline──► Ended
//!              the peer's Close received, or a violation
//! ```
//!
//! From every state but the last, `end` leads to `Ended`: an end of the stream, a deadline, an
//! abort. In `Draining` all input is discarded; it is there so that unread input cannot make the
//! transport reset before our last bytes have reached the peer (§7.1.1).

use alloc::boxed::Box;

use super::event::{CloseFrame, Ending, How, Side};
use crate::frame::CloseCode;
use crate::handshake::{BodyReader, CheckedRequest, Expected, HeadReader};

#[derive(Debug)]
pub(super) enum State {
    /// Server: the request is being read.
    AwaitingRequest(Box<HeadReader>),
    /// Server: the request was handed to the application, which has not answered.
    Deciding(Box<CheckedRequest>),
    /// Client: the request was sent, the response is being read.
    AwaitingResponse(Box<Attempt>),
    /// Client: the response is no WebSocket, its body is being read.
    ReadingRefusal(Box<Refusal>),
    /// Messages pass.
    Open,
    /// Our Close frame was sent, or nothing can be sent any more; the peer's is awaited, and its
    /// messages are still delivered.
    Closing,
    /// Nothing is sent or delivered any more; input is discarded until the stream ends.
    Draining,
    /// It is over.
    Ended,
}

/// A client's handshake under way.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) reader: HeadReader,
    pub(super) expected: Expected,
    /// The interim (1xx) responses so far.
    pub(super) interims: u8,
}

/// A refusal whose body is being read.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) body: BodyReader,
    /// The length of the head, which the body follows.
    pub(super) head: usize,
    /// The length of both so far.
    pub(super) len: usize,
}

/// The state, and what is to be said about the end.
#[derive(Debug)]
pub(super) struct Life {
    state: State,
    /// Made with the first step towards the end; taken when it is told.
    ending: Option<Box<Ending>>,
}

impl Life {
    pub(super) fn new(state: State) -> Self {
        Self { state, ending: None }
    }

    #[inline]
    pub(super) const fn state(&self) -> &State {
        &self.state
    }

    pub(super) const fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// Whether frames are read.
    #[inline]
    pub(super) const fn reads_frames(&self) -> bool {
        matches!(self.state, State::Open | State::Closing)
    }

    /// Whether the opening handshake is still to be finished.
    pub(super) const fn in_handshake(&self) -> bool {
        matches!(
            self.state,
            State::AwaitingRequest(_)
                | State::Deciding(_)
                | State::AwaitingResponse(_)
                | State::ReadingRefusal(_)
        )
    }

    /// How it will have ended, once that is settled.
    pub(super) fn how(&self) -> Option<How> {
        match self.state {
            State::Draining | State::Ended => self.ending.as_ref().map(|ending| ending.how),
            State::AwaitingRequest(_)
            | State::Deciding(_)
            | State::AwaitingResponse(_)
            | State::ReadingRefusal(_)
            | State::Open
            | State::Closing => None,
        }
    }

    pub(super) fn request_read(&mut self, request: CheckedRequest) {
        debug_assert!(matches!(self.state, State::AwaitingRequest(_)));
        self.state = State::Deciding(Box::new(request));
    }

    pub(super) fn refusal_begun(&mut self, body: BodyReader, head: usize) {
        debug_assert!(matches!(self.state, State::AwaitingResponse(_)));
        self.state = State::ReadingRefusal(Box::new(Refusal { body, head, len: head }));
    }

    /// The handshake succeeded.
    pub(super) fn opened(&mut self) {
        debug_assert!(self.in_handshake());
        self.state = State::Open;
    }

    /// Nothing can be sent any more.
    pub(super) fn silenced(&mut self) {
        if let State::Open = self.state {
            self.state = State::Closing;
        }
    }

    /// Our Close frame was queued.
    pub(super) fn close_sent(&mut self, code: CloseCode, reason: &str) {
        let ending = self.ending();
        ending.sent = Some(CloseFrame::new(code, reason));
        ending.initiator.get_or_insert(Side::Local);
        if let State::Open = self.state {
            self.state = State::Closing;
        }
    }

    /// The peer's Close frame was read; the answer to it, if due, is noted afterwards.
    pub(super) fn close_received(&mut self, code: CloseCode, reason: &str) {
        let ending = self.ending();
        ending.received = Some(CloseFrame::new(code, reason));
        ending.initiator.get_or_insert(Side::Peer);
        self.drain(How::Clean);
    }

    /// All is said: what still comes in is discarded.
    pub(super) fn drain(&mut self, how: How) {
        self.ending().how = how;
        self.state = State::Draining;
    }

    /// It is over. What was settled by draining stands.
    pub(super) fn end(&mut self, how: How) {
        match self.state {
            State::Ended => return,
            State::Draining => {}
            State::AwaitingRequest(_)
            | State::Deciding(_)
            | State::AwaitingResponse(_)
            | State::ReadingRefusal(_)
            | State::Open
            | State::Closing => self.ending().how = how,
        }
        self.state = State::Ended;
    }

    /// The ending to be told, the first time only.
    pub(super) fn tell(&mut self) -> Option<Box<Ending>> {
        if let State::Ended = self.state { self.ending.take() } else { None }
    }

    pub(super) fn ending(&mut self) -> &mut Ending {
        self.ending.get_or_insert_with(|| {
            Box::new(Ending {
                how: How::Aborted,
                initiator: None,
                sent: None,
                received: None,
                message_lost: false,
                stalled: core::time::Duration::ZERO,
            })
        })
    }
}
