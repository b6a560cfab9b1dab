//! Offers of permessage-deflate and the responses to them (RFC 7692 §5, §7.1).

use core::fmt;

use super::list::{Extension, Parameter};
use super::window_bits::WindowBits;

/// A client's offer of permessage-deflate (RFC 7692 §7.1).
///
/// The default is what browsers offer: it asks nothing of the server, and lets the server ask for a
/// client window of any size. Start from the default and change fields. The
/// [`Display`](fmt::Display) form is an element of `Sec-WebSocket-Extensions`.
///
/// The default and what begins with `client_` are safe with every server. Some servers accept an
/// offer that asks for something (the fields that begin with `server_`) without confirming it; the
/// handshake then fails, unless
/// [`Leniency::unconfirmed_deflate`](crate::Leniency::unconfirmed_deflate) lets it go on.
///
/// ```
/// use websocket_proto::handshake::{DeflateOffer, WindowBits};
///
/// let mut offer = DeflateOffer::default();
/// assert_eq!(offer.to_string(), "permessage-deflate; client_max_window_bits");
/// offer.client_max_window_bits = WindowBits::new(10);
/// assert_eq!(offer.to_string(), "permessage-deflate; client_max_window_bits=10");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DeflateOffer {
    /// Asks the server to begin each message with an empty window, so that the client can discard
    /// its copy of the window between messages. A server that does not confirm this declines the
    /// offer (RFC 7692 §7.1.1.1). Default: `false`.
    pub server_no_context_takeover: bool,
    /// Promises that the client begins each message with an empty window, whether or not the server
    /// confirms this (RFC 7692 §7.1.1.2). Default: `false`.
    pub client_no_context_takeover: bool,
    /// Asks the server for a window of at most this size. A server that does not confirm this, or
    /// confirms a larger window, declines the offer (RFC 7692 §7.1.2.1). Many servers cannot
    /// compress with a window of 8 bits. Default: `None`, which leaves the choice to the server.
    pub server_max_window_bits: Option<WindowBits>,
    /// Promises that the client's window has at most this size, and lets the server ask for a
    /// smaller one. With `None`, the server cannot ask (RFC 7692 §7.1.2.2). Default: 15, which
    /// promises nothing and is written without a value.
    pub client_max_window_bits: Option<WindowBits>,
}

/// A server's response, which has the same parameters as an offer. Its window for the client is
/// never 15 bits, which would be written without a value.
pub(in crate::handshake) type DeflateResponse = DeflateOffer;

/// The side that wrote an element.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writer {
    Client,
    Server,
}

impl DeflateOffer {
    const NAME: &str = "permessage-deflate";

    /// An offer without parameters.
    const PLAIN: Self = Self {
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        server_max_window_bits: None,
        client_max_window_bits: None,
    };

    /// Whether the element is about permessage-deflate. Its name is compared with case.
    pub(super) fn is_named(extension: Extension<'_>) -> bool {
        extension.name == Self::NAME.as_bytes()
    }

    /// Reads an offer. `None` for other extensions, and for an offer that must be declined because
    /// a parameter is unknown, occurs twice or has an invalid value (RFC 7692 §7.1).
    pub(in crate::handshake) fn read(extension: Extension<'_>) -> Option<Self> {
        Self::read_by(Writer::Client, extension)
    }

    /// Reads an offer or a response, depending on who wrote it.
    fn read_by(writer: Writer, extension: Extension<'_>) -> Option<Self> {
        let start = Self::is_named(extension).then_some(Self::PLAIN);
        extension.parameters().try_fold(start?, |offer, parameter| offer.with(parameter, writer))
    }

    /// Adds a parameter. `None` if it is unknown, invalid or there already.
    fn with(mut self, parameter: Parameter<'_>, writer: Writer) -> Option<Self> {
        match (parameter.name, parameter.value) {
            (b"server_no_context_takeover", None) => {
                set_flag_once(&mut self.server_no_context_takeover)?
            }
            (b"client_no_context_takeover", None) => {
                set_flag_once(&mut self.client_no_context_takeover)?
            }
            (b"server_max_window_bits", Some(value)) => {
                set_bits_once(&mut self.server_max_window_bits, WindowBits::read(value)?)?;
            }
            (b"client_max_window_bits", Some(value)) => {
                set_bits_once(&mut self.client_max_window_bits, WindowBits::read(value)?)?;
            }
            // RFC 7692 §7.1.2.2: an offer may leave out the value, but a response may not.
            (b"client_max_window_bits", None) if writer == Writer::Client => {
                set_bits_once(&mut self.client_max_window_bits, WindowBits::MAX)?;
            }
            _ => return None,
        }
        Some(self)
    }
}

/// Reads a response. `None` for other extensions, and for a response with which the client must
/// fail the handshake.
pub(super) fn read_response(extension: Extension<'_>) -> Option<DeflateResponse> {
    DeflateOffer::read_by(Writer::Server, extension)
}

/// Sets the flag. `None` if it is set already (RFC 7692 §7.1: no parameter occurs twice).
fn set_flag_once(flag: &mut bool) -> Option<()> {
    (!core::mem::replace(flag, true)).then_some(())
}

/// Sets the size of a window. `None` if it is set already.
fn set_bits_once(bits: &mut Option<WindowBits>, new: WindowBits) -> Option<()> {
    bits.replace(new).is_none().then_some(())
}

impl Default for DeflateOffer {
    fn default() -> Self {
        Self { client_max_window_bits: Some(WindowBits::MAX), ..Self::PLAIN }
    }
}

impl fmt::Display for DeflateOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::NAME)?;
        if self.server_no_context_takeover {
            f.write_str("; server_no_context_takeover")?;
        }
        if self.client_no_context_takeover {
            f.write_str("; client_no_context_takeover")?;
        }
        if let Some(bits) = self.server_max_window_bits {
            write!(f, "; server_max_window_bits={bits}")?;
        }
        match self.client_max_window_bits {
            Some(WindowBits::MAX) => f.write_str("; client_max_window_bits"),
            Some(bits) => write!(f, "; client_max_window_bits={bits}"),
            None => Ok(()),
        }
    }
}
