//! The state machine of a connection (§5.4, §5.5, §6, §7).

#[cfg(feature = "deflate")]
mod compression;
mod deadlines;
#[cfg(feature = "std")]
mod detached_reader;
mod encode;
mod failing;
mod fragment_size;
mod fragments;
mod handshake;
mod input_end;
mod outgoing_frame;
mod ping;
mod prepared;
mod reader;
mod receive;
mod replies;
mod role;
mod send;
mod send_error;
mod state;
#[cfg(all(test, feature = "deflate"))]
mod tests;
mod timing;
mod totals;
mod under_way;

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::time::Duration;

#[cfg(feature = "std")]
pub(crate) use detached_reader::{DetachedReader, Unhandled};
pub use prepared::Prepared;
pub use receive::Progress;
pub use role::Role;
#[cfg(feature = "std")]
pub(crate) use send::check_close;
pub use send_error::SendError;
pub use totals::{Totals, Traffic};

use deadlines::Deadlines;
use input_end::InputEnd;
use outgoing_frame::OutgoingMessage;
use reader::Reader;
use state::{AwaitedResponse, Lifecycle, State};
use totals::SentTally;

use crate::deflate::Compressor;
use crate::handshake::{ClientRequest, DeflateParameters, HeadReader, RequestError};
use crate::{Config, EndCause, Entropy, Leniency, Outgoing, Time};

/// The protocol state of one WebSocket, from the first byte of the HTTP request to the end of the
/// stream. It holds no buffer, clock or socket.
///
/// # The methods, by kind
///
/// - *Constructors*: [`server`](Self::server), [`client`](Self::client), and
///   [`established`](Self::established) where somebody else did the handshake.
/// - *Inputs*: [`receive`](Self::receive) for bytes, [`receive_eof`](Self::receive_eof) for the end
///   of the stream, [`handle_transport_failure`](Self::handle_transport_failure) for its failure,
///   [`handle_timeout`](Self::handle_timeout) for time.
/// - *Commands* of the application: [`accept`](Self::accept), [`reject`](Self::reject),
///   [`send_text`](Self::send_text), [`send_binary`](Self::send_binary),
///   [`send_prepared`](Self::send_prepared),
///   [`start_message`](Self::start_message) and what follows it, [`send_ping`](Self::send_ping),
///   [`start_close`](Self::start_close), [`abort`](Self::abort).
/// - *Outputs*: events through [`Incoming::event`](crate::Incoming::event), bytes through
///   [`Outgoing`], [`poll_timeout`](Self::poll_timeout), [`transport`](Self::transport).
///
/// # The loop around it
///
/// 1. Call `receive` until it returns [`Progress::NeedBytes`] or [`Progress::Ended`], handling the
///    event after each [`Progress::Event`]. If it returns an error, call it again: the Close frame
///    that reports the error to the peer is already in `Outgoing`.
/// 2. Write what is in `Outgoing`; then do what `transport` says. After `Ended`, it says to close
///    the stream, and the loop is over. Do write first: the peer still waits for the remaining
///    output, and for the end of the stream.
/// 3. Wait until bytes can be read or written, or until the time that `poll_timeout` returns. Read
///    into [`Incoming::space`](crate::Incoming::space), or call `receive_eof` or
///    `handle_timeout`, and begin again.
///
/// Bytes come before time: pass input that has been read to `receive` before calling
/// `handle_timeout`, so that a peer is never blamed for this side's delay.
///
/// Calls in any other order do no harm: each method says what it does out of order.
#[derive(Debug)]
pub struct Connection {
    life: Lifecycle,
    reader: Reader,
    config: Arc<Config>,
    deadlines: Deadlines,
    role: Role,
    /// The message that this side is sending in fragments.
    sending: Option<OutgoingMessage>,
    /// Present if compression was agreed on.
    compressor: Option<Box<Compressor>>,
    leniency_used: Leniency,
    /// What follows the bytes that are still unread, once no more bytes will be received.
    input_end: Option<InputEnd>,
    sent: SentTally,
    received_wire_bytes: u64,
}

/// What to do with the transport. Always write what [`Outgoing`] holds first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "an adapter has to know them all")]
pub enum Transport {
    /// Keep it open, and read.
    Keep,
    /// Shut down the writing direction, and keep reading until the end of the stream.
    ShutdownWrite,
    /// Close it. Output that cannot be written by the next deadline, if there is one, may be
    /// dropped.
    Close,
}

names_of_values! { Transport:
    Keep = 51, "keep";
    ShutdownWrite = 52, "shutdown-write";
    Close = 53, "close";
}

impl Connection {
    /// The server's side of a new connection, before the first byte of the request.
    pub fn server(config: impl Into<Arc<Config>>, now: Time) -> Self {
        let state = State::AwaitingRequest(HeadReader::request().into());
        let config = config.into();
        let deadlines = Deadlines::in_handshake(now, config.handshake_timeout);
        Self::new(state, Role::Server, config, deadlines)
    }

    /// The client's side of a new connection. `request` is put into `outgoing`.
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
        let offers = config.deflate_offers();
        let (expected, head_len) = outgoing.push_head(|head| request.encode(nonce, &offers, head));
        let awaited = AwaitedResponse { reader: HeadReader::response(), expected, interims: 0 };
        let state = State::AwaitingResponse(awaited.into());
        let deadlines = Deadlines::in_handshake(now, config.handshake_timeout);
        let mut connection = Self::new(state, Role::Client(entropy), config, deadlines);
        connection.sent.note_head(head_len);
        Ok(connection)
    }

    /// Either side of a connection whose opening handshake was done by somebody else, such as an
    /// HTTP library. `agreed` is the compression that the handshake agreed to, if any. Pass bytes
    /// that were read after the handshake to [`Incoming::push`](crate::Incoming::push).
    ///
    /// Without the feature `deflate` there is no compression, and the handshake must not agree to
    /// any.
    pub fn established(
        role: Role,
        agreed: Option<DeflateParameters>,
        config: impl Into<Arc<Config>>,
        now: Time,
    ) -> Self {
        let deadlines = Deadlines::open(now);
        let mut connection = Self::new(State::Open, role, config.into(), deadlines);
        connection.set_up_compression(agreed);
        connection
    }

    fn new(state: State, role: Role, config: Arc<Config>, deadlines: Deadlines) -> Self {
        Self {
            life: Lifecycle::new(state),
            reader: Reader::new(&config),
            config,
            deadlines,
            role,
            sending: None,
            compressor: None,
            leniency_used: Leniency::default(),
            input_end: None,
            sent: SentTally::new(),
            received_wire_bytes: 0,
        }
    }

    /// What to do with the transport now.
    pub fn transport(&self) -> Transport {
        match (self.life.state(), self.role) {
            (State::Ended, _) => Transport::Close,
            _ if self.has_lost_transport() => Transport::Close,
            // §7.1.1: the server closes the transport first; a client waits for it, if all went
            // well.
            (State::Draining, Role::Client(_)) if self.life.cause() == Some(EndCause::Clean) => {
                Transport::Keep
            }
            (State::Draining, _) => Transport::ShutdownWrite,
            _ => Transport::Keep,
        }
    }

    /// Ends the connection at once: drops output that waits, and sends no Close frame. The next
    /// [`receive`](Self::receive) delivers [`Event::Ended`](crate::Event::Ended). If the connection
    /// has ended already, only the output is dropped.
    pub fn abort(&mut self, outgoing: &mut Outgoing) {
        self.drop_output(EndCause::Aborted, outgoing);
        self.life.end(EndCause::Aborted);
        self.deadlines.clear();
    }

    /// Whether messages can be sent.
    pub const fn is_open(&self) -> bool {
        matches!(self.life.state(), State::Open)
    }

    /// Whether it is settled how the connection ends: nothing is delivered any more but
    /// [`Event::Ended`](crate::Event::Ended).
    pub const fn is_settled(&self) -> bool {
        matches!(self.life.state(), State::Draining | State::Ended)
    }

    /// Why the connection ends; `Aborted` if that is not settled yet.
    #[cfg(feature = "std")]
    pub(crate) fn end_cause(&self) -> EndCause {
        self.life.cause().unwrap_or(match self.has_lost_transport() {
            true => EndCause::TransportFailed,
            false => EndCause::Aborted,
        })
    }

    /// Whether this side is a client.
    pub const fn is_client(&self) -> bool {
        matches!(self.role, Role::Client(_))
    }

    /// The last round-trip time that the keepalive's pings have measured. They are sent to a silent
    /// peer, with [`Keepalive::when_busy`](crate::Keepalive::when_busy) to any.
    pub const fn round_trip(&self) -> Option<Duration> {
        self.deadlines.round_trip()
    }

    /// The longest delay with which the caller handled a deadline, whether or not it did harm.
    pub const fn stalled(&self) -> Duration {
        self.deadlines.stalled()
    }

    /// How much was sent and received so far.
    ///
    /// ```
    /// use websocket_proto::{Config, Connection, Outgoing, Role, SendError, Time};
    ///
    /// let mut connection = Connection::established(Role::Server, None, Config::default(), Time::ZERO);
    /// connection.send_text("Hello", &mut Outgoing::new())?;
    /// let sent = connection.totals().sent;
    /// assert_eq!((sent.messages, sent.frames), (1, 1));
    /// assert_eq!((sent.payload_bytes, sent.wire_bytes), (5, 7));
    /// # Ok::<(), SendError>(())
    /// ```
    pub const fn totals(&self) -> Totals {
        Totals {
            sent: self.sent.traffic(),
            received: self.reader.tally.traffic(self.received_wire_bytes),
        }
    }

    /// The compression that was agreed on, if any.
    pub fn deflate(&self) -> Option<DeflateParameters> {
        self.compressor.as_ref().map(|compressor| compressor.agreed())
    }

    /// The departures from the protocol that the peer has made use of so far, among those that
    /// [`Config::leniency`] allows. Whether text was none is not known where it is
    /// [not checked](Leniency::unchecked_text), and neither is what a handshake needed that
    /// [somebody else did](Self::established).
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

    /// From now on, sends nothing more and discards what arrives, until the stream ends.
    fn drain(&mut self, cause: EndCause, now: Time) {
        if self.life.in_handshake() {
            self.deadlines.end_handshake();
        }
        self.life.drain(cause);
        self.deadlines.begin_closing(now, self.config.close_timeout);
    }

    /// Drops the output that waits, because of `cause`.
    fn drop_output(&mut self, cause: EndCause, outgoing: &mut Outgoing) {
        if outgoing.has_unsent_output() {
            self.life.note_close_lost(cause);
        }
        outgoing.clear();
    }

    /// Ends the connection. Output that waits is still to be written, for a limited time.
    fn end(&mut self, cause: EndCause, now: Time) {
        self.life.end(cause);
        self.deadlines.note_ended(now, self.config.close_timeout);
    }
}
