//! Every choice and every bound, with its default.

use core::time::Duration;

use alloc::vec::Vec;

use crate::deflate::Deflate;
use crate::handshake::{DeflateOffer, DeflatePolicy, HeadRules};
use crate::{CloseCode, Leniency};

/// The choices of one connection. Start from [`Config::default`] and change fields.
///
/// ```
/// use websocket_proto::{Config, Connection, Time};
///
/// let mut config = Config::default();
/// config.limits.message = 1 << 20;
/// config.keepalive = None;
/// let connection = Connection::server(config, Time::ZERO);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The bounds on what the peer may send and on what may wait to be sent.
    pub limits: Limits,
    /// How messages are handed out. Default: [`Delivery::Whole`].
    pub delivery: Delivery,
    /// From the start of the connection to the end of the opening handshake, the application's
    /// decision included. Default: 10 s.
    pub handshake_timeout: Duration,
    /// For the whole closing exchange, from the first Close frame (or the refusal of a
    /// handshake) to the end of the transport. Default: 5 s.
    pub close_timeout: Duration,
    /// Pings in times of silence. Default: on, see [`Keepalive`].
    pub keepalive: Option<Keepalive>,
    /// How long the transport may take no byte of waiting output. Default: 30 s.
    pub write_timeout: Option<Duration>,
    /// From the first byte of a message to its last, however lively the peer is otherwise.
    /// Default: none.
    pub message_timeout: Option<Duration>,
    /// Departures from the protocol to put up with. Default: none.
    pub leniency: Leniency,
    /// Compression, where the peer wants it too. Default: off.
    #[cfg(feature = "deflate")]
    pub deflate: Option<Deflate>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            delivery: Delivery::Whole,
            handshake_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(5),
            keepalive: Some(Keepalive::default()),
            write_timeout: Some(Duration::from_secs(30)),
            message_timeout: None,
            leniency: Leniency::default(),
            #[cfg(feature = "deflate")]
            deflate: None,
        }
    }
}

impl Config {
    /// What the head of a request or response has to keep to.
    pub(crate) fn head_rules(&self) -> HeadRules {
        let Limits { head, headers, .. } = self.limits;
        HeadRules { max_len: head, max_headers: headers, leniency: self.leniency }
    }

    /// What compression a server agrees to, if to any.
    pub(crate) fn deflate_policy(&self) -> Option<&DeflatePolicy> {
        #[cfg(feature = "deflate")]
        return self.deflate.as_ref().map(|deflate| &deflate.policy);
        #[cfg(not(feature = "deflate"))]
        None
    }

    /// What compression a client offers, in its order of preference.
    pub(crate) fn deflate_offers(&self) -> Vec<DeflateOffer> {
        #[cfg(feature = "deflate")]
        return self.deflate.map_or_else(Vec::new, |deflate| deflate.offers());
        #[cfg(not(feature = "deflate"))]
        Vec::new()
    }

    /// How messages are compressed, if that was agreed on.
    pub(crate) fn deflate_or_default(&self) -> Deflate {
        #[cfg(feature = "deflate")]
        return self.deflate.unwrap_or_default();
        #[cfg(not(feature = "deflate"))]
        Deflate
    }
}

/// The bounds of one connection. Lengths are in bytes and inclusive: a message of exactly
/// `message` bytes passes.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// The longest message received. Default: 64 MiB, enough for most and survivable for a
    /// server; a violation is answered with 1009. In [`Delivery::Streaming`] it may be
    /// `u64::MAX`, as nothing is assembled.
    pub message: u64,
    /// The longest frame received. Default: 64 MiB, so that [`message`](Self::message) is the
    /// one that matters.
    pub frame: u64,
    /// The fragments a message may have beyond one for every 16 bytes of it so far, inflated or as
    /// they came, whichever is more. Default: 1,024: small fragments of a large message pass,
    /// floods of empty ones do not. A violation is answered with 1008.
    pub extra_fragments: u32,
    /// The longest request or response head. Default: 16 KiB, as large HTTP servers take.
    pub head: u32,
    /// The most headers of a request or response. Default: 64. The most that can be had is 128.
    pub headers: u16,
    /// The longest part of the body of a refusal that a client keeps. Default: 16 KiB.
    pub refusal_body: u32,
    /// Encoded and unwritten output above which sending is refused. Default: 1 MiB. The message
    /// being sent does not count, so any message can be sent while little else waits.
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: 64 << 20,
            frame: 64 << 20,
            extra_fragments: 1024,
            head: 16 << 10,
            headers: 64,
            refusal_body: 16 << 10,
            output: 1 << 20,
        }
    }
}

/// Pings in times of silence, and what an unanswered one leads to.
///
/// Any byte from the peer counts as life, so a slow message never looks like a dead peer.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Keepalive {
    /// The silence after which a ping is sent. Default: 30 s; proxies drop what is idle for 60. Zero
    /// means that none is sent and no peer counts as dead, as without a keepalive: answered pings
    /// would follow each other without a pause.
    pub interval: Duration,
    /// The further silence after which the peer counts as dead. Default: 20 s.
    pub timeout: Duration,
    /// The code of the Close frame queued for a peer that counts as dead. Default: 1011.
    pub close_code: CloseCode,
}

impl Default for Keepalive {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(20),
            close_code: CloseCode::INTERNAL_ERROR,
        }
    }
}

/// How messages are handed out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// One event a message, when it is complete.
    #[default]
    Whole,
    /// `Start`, any number of `Chunk`s as the bytes arrive, `End`: for messages larger than
    /// memory.
    Streaming,
}
