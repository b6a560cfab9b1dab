//! The exchange with a proxy, whichever kind it is.

use alloc::vec::Vec;
use core::fmt;

use super::super::uri::Uri;
use super::error::ProxyError;
use super::http_connect::HttpConnect;
use super::socks5::Socks5;
use super::url::Proxy;

/// The exchange with a proxy that leads to a server, without I/O.
///
/// Write [`take_output`](Self::take_output) to the stream, pass what is read from it to
/// [`receive`](Self::receive), and repeat both until the tunnel is open. The result does not depend
/// on how the input is cut. There is no deadline here: the caller has the clock. At most 50 KiB are
/// held.
///
/// [`Debug`] does not show what is sent, as there may be credentials in it.
pub struct Tunnel {
    output: Vec<u8>,
    state: State,
}

enum State {
    Http(HttpConnect),
    Socks(Socks5),
    Open,
    Failed(ProxyError),
}

/// How far [`Tunnel::receive`] got.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a loop has to know them all")]
pub enum TunnelProgress {
    /// The proxy's answer is not complete. Write what [`Tunnel::take_output`] returns, and read more.
    NeedBytes,
    /// The stream leads to the server. The bytes arrived after the proxy's answer, and are the first
    /// ones of the server; usually there are none.
    Open(Vec<u8>),
}

impl Tunnel {
    /// Begins the exchange with the proxy, to reach the host and the port of the URI.
    ///
    /// # Errors
    ///
    /// [`ProxyError::HostTooLong`] for a SOCKS5 proxy and a host of more than 255 bytes.
    pub fn new(proxy: &Proxy, uri: &Uri) -> Result<Self, ProxyError> {
        let mut output = Vec::new();
        let state = if proxy.is_socks() {
            State::Socks(Socks5::new(proxy, uri, &mut output)?)
        } else {
            State::Http(HttpConnect::new(proxy, uri, &mut output))
        };
        Ok(Self { output, state })
    }

    /// Takes the bytes that have to be written to the proxy; empty if there are none.
    pub fn take_output(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.output)
    }

    /// Reads what the proxy has sent. When the tunnel is open, all further input belongs to the
    /// server, and is returned.
    ///
    /// # Errors
    ///
    /// Any [`ProxyError`] but `Closed` and `HostTooLong`: the proxy does not lead to the server. The
    /// stream must be closed. Further calls return the same error.
    pub fn receive(&mut self, input: &[u8]) -> Result<TunnelProgress, ProxyError> {
        let read = match &mut self.state {
            State::Http(connect) => connect.read(input),
            State::Socks(socks) => socks.read(input, &mut self.output),
            State::Open => Ok(Some(0)),
            State::Failed(error) => return Err(error.clone()),
        };
        match read {
            Ok(None) => Ok(TunnelProgress::NeedBytes),
            Ok(Some(consumed)) => {
                self.state = State::Open;
                Ok(TunnelProgress::Open(input.get(consumed..).unwrap_or_default().into()))
            }
            Err(error) => {
                self.state = State::Failed(error.clone());
                Err(error)
            }
        }
    }

    /// The error if the stream has ended: [`ProxyError::Closed`], or the one that
    /// [`receive`](Self::receive) returned before.
    pub fn receive_eof(&mut self) -> ProxyError {
        if let State::Failed(error) = &self.state {
            return error.clone();
        }
        self.state = State::Failed(ProxyError::Closed);
        ProxyError::Closed
    }
}

impl fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tunnel").field("output_len", &self.output.len()).finish_non_exhaustive()
    }
}
