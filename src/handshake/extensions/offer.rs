//! Offers of permessage-deflate and the responses to them (RFC 7692 §5, §7.1).

use core::fmt;

use super::list::{Extension, Parameter};
use super::window_bits::WindowBits;

/// A client's offer of permessage-deflate (RFC 7692 §7.1).
///
/// The default is what browsers offer: nothing is asked of the server, and the server may ask for
/// any window. Start from it and change fields. Its [`Display`](fmt::Display) form is an element of
/// `Sec-WebSocket-Extensions`.
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
    /// Asks the server to begin each message with an empty window, so that this side can throw
    /// its own away between messages. A server that does not confirm it has declined
    /// (RFC 7692 §7.1.1.1). Default: no.
    pub server_no_context_takeover: bool,
    /// Promises that the client begins each message with an empty window, whether the server
    /// confirms it or not (RFC 7692 §7.1.1.2). Default: no.
    pub client_no_context_takeover: bool,
    /// Asks the server for a window of this size at most. A server that does not confirm it, or
    /// confirms a larger one, has declined; many cannot compress with 8 (RFC 7692 §7.1.2.1).
    /// Default: none, the server's choice.
    pub server_max_window_bits: Option<WindowBits>,
    /// Promises that the client's window is of this size at most, and lets the server ask for a
    /// smaller one; with `None` it cannot ask (RFC 7692 §7.1.2.2). Default: 15, which promises
    /// nothing and is written without a value.
    pub client_max_window_bits: Option<WindowBits>,
}

/// A server's response is made of the same parameters. It never has a window of 15 for the
/// client, which would be written without a value.
pub(in crate::handshake) type DeflateResponse = DeflateOffer;

/// Who wrote an element.
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

    /// Whether the element is about permessage-deflate, to the letter.
    pub(super) fn is_named(extension: Extension<'_>) -> bool {
        extension.name == Self::NAME.as_bytes()
    }

    /// The offer in an element; `None` for other extensions, and for one that has to be declined
    /// (RFC 7692 §7.1): a parameter is unknown, comes twice, or has a value that it cannot have.
    pub(in crate::handshake) fn read(extension: Extension<'_>) -> Option<Self> {
        Self::read_by(Writer::Client, extension)
    }

    fn read_by(writer: Writer, extension: Extension<'_>) -> Option<Self> {
        let start = Self::is_named(extension).then_some(Self::PLAIN);
        extension.parameters().try_fold(start?, |offer, parameter| offer.with(parameter, writer))
    }

    fn with(mut self, parameter: Parameter<'_>, writer: Writer) -> Option<Self> {
        match (parameter.name, parameter.value) {
            (b"server_no_context_takeover", None) => set(&mut self.server_no_context_takeover)?,
            (b"client_no_context_takeover", None) => set(&mut self.client_no_context_takeover)?,
            (b"server_max_window_bits", Some(value)) => {
                put(&mut self.server_max_window_bits, WindowBits::read(value)?)?;
            }
            (b"client_max_window_bits", Some(value)) => {
                put(&mut self.client_max_window_bits, WindowBits::read(value)?)?;
            }
            // RFC 7692 §7.1.2.2: the value may be left out in an offer, not in a response.
            (b"client_max_window_bits", None) if writer == Writer::Client => {
                put(&mut self.client_max_window_bits, WindowBits::MAX)?;
            }
            _ => return None,
        }
        Some(self)
    }
}

/// The response in an element; `None` for other extensions, and for one that has to be failed.
pub(super) fn read_response(extension: Extension<'_>) -> Option<DeflateResponse> {
    DeflateOffer::read_by(Writer::Server, extension)
}

/// `None` if it is set already (RFC 7692 §7.1: no parameter comes twice).
fn set(flag: &mut bool) -> Option<()> {
    (!core::mem::replace(flag, true)).then_some(())
}

/// `None` if there is one already.
fn put(bits: &mut Option<WindowBits>, new: WindowBits) -> Option<()> {
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
