//! The states of a connection and every transition between them. Nothing else changes the state:
//! the rest of the crate has [`Lifecycle`], which hands out no `&mut State`.
//!
//! ```text
//!   server                             client
//!   AwaitingRequest                    AwaitingResponse ──not 101──► ReadingRefusal
//!     │ request read                     │ 101                         │ body read
//!     ▼                                  │                             ▼
//!   Deciding ──accepted──► Open ◄────────┘                           Ended
//!     │ rejected           │
//!     ▼
//!   Draining
//!
//!   both
//!   Open ──our Close frame──► Closing
//!     │                         │ the peer's Close frame, or a violation
//!     │ the same                ▼
//!     └─────────────────────► Draining ──end of the stream, deadline──► Ended
//! ```
//!
//! What happens in each state, and the state it leads to. An abort, and a transport that failed once
//! all that was received is delivered, lead from every state to `Ended`.
//!
//! | state | we close | the peer's Close frame | a violation | end of the stream | a deadline |
//! |---|---|---|---|---|---|
//! | `AwaitingRequest` | `NotOpen` | - | HTTP error, `Draining` | `Ended` | 408, `Draining` |
//! | `Deciding` | `NotOpen`, reject: `Draining` | not read yet | not read yet | `Ended` | 503, `Draining` |
//! | `AwaitingResponse` | `NotOpen` | - | `Ended` | `Ended` | `Ended` |
//! | `ReadingRefusal` | `NotOpen` | - | the body is truncated, `Ended` | `Ended` | `Ended` |
//! | `Open` | `Closing` | answered, `Draining` | Close frame, `Draining` | `Ended` | message: Close frame, `Draining`; ping: Close frame, `Ended`; write: `Ended` |
//! | `Closing` | `Closed` | `Draining` | `Draining` | `Ended` | message: `Draining`; others: `Ended` |
//! | `Draining` | `Closed` | discarded | discarded | `Ended` | `Ended` |
//! | `Ended` | `Closed` | ignored | ignored | ignored | ignored |
//!
//! In `Draining` all input is discarded. The state is there so that unread input cannot make the
//! transport reset before our last bytes have reached the peer (§7.1.1).

use alloc::boxed::Box;

use crate::handshake::{BodyReader, CheckedRequest, Expected, HeadReader};
use crate::{CloseCode, CloseFrame, EndCause, Ending, Side};

#[derive(Debug)]
pub(super) enum State {
    /// Server: the request is being read.
    AwaitingRequest(Box<HeadReader>),
    /// Server: the request was handed to the application, which has not answered.
    Deciding(Box<CheckedRequest>),
    /// Client: the request was sent, the response is being read.
    AwaitingResponse(Box<AwaitedResponse>),
    /// Client: the response is not 101 (Switching Protocols), and its body is being read.
    ReadingRefusal(Box<RefusalBody>),
    /// Messages pass.
    Open,
    /// Our Close frame was sent, or nothing can be sent any more. The peer's Close frame is awaited,
    /// and its messages are still delivered.
    Closing,
    /// Nothing is sent or delivered any more. Input is discarded until the stream ends.
    Draining,
    /// Nothing happens any more.
    Ended,
}

/// The response that a client waits for.
#[derive(Debug)]
pub(super) struct AwaitedResponse {
    pub(super) reader: HeadReader,
    pub(super) expected: Expected,
    /// How many interim (1xx) responses came before it.
    pub(super) interims: u8,
}

/// The body of a refusal, which is being read.
#[derive(Debug)]
pub(super) struct RefusalBody {
    pub(super) reader: BodyReader,
    /// The length of the head, which the body follows.
    pub(super) head_len: usize,
    /// The length of the head and of what was kept of the body.
    pub(super) len: usize,
}

/// The state, and what will be told about the end.
#[derive(Debug)]
pub(super) struct Lifecycle {
    state: State,
    /// Made with the first step towards the end, and taken when the end is told.
    ending: Option<Box<Ending>>,
}

impl Lifecycle {
    pub(super) const fn new(state: State) -> Self {
        Self { state, ending: None }
    }

    #[inline]
    pub(super) const fn state(&self) -> &State {
        &self.state
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

    /// Why the connection ends, once that is settled.
    pub(super) fn cause(&self) -> Option<EndCause> {
        match self.state {
            State::Draining | State::Ended => self.ending.as_ref().map(|ending| ending.cause),
            State::AwaitingRequest(_)
            | State::Deciding(_)
            | State::AwaitingResponse(_)
            | State::ReadingRefusal(_)
            | State::Open
            | State::Closing => None,
        }
    }

    /// What reads the request, in `AwaitingRequest`.
    pub(super) fn request_reader(&mut self) -> Option<&mut HeadReader> {
        if let State::AwaitingRequest(reader) = &mut self.state { Some(reader) } else { None }
    }

    /// In `AwaitingResponse`.
    pub(super) fn awaited_response(&mut self) -> Option<&mut AwaitedResponse> {
        if let State::AwaitingResponse(awaited) = &mut self.state { Some(awaited) } else { None }
    }

    /// In `ReadingRefusal`.
    pub(super) fn refusal_body(&mut self) -> Option<&mut RefusalBody> {
        if let State::ReadingRefusal(body) = &mut self.state { Some(body) } else { None }
    }

    /// `AwaitingRequest` to `Deciding`.
    pub(super) fn await_decision(&mut self, request: CheckedRequest) {
        debug_assert!(matches!(self.state, State::AwaitingRequest(_)));
        self.state = State::Deciding(Box::new(request));
    }

    /// `AwaitingResponse` to `ReadingRefusal`.
    pub(super) fn begin_refusal(&mut self, reader: BodyReader, head_len: usize) {
        debug_assert!(matches!(self.state, State::AwaitingResponse(_)));
        let body = RefusalBody { reader, head_len, len: head_len };
        self.state = State::ReadingRefusal(Box::new(body));
    }

    /// To `Open`, as the handshake succeeded.
    pub(super) fn open(&mut self) {
        debug_assert!(self.in_handshake());
        self.state = State::Open;
    }

    /// `Open` to `Closing`, as nothing can be sent any more.
    pub(super) fn stop_sending(&mut self) {
        if let State::Open = self.state {
            self.state = State::Closing;
        }
    }

    /// `Open` to `Closing`, as our Close frame was queued.
    pub(super) fn note_close_sent(&mut self, code: CloseCode, reason: &str) {
        let ending = self.ending_mut();
        ending.sent = Some(CloseFrame::new(code, reason));
        ending.initiator.get_or_insert(Side::Local);
        self.stop_sending();
    }

    /// To `Draining`, as the peer's Close frame was read. If an answer is due, it is noted
    /// afterwards.
    pub(super) fn note_close_received(&mut self, code: CloseCode, reason: &str) {
        let ending = self.ending_mut();
        ending.received = Some(CloseFrame::new(code, reason));
        ending.initiator.get_or_insert(Side::Peer);
        self.drain(EndCause::Clean);
    }

    /// To `Draining`: what still arrives is discarded.
    pub(super) fn drain(&mut self, cause: EndCause) {
        self.ending_mut().cause = cause;
        self.state = State::Draining;
    }

    /// To `Ended`. A cause that was settled before, in `Draining`, stands.
    pub(super) fn end(&mut self, cause: EndCause) {
        match self.state {
            State::Ended => return,
            State::Draining => {}
            State::AwaitingRequest(_)
            | State::Deciding(_)
            | State::AwaitingResponse(_)
            | State::ReadingRefusal(_)
            | State::Open
            | State::Closing => self.ending_mut().cause = cause,
        }
        self.state = State::Ended;
    }

    /// The ending to be told, for the first call in `Ended` only.
    pub(super) fn take_ending(&mut self) -> Option<Box<Ending>> {
        if let State::Ended = self.state { self.ending.take() } else { None }
    }

    /// What will be told about the end.
    pub(super) fn ending_mut(&mut self) -> &mut Ending {
        self.ending.get_or_insert_with(|| {
            Box::new(Ending {
                cause: EndCause::Aborted,
                initiator: None,
                sent: None,
                received: None,
                message_lost: false,
                stalled: core::time::Duration::ZERO,
            })
        })
    }
}
