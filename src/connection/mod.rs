//! The state machine (§5.4, §5.5, §6, §7).

#[cfg(any(feature = "smol", feature = "tokio"))]
mod apart;
#[cfg(feature = "deflate")]
mod compression;
mod config;
mod deadlines;
mod event;
mod handshake;
mod message;
mod prepared;
mod reader;
mod receive;
mod send;
mod send_error;
mod state;

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::time::Duration;

#[cfg(any(feature = "smol", feature = "tokio"))]
pub(crate) use apart::{Apart, Unseen};
pub use config::{Config, Delivery, Keepalive, Leniency, Limits};
pub use event::{CloseFrame, Deadline, Ending, Event, How, MessageKind, Side};
pub use message::Message;
pub use prepared::Prepared;
pub use receive::Progress;
pub use send_error::SendError;

use deadlines::{Deadlines, Passed};
use reader::Reader;
use receive::InputEnd;
use send::Sending;
use state::{Attempt, Life, State};

use crate::deflate::{self, Compressor};
use crate::frame::CloseCode;
use crate::handshake::{self as http, ClientRequest, DeflateParameters, HeadReader, RequestError};
use crate::{Entropy, Outgoing, Time};

/// The protocol state of one WebSocket, from the first byte of the HTTP request to the end of the
/// stream. It holds no buffer, clock or socket.
///
/// # The methods, by kind
///
/// - *Constructors*: [`server`](Self::server), [`client`](Self::client), and
///   [`established`](Self::established) where somebody else did the handshake.
/// - *Inputs*: [`receive`](Self::receive) for bytes, [`receive_eof`](Self::receive_eof) for the
///   end of them, [`transport_failed`](Self::transport_failed),
///   [`handle_timeout`](Self::handle_timeout) for time.
/// - *Commands* of the application: [`accept`](Self::accept), [`reject`](Self::reject),
///   [`send_text`](Self::send_text), [`send_binary`](Self::send_binary),
///   [`send_prepared`](Self::send_prepared),
///   [`start_message`](Self::start_message) and what follows it, [`ping`](Self::ping),
///   [`close`](Self::close), [`abort`](Self::abort).
/// - *Outputs*: events through [`Incoming::event`](crate::Incoming::event), bytes through
///   [`Outgoing`], [`poll_timeout`](Self::poll_timeout), [`transport`](Self::transport).
///
/// # The loop around it
///
/// 1. Call `receive` until it says [`Progress::NeedBytes`] or [`Progress::Ended`], handling the
///    event after each [`Progress::Event`]. After an error call it again: a Close frame that tells
///    the peer of it is in `Outgoing`.
/// 2. Write what is in `Outgoing`; then do as `transport` says. After `Ended` that is to close the
///    stream, and the loop is over: the peer waits for what was left to write, and for the end.
/// 3. Wait until bytes can be read or written or the time of `poll_timeout` has come. Read into
///    [`Incoming::space`](crate::Incoming::space), or call `receive_eof` or `handle_timeout`,
///    and begin again.
///
/// Bytes come before time: input that has been read is received before `handle_timeout` is
/// called, so that a peer is never blamed for this side's delay.
///
/// Calls in any other order do no harm: each method says what it does out of place.
#[derive(Debug)]
pub struct Connection {
    life: Life,
    reader: Reader,
    config: Arc<Config>,
    deadlines: Deadlines,
    masks: Masks,
    sending: Option<Sending>,
    /// Where compression was agreed on.
    compressor: Option<Box<Compressor>>,
    leniency_used: Leniency,
    /// What stands behind the bytes that are still unread.
    input_end: Option<InputEnd>,
}

/// Which side of the connection this is.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_enums, reason = "§1.2 knows no third role")]
pub enum Role {
    /// The side that was connected to; it sends unmasked and closes the transport first.
    Server,
    /// The side that connected; it masks what it sends with keys from here.
    Client(&'static dyn Entropy),
}

impl core::fmt::Debug for Role {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Server => "Server",
            Self::Client(_) => "Client",
        })
    }
}

/// The role under the name of what it decides most.
type Masks = Role;

/// What to do with the transport. What [`Outgoing`] holds is always written first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "an adapter has to know them all")]
pub enum Transport {
    /// Keep it open, and read.
    Keep,
    /// Shut down the writing direction, keep reading until the end of the stream.
    ShutdownWrite,
    /// Close it. Output that cannot be written by the next deadline, if there is one, may be
    /// left behind.
    Close,
}

impl Connection {
    /// A server's side, before the first byte of the request.
    pub fn server(config: impl Into<Arc<Config>>, now: Time) -> Self {
        let state = State::AwaitingRequest(HeadReader::request().into());
        Self::new(state, Role::Server, config.into(), now, true)
    }

    /// A client's side; `request` is put into `outgoing`.
    ///
    /// # Errors
    ///
    /// [`RequestError::Entropy`] if `entropy` has no bytes for the key.
    pub fn client(
        request: &ClientRequest,
        config: impl Into<Arc<Config>>,
        now: Time,
        entropy: &'static dyn Entropy,
        outgoing: &mut Outgoing,
    ) -> Result<Self, RequestError> {
        let mut nonce = [0; 16];
        entropy.fill(&mut nonce).map_err(|_| RequestError::Entropy)?;
        let config = config.into();
        let offers = deflate::offers(&config);
        let expected = outgoing.push_head(|head| request.encode(nonce, &offers, head));
        let attempt = Attempt { reader: HeadReader::response(), expected, interims: 0 };
        let state = State::AwaitingResponse(attempt.into());
        Ok(Self::new(state, Role::Client(entropy), config, now, true))
    }

    /// Either side, where somebody else, say an HTTP library, did the handshake and `agreed` to
    /// compression, or not. Bytes that were read behind it go into
    /// [`Incoming::push`](crate::Incoming::push).
    ///
    /// Without the feature `deflate` there is no compression, and nothing must be agreed on.
    pub fn established(
        role: Role,
        agreed: Option<DeflateParameters>,
        config: impl Into<Arc<Config>>,
        now: Time,
    ) -> Self {
        let mut connection = Self::new(State::Open, role, config.into(), now, false);
        connection.agree(agreed);
        connection
    }

    fn new(state: State, role: Role, config: Arc<Config>, now: Time, handshake: bool) -> Self {
        let handshake = handshake.then_some(config.handshake_timeout);
        Self {
            life: Life::new(state),
            reader: Reader::new(),
            config,
            deadlines: Deadlines::new(now, handshake),
            masks: role,
            sending: None,
            compressor: None,
            leniency_used: Leniency::default(),
            input_end: None,
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called next, if at all. It may
    /// change with every call of another method.
    pub fn poll_timeout(&self) -> Option<Time> {
        self.deadlines.next(&self.config, self.keepalive())
    }

    /// Does what is due at `now`: a ping, the end of a handshake, an exchange or a connection.
    /// Without effect before the time of [`poll_timeout`](Self::poll_timeout). What it leads to
    /// is seen by calling [`receive`](Self::receive) again.
    pub fn handle_timeout(&mut self, now: Time, outgoing: &mut Outgoing) {
        self.handle_deadlines(now, true, outgoing);
    }

    /// [`poll_timeout`](Self::poll_timeout) for a caller that writes and does not read meanwhile:
    /// without the keepalive, as silence then says nothing about the peer.
    #[cfg(feature = "std")]
    pub(crate) fn poll_write_timeout(&self) -> Option<Time> {
        self.deadlines.next(&self.config, None)
    }

    /// [`handle_timeout`](Self::handle_timeout) for a caller that writes.
    #[cfg(feature = "std")]
    pub(crate) fn handle_write_timeout(&mut self, now: Time, outgoing: &mut Outgoing) {
        self.handle_deadlines(now, false, outgoing);
    }

    fn handle_deadlines(&mut self, now: Time, keepalive: bool, outgoing: &mut Outgoing) {
        self.note_output(now, outgoing);
        while let Some(passed) = self.next_passed(now, keepalive) {
            match passed {
                Passed::Silence(payload) => {
                    let decompressor = self.reader.decompressor.as_deref_mut();
                    deflate::release(decompressor, self.compressor.as_deref_mut());
                    if let Some(payload) = payload {
                        self.send_keepalive(now, payload, outgoing);
                    }
                }
                Passed::Deadline(Deadline::Handshake) => self.handshake_timed_out(now, outgoing),
                Passed::Deadline(Deadline::Close) => self.close_timed_out(now, outgoing),
                Passed::Deadline(Deadline::Write) => self.write_timed_out(now, outgoing),
                Passed::Deadline(Deadline::Pong) => self.pong_timed_out(now, outgoing),
                Passed::Deadline(Deadline::Message) => self.message_timed_out(now, outgoing),
            }
        }
    }

    /// What to do with the transport now.
    pub fn transport(&self) -> Transport {
        match (self.life.state(), self.masks) {
            (State::Ended, _) => Transport::Close,
            _ if self.is_cut_off() => Transport::Close,
            // §7.1.1: the server closes first; the client waits for it, if all went well.
            (State::Draining, Role::Client(_)) if self.life.how() == Some(How::Clean) => {
                Transport::Keep
            }
            (State::Draining, _) => Transport::ShutdownWrite,
            _ => Transport::Keep,
        }
    }

    /// Ends the connection at once: drops output that waits, sends no Close frame.
    /// [`Event::Ended`] is still to come. Without effect if the connection has ended.
    pub fn abort(&mut self, outgoing: &mut Outgoing) {
        outgoing.clear();
        self.life.end(How::Aborted);
        self.deadlines.over();
    }

    /// Whether messages can be sent.
    pub const fn is_open(&self) -> bool {
        matches!(self.life.state(), State::Open)
    }

    /// Whether it is settled how the connection ends: nothing is delivered any more but
    /// [`Event::Ended`].
    pub const fn is_settled(&self) -> bool {
        matches!(self.life.state(), State::Draining | State::Ended)
    }

    /// How the connection ends, as far as that is settled.
    #[cfg(feature = "std")]
    pub(crate) fn how(&self) -> How {
        if self.is_cut_off() {
            return How::TransportFailed;
        }
        self.life.how().unwrap_or(How::Aborted)
    }

    /// Whether this side is a client.
    pub const fn is_client(&self) -> bool {
        matches!(self.masks, Role::Client(_))
    }

    /// The last round-trip time that the keepalive measured.
    pub const fn round_trip(&self) -> Option<Duration> {
        self.deadlines.round_trip()
    }

    /// The longest that the caller came late to a deadline, whether or not it did harm.
    pub const fn stalled(&self) -> Duration {
        self.deadlines.stalled()
    }

    /// What compression was agreed on; `None` if on nothing.
    pub fn deflate(&self) -> Option<DeflateParameters> {
        self.compressor.as_ref().map(|compressor| compressor.agreed())
    }

    /// The departures from the protocol that the peer has made use of so far, among those that
    /// [`Config::leniency`] allows.
    pub const fn leniency_used(&self) -> Leniency {
        self.leniency_used
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The configuration, for another connection.
    #[cfg(any(feature = "smol", feature = "tokio"))]
    pub(crate) fn shared_config(&self) -> Arc<Config> {
        Arc::clone(&self.config)
    }

    /// The keepalive, while it is in force.
    fn keepalive(&self) -> Option<Keepalive> {
        let keepalive = self.config.keepalive.filter(|keepalive| !keepalive.interval.is_zero());
        keepalive.filter(|_| self.is_open())
    }

    fn next_passed(&mut self, now: Time, keepalive: bool) -> Option<Passed> {
        let phase = if self.life.in_handshake() { Deadline::Handshake } else { Deadline::Close };
        let keepalive = self.keepalive().filter(|_| keepalive);
        self.deadlines.passed(now, phase, &self.config, keepalive)
    }

    /// Starts the write deadline, if output waits and did not before.
    fn note_output(&mut self, now: Time, outgoing: &Outgoing) {
        self.deadlines.output(now, outgoing.waits(), outgoing.written());
    }

    fn close_timed_out(&mut self, now: Time, outgoing: &mut Outgoing) {
        outgoing.clear();
        self.end(How::TimedOut(Deadline::Close), now);
        self.deadlines.over();
    }

    fn write_timed_out(&mut self, now: Time, outgoing: &mut Outgoing) {
        outgoing.clear();
        self.end(How::TimedOut(Deadline::Write), now);
        self.deadlines.over();
    }

    fn message_timed_out(&mut self, now: Time, outgoing: &mut Outgoing) {
        self.send_close(CloseCode::POLICY, "message took too long", outgoing);
        self.drain(How::TimedOut(Deadline::Message), now);
    }

    fn pong_timed_out(&mut self, now: Time, outgoing: &mut Outgoing) {
        let code = self.config.keepalive.map_or(CloseCode::ABNORMAL, |it| it.close_code);
        self.send_close(code, "no answer to a ping", outgoing);
        self.end(How::TimedOut(Deadline::Pong), now);
    }

    /// Says no more and discards what comes, until the stream ends.
    fn drain(&mut self, how: How, now: Time) {
        let in_handshake = self.life.in_handshake();
        self.life.drain(how);
        self.deadlines.closing(now, self.config.close_timeout, in_handshake);
    }

    fn end(&mut self, how: How, now: Time) {
        self.life.end(how);
        self.deadlines.ended(now, self.config.close_timeout);
    }
}
