//! The configuration of a connection: every choice and every limit, with its default.

use alloc::vec::Vec;
use core::time::Duration;

use crate::deflate::Deflate;
use crate::handshake::{DeflateOffer, DeflatePolicy, HeadRules};
use crate::{CloseCode, Leniency};

/// The configuration of one connection. Start from [`Config::default`] and change fields. The
/// adapters take it in `connect_with` and `accept_with`; for many connections, as an `Arc<Config>`.
///
/// There is no builder: options are fields, each with its documentation, and a method for each would
/// be a second list to keep in step. Where an expression is wanted, a function or a block makes it:
///
/// ```
/// use std::time::Duration;
/// use websocket_proto::{Config, Connection, Time};
///
/// /// The choices of this server, in one place.
/// fn config() -> Config {
///     let mut config = Config::default();
///     config.limits.message = 1 << 20;
///     config.handshake_timeout = Duration::from_secs(3);
///     config.keepalive.get_or_insert_default().interval = Duration::from_secs(15);
///     config
/// }
///
/// let connection = Connection::server(config(), Time::ZERO);
/// assert_eq!(connection.config().limits.message, 1 << 20);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Limits on what the peer may send and on how much output may wait.
    pub limits: Limits,
    /// Whether messages are delivered whole or in chunks. Default: [`Delivery::Whole`].
    pub delivery: Delivery,
    /// The longest payload of the frames of a message that this side sends, in bytes: what is longer
    /// leaves in several fragments (§5.4). This is for gateways and peers with a limit of their own,
    /// say 32 KiB. `None` leaves the message in one frame.
    ///
    /// It applies to every way of sending, and to payloads as they are sent: compressed ones after
    /// the compression. Texts that are not compressed are cut between characters, so less than 4
    /// counts as 4. Each frame costs a header of at most 14 bytes, and peers may limit how many
    /// fragments a message has. Default: `None`.
    pub fragment_size: Option<usize>,
    /// Whether pings are answered automatically (§5.5.2). If not, no pong is queued, and the
    /// application answers each [`Event::Ping`](crate::Event::Ping) with
    /// [`send_pong`](crate::Connection::send_pong): a proxy that passes pings on, say, answers with
    /// the pongs of the other side. Default: true.
    pub automatic_pong: bool,
    /// How long the opening handshake may take, from the start of the connection and including the
    /// application's decision. Default: 10 s.
    pub handshake_timeout: Duration,
    /// How long the whole closing exchange may take, from the first Close frame (or the refusal of
    /// a handshake) to the end of the stream. A slow peer that still has much to read before the
    /// frame may need longer. Default: 5 s.
    pub close_timeout: Duration,
    /// Pings to a peer that is silent, or to any; `None` sends none. Default: [`Keepalive::default`].
    pub keepalive: Option<Keepalive>,
    /// How long output may wait while the transport takes no byte of it; `None` sets no limit. This
    /// is for peers that have stopped. A slow one is waited for as long as it reads, but a socket
    /// whose buffers are full may be silent until a third of them is free: on Linux that is up to
    /// 1.4 MB, and the default bears with a peer that reads 12 kB in a second. Default: 2 min.
    pub write_timeout: Option<Duration>,
    /// How long a message may take from its first byte to its last, even if the peer sends other
    /// frames meanwhile; `None` sets no limit. Default: `None`.
    pub message_timeout: Option<Duration>,
    /// Server: the path of health checks, such as `/healthz`, with which load balancers ask whether
    /// a server is there. A `GET` or `HEAD` for this path, whatever its query, that does not ask for
    /// a WebSocket is answered with 200, also in HTTP/1.0. The connection then ends with
    /// [`EndCause::HealthCheck`](crate::EndCause::HealthCheck), by which a server tells it from
    /// trouble. Default: `None`, which answers such a request with 426, as any other that does not
    /// ask for WebSocket.
    pub health_check: Option<&'static str>,
    /// Server: whether a `GET` that does not ask for a WebSocket is delivered as
    /// [`Event::Request`](crate::Event::Request) too, so that the application can answer it with a
    /// [`Rejection`](crate::handshake::Rejection): a page, say. It cannot be
    /// [accepted](crate::Connection::accept), and
    /// [`asks_for_websocket`](crate::handshake::Request::asks_for_websocket) tells it from the others.
    /// Default: false, which answers it with 426.
    pub other_requests: bool,
    /// Violations of the protocol to tolerate. Default: none.
    pub leniency: Leniency,
    /// Compression, which is used if the peer agrees to it; `None` turns it off. Default: `None`.
    #[cfg(feature = "deflate")]
    pub deflate: Option<Deflate>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            delivery: Delivery::Whole,
            fragment_size: None,
            automatic_pong: true,
            handshake_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(5),
            keepalive: Some(Keepalive::default()),
            write_timeout: Some(Duration::from_secs(120)),
            message_timeout: None,
            health_check: None,
            other_requests: false,
            leniency: Leniency::default(),
            #[cfg(feature = "deflate")]
            deflate: None,
        }
    }
}

impl Config {
    /// The rules for the head of a request or response.
    pub(crate) fn head_rules(&self) -> HeadRules {
        HeadRules {
            max_len: self.limits.head,
            max_headers: self.limits.headers,
            health_check: self.health_check,
            leniency: self.leniency,
        }
    }

    /// Which offers of compression a server accepts; `None` declines all.
    pub(crate) fn deflate_policy(&self) -> Option<&DeflatePolicy> {
        #[cfg(feature = "deflate")]
        return self.deflate.as_ref().map(|deflate| &deflate.policy);
        #[cfg(not(feature = "deflate"))]
        None
    }

    /// The offers of compression that a client makes, the preferred one first.
    pub(crate) fn deflate_offers(&self) -> Vec<DeflateOffer> {
        #[cfg(feature = "deflate")]
        return self.deflate.map_or_else(Vec::new, |deflate| deflate.offers());
        #[cfg(not(feature = "deflate"))]
        Vec::new()
    }

    /// How messages are compressed if the handshake agreed to compression.
    pub(crate) fn deflate_or_default(&self) -> Deflate {
        #[cfg(feature = "deflate")]
        return self.deflate.unwrap_or_default();
        #[cfg(not(feature = "deflate"))]
        Deflate
    }
}

/// The limits of one connection. Lengths are in bytes and inclusive: a message of exactly
/// `message` bytes is accepted.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// The longest message that is accepted; a longer one is answered with 1009. Default: 64 MiB,
    /// which is enough for most and which a server survives. With [`Delivery::Streaming`] it may
    /// be `u64::MAX`, as nothing is put together in memory; raise [`frame`](Self::frame) with it.
    pub message: u64,
    /// The longest frame that is accepted; a longer one is answered with 1009. Default: 64 MiB, so
    /// that [`message`](Self::message) is the limit that matters. A longer message has to come in
    /// fragments, with [`Delivery::Streaming`] too. No memory depends on it: it may be `u64::MAX`.
    pub frame: u64,
    /// How many fragments a message may have in addition to one for every 16 bytes of it so far,
    /// which are counted as received or as inflated, whichever is more. More fragments are answered
    /// with 1008. Default: 1,024, which accepts a large message in small fragments but no flood of
    /// empty ones.
    pub extra_fragments: u32,
    /// The longest head of a request or response that is accepted. Default: 16 KiB, which is what
    /// large HTTP servers accept.
    pub head: u32,
    /// How many headers a request or response may have. No memory depends on it beyond
    /// [`head`](Self::head), so it may be `u16::MAX`. Default: 128, which is what others accept.
    pub headers: u16,
    /// How much of the body of a refusal a client keeps. Default: 16 KiB.
    pub refusal_body: u32,
    /// How much output may wait to be written before sending is refused with
    /// [`SendError::Full`](crate::SendError::Full). The message being sent does not count, so a
    /// message of any length can be sent while little else waits. Default: 1 MiB.
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: 64 << 20,
            frame: 64 << 20,
            extra_fragments: 1024,
            head: 16 << 10,
            headers: 128,
            refusal_body: 16 << 10,
            output: 1 << 20,
        }
    }
}

/// When a silent peer is sent a ping, and when it counts as dead.
///
/// Any byte from the peer ends the silence, so a slow message never looks like a dead peer.
///
/// The answers measure the [round-trip time](crate::Connection::round_trip). Where the peer is rarely
/// silent, [`when_busy`](Self::when_busy) keeps it current. An application can also measure it by
/// itself: a pong repeats the payload of its ping (§5.5.3), so a time in the payload comes back.
///
/// ```
/// use websocket_proto::*;
///
/// # let mut outgoing = Outgoing::new();
/// # let mut connection = Connection::established(Role::Server, None, Config::default(), Time::ZERO);
/// # let clock = std::time::Instant::now();
/// let millis = || clock.elapsed().as_millis() as u64;
/// connection.send_ping(&millis().to_be_bytes(), &mut outgoing)?;
/// # let event = Event::MessageEnd;
/// if let Event::Pong { payload, .. } = event && let Ok(sent) = payload.try_into() {
///     println!("{} ms", millis() - u64::from_be_bytes(sent));
/// }
/// # Ok::<(), SendError>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Keepalive {
    /// How long the peer may be silent before it is sent a ping. Zero turns the keepalive off, as
    /// pings and their answers would follow each other without a pause. Default: 30 s, as many
    /// proxies drop connections that were idle for 60 s.
    pub interval: Duration,
    /// How long the peer may stay silent after it has received the ping before it counts as dead.
    /// Default: 20 s.
    ///
    /// A slow peer receives the ping late, after what was written before. So this time begins when a
    /// peer that reads 16 KiB in a second would have read all of that: what still waits to be
    /// written, and up to 4 MiB (256 s) of what was written since the last answer to a ping. If
    /// output that waited leaves meanwhile, the time begins anew.
    pub timeout: Duration,
    /// The code of the Close frame that is queued for a peer that counts as dead. One that must not
    /// be sent counts as the default: 1011.
    pub close_code: CloseCode,
    /// Whether a ping is also sent every [`interval`](Self::interval) while the peer sends, to
    /// measure the round-trip time. The next ping waits for the pong of the last one, but no longer
    /// than [`timeout`](Self::timeout). Any byte is still a sign of life. Default: false.
    pub when_busy: bool,
}

impl Default for Keepalive {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(20),
            close_code: CloseCode::INTERNAL_ERROR,
            when_busy: false,
        }
    }
}

/// Whether messages are delivered whole or in chunks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// One event for each message, once it is complete.
    #[default]
    Whole,
    /// [`MessageStart`](crate::Event::MessageStart), then a
    /// [`MessageChunk`](crate::Event::MessageChunk) whenever bytes of the message arrive, then
    /// [`MessageEnd`](crate::Event::MessageEnd): for messages larger than memory.
    ///
    /// The limits hold all the same. Raise both [`Limits::message`] and [`Limits::frame`] to what
    /// is expected, as a peer may send such a message in a single frame.
    Streaming,
}
