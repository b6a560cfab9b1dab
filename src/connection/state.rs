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
//!   Draining ◄──health check read── AwaitingRequest
//!
//!   both
//!   Open ──our Close frame, or the transport failed──► Closing
//!     │                                                  │ the peer's Close frame, a violation,
//!     │ the same as from Closing                         ▼ or a message that takes too long
//!     └──────────────────────────────────────────────► Draining ──► Ended
//!                                     end of the stream, or a deadline
//! ```
//!
//! What happens in each state, and which state it leads to:
//!
//! | state | `start_close` is called | the peer's Close frame | a violation | end of the stream | a deadline |
//! |---|---|---|---|---|---|
//! | `AwaitingRequest` | `NotOpen` | - | HTTP error, `Draining` | `Ended` | 408, `Draining` |
//! | `Deciding` | `NotOpen` | not read yet | not read yet | `Ended` | 503, `Draining` |
//! | `AwaitingResponse` | `NotOpen` | - | `Ended` | `Ended` | `Ended` |
//! | `ReadingRefusal` | `NotOpen` | - | the body ends there, `Ended` | the body ends there, `Ended` | handshake, or a pause of a second: the body ends there, `Ended`; write: `Ended` |
//! | `Open` | Close frame, `Closing` | Close frame, `Draining` | Close frame, `Draining` | `Ended` | message: Close frame, `Draining`; pong: Close frame, `Ended`; write: `Ended` |
//! | `Closing` | `Closed` | `Draining` | `Draining` | `Ended` | message: `Draining`; close, write: `Ended` |
//! | `Draining` | `Closed` | discarded | discarded | `Ended` | `Ended` |
//! | `Ended` | `Closed` | ignored | ignored | ignored | the remaining output is dropped |
//!
//! `NotOpen` and `Closed` are the errors that `start_close` returns. The end of the stream counts once
//! all bytes before it were consumed; in `Deciding` it counts at once, and those bytes are
//! discarded.
//!
//! Not in the table:
//!
//! - A health check is answered with 200 once its head is read: `AwaitingRequest` becomes `Draining`.
//! - An abort leads from every state to `Ended` at once.
//! - A failed transport leads from every state to `Ended`, like the end of the stream. Until then,
//!   no frames are sent: `Open` becomes `Closing`, and so does a handshake that still succeeds.
//! - `Draining` after both Close frames is a clean end only if ours leaves: what drops it, a failed
//!   transport, a deadline or an abort, becomes the cause.
//! - What a Close frame contains is no violation after ours: see [`Ending::fault`].
//! - The memory of another connection, or none to receive into, leads to `Draining`, after a 500 or a
//!   Close frame where one can still be sent, or from a client's handshake to `Ended`.
//! - If there are no random bytes to mask a pong, a ping of the keepalive, or the answer to a Close
//!   frame with, or no memory to queue the latter two in, the connection is `Ended`.
//!
//! In `Draining` all input is discarded. The state is there so that unread input cannot make the
//! transport reset before our last bytes have reached the peer (§7.1.1).

use alloc::boxed::Box;

use crate::handshake::{BodyReader, CheckedRequest, Expected, HeadReader};
use crate::{CloseCode, CloseFrame, EndCause, Ending, ProtocolError, Side, Time};

#[derive(Debug)]
pub(super) enum State {
    /// Server: the request is being read.
    AwaitingRequest(Box<HeadReader>),
    /// Server: the request was handed to the application, which has not answered.
    /// `None` if it does not ask for a WebSocket.
    Deciding(Option<Box<CheckedRequest>>),
    /// Client: the request was sent, the response is being read.
    AwaitingResponse(Box<AwaitedResponse>),
    /// Client: the response is not 101 (Switching Protocols), and its body is being read.
    ReadingRefusal(Box<RefusalBody>),
    /// Messages can be sent and received.
    Open,
    /// Our Close frame was queued, or nothing can be sent any more. The peer's Close frame is
    /// awaited, and its messages are still delivered.
    Closing,
    /// Nothing is sent or delivered any more. Input is discarded until the stream ends.
    Draining,
    /// Nothing happens any more.
    Ended,
}

/// What a client keeps while it waits for the response.
#[derive(Debug)]
pub(super) struct AwaitedResponse {
    pub(super) reader: HeadReader,
    pub(super) expected: Expected,
    /// How many interim (1xx) responses have come so far.
    pub(super) interims: u8,
}

/// What a client keeps while it reads the body of a refusal.
#[derive(Debug)]
pub(super) struct RefusalBody {
    pub(super) reader: BodyReader,
    /// The length of the head, which the body follows.
    pub(super) head_len: usize,
    /// The length of the head and of what was kept of the body.
    pub(super) len: usize,
    /// When the body ends at the latest: at the deadline of the handshake.
    pub(super) latest_end: Option<Time>,
}

/// The state, and what will be reported about the end.
#[derive(Debug)]
pub(super) struct Lifecycle {
    state: State,
    /// Made with the first step towards the end, and taken when the end is reported.
    ending: Option<Box<Ending>>,
    /// The cause in the ending that was taken.
    reported_cause: Option<EndCause>,
}

impl Lifecycle {
    pub(super) const fn new(state: State) -> Self {
        Self { state, ending: None, reported_cause: None }
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
            State::Draining | State::Ended => {
                self.ending.as_ref().map(|ending| ending.cause).or(self.reported_cause)
            }
            State::AwaitingRequest(_)
            | State::Deciding(_)
            | State::AwaitingResponse(_)
            | State::ReadingRefusal(_)
            | State::Open
            | State::Closing => None,
        }
    }

    /// The reader of the request; only in `AwaitingRequest`.
    pub(super) fn request_reader(&mut self) -> Option<&mut HeadReader> {
        if let State::AwaitingRequest(reader) = &mut self.state { Some(reader) } else { None }
    }

    /// What is kept while the response is awaited; only in `AwaitingResponse`.
    pub(super) fn awaited_response(&mut self) -> Option<&mut AwaitedResponse> {
        if let State::AwaitingResponse(awaited) = &mut self.state { Some(awaited) } else { None }
    }

    /// What is kept while the body of a refusal is read; only in `ReadingRefusal`.
    pub(super) fn refusal_body(&mut self) -> Option<&mut RefusalBody> {
        if let State::ReadingRefusal(body) = &mut self.state { Some(body) } else { None }
    }

    /// `AwaitingRequest` to `Deciding`.
    pub(super) fn await_decision(&mut self, request: Option<CheckedRequest>) {
        debug_assert!(matches!(self.state, State::AwaitingRequest(_)));
        self.state = State::Deciding(request.map(Box::new));
    }

    /// `AwaitingResponse` to `ReadingRefusal`.
    pub(super) fn begin_refusal(
        &mut self,
        reader: BodyReader,
        head_len: usize,
        latest_end: Option<Time>,
    ) {
        debug_assert!(matches!(self.state, State::AwaitingResponse(_)));
        let body = RefusalBody { reader, head_len, len: head_len, latest_end };
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

    /// Notes the peer's Close frame.
    pub(super) fn note_close_received(&mut self, code: CloseCode, reason: &str) {
        let ending = self.ending_mut();
        ending.received = Some(CloseFrame::new(code, reason));
        ending.initiator.get_or_insert(Side::Peer);
    }

    /// Notes what is wrong with the peer's Close frame, if it came after ours. Returns whether it
    /// did.
    pub(super) fn note_fault_after_close(&mut self, fault: ProtocolError) -> bool {
        let ending = self.ending_mut();
        ending.fault = ending.sent.is_some().then_some(fault);
        ending.fault.is_some()
    }

    /// Notes that output was dropped, our Close frame with it. If the closing exchange seemed
    /// complete, it is not, because of `cause`.
    pub(super) fn note_close_lost(&mut self, cause: EndCause) {
        let ending = self.ending.as_mut().map(|ending| &mut ending.cause);
        if let Some(settled @ EndCause::Clean) = ending.or(self.reported_cause.as_mut()) {
            *settled = cause;
        }
    }

    /// To `Draining`: what still arrives is discarded.
    pub(super) fn drain(&mut self, cause: EndCause) {
        self.ending_mut().cause = cause;
        self.state = State::Draining;
    }

    /// To `Ended`. A cause that was settled before, in `Draining`, is kept.
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

    /// The ending to report; only for the first call in `Ended`.
    pub(super) fn take_ending(&mut self) -> Option<Box<Ending>> {
        let ending = if let State::Ended = self.state { self.ending.take() } else { None };
        self.reported_cause = ending.as_ref().map(|ending| ending.cause).or(self.reported_cause);
        ending
    }

    /// What will be reported about the end.
    pub(super) fn ending_mut(&mut self) -> &mut Ending {
        self.ending.get_or_insert_with(|| Box::new(Ending::of_cause(EndCause::Aborted)))
    }
}
