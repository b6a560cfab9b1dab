//! Connecting as a client, from a name to an open WebSocket.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::Duration;

use super::super::MaybeTls;
use super::super::connect_error::Reason;
use super::super::dial::Dial;
use super::super::dialing::{Dialing, Exchange, Layer, Next};
use super::super::redirects::Redirects;
use super::reconnecting::BoxFuture;
use super::within::within;
use super::{Error, WebSocket, Wire, client};
use crate::handshake::ClientRequest;
use crate::{Config, Time};

/// The sockets and the timer that a runtime provides.
pub(in crate::io) trait Network {
    type Tcp: Unpin + 'static;
    type Wire: Wire<Stream = MaybeTls<Self::Tcp>>;

    fn now() -> Time;

    fn sleep(duration: Duration) -> BoxFuture<()>;

    fn look_up(host: String, port: u16) -> BoxFuture<io::Result<Vec<SocketAddr>>>;

    /// Connects a blocking socket, which is not connected yet.
    fn connect(socket: TcpStream, address: SocketAddr) -> BoxFuture<io::Result<Self::Tcp>>;

    /// Does the handshake of the TLS session around the stream.
    fn tls(stream: MaybeTls<Self::Tcp>) -> BoxFuture<io::Result<MaybeTls<Self::Tcp>>>;

    fn wire(stream: MaybeTls<Self::Tcp>) -> Self::Wire;

    fn stream(wire: Self::Wire) -> MaybeTls<Self::Tcp>;
}

/// Connects and does the handshake, again with each redirect that is followed.
pub(in crate::io) async fn dial<N: Network>(
    request: &ClientRequest,
    config: Arc<Config>,
    dial: &Dial,
) -> Result<WebSocket<N::Wire>, Error> {
    let mut redirects = Redirects::new(request, dial);
    loop {
        let result = open::<N>(&redirects, config.clone()).await;
        if let Some(result) = redirects.after(result) {
            return result;
        }
    }
}

async fn open<N: Network>(
    redirects: &Redirects<'_>,
    config: Arc<Config>,
) -> Result<WebSocket<N::Wire>, Error> {
    let stream = stream_to_server::<N>(redirects.dialing()?, config.handshake_timeout).await?;
    client(N::wire(stream), redirects.request(), config).await
}

/// A stream to the server, within this time.
pub(in crate::io) async fn stream_to_server<N: Network>(
    mut dialing: Dialing<'_>,
    limit: Duration,
) -> Result<MaybeTls<N::Tcp>, Error> {
    let dialed = within(N::sleep(limit), reach::<N>(&mut dialing)).await;
    dialing.finish(dialed.unwrap_or(Err(Reason::TimedOut(limit))))
}

/// A stream to the server.
async fn reach<N: Network>(dialing: &mut Dialing<'_>) -> Result<MaybeTls<N::Tcp>, Reason> {
    let (host, port) = dialing.target();
    let found = match dialing.known_addresses() {
        Some(addresses) => Ok(addresses),
        None => N::look_up(host.to_owned(), port).await,
    };
    dialing.begin(found)?;
    let mut stream = MaybeTls::plain(connect::<N>(dialing).await?);
    while let Some(layer) = dialing.next_layer()? {
        stream = match layer {
            Layer::Tls(session) => {
                N::tls(stream.with_session(session)).await.map_err(|error| dialing.fail(error))?
            }
            Layer::Tunnel(exchange) => tunnel::<N>(stream, exchange, dialing).await?,
        };
    }
    Ok(stream)
}

/// Connects to the address that is the first to answer. The other attempts are dropped.
async fn connect<N: Network>(dialing: &mut Dialing<'_>) -> Result<N::Tcp, Reason> {
    let mut attempts = Attempts::<N>(Vec::new());
    loop {
        let until = match dialing.next(N::now()) {
            Next::Try(address, socket) => {
                attempts.0.push((address, N::connect(socket, address)));
                continue;
            }
            Next::Wait(until) => until,
            Next::GiveUp => return Err(Reason::NoneLeft),
        };
        match attempts.outcome(until).await {
            Some((address, Ok(stream))) => {
                dialing.note_connected(address);
                return Ok(stream);
            }
            Some((address, Err(error))) => dialing.note_failure(address, error),
            None => {}
        }
    }
}

/// The attempts that are in progress.
struct Attempts<N: Network>(Vec<(SocketAddr, BoxFuture<io::Result<N::Tcp>>)>);

impl<N: Network> Attempts<N> {
    /// Waits until an attempt succeeds or fails; `None` if none does until then.
    async fn outcome(&mut self, until: Option<Time>) -> Option<(SocketAddr, io::Result<N::Tcp>)> {
        let mut timer = until.map(|until| N::sleep(until.since(N::now())));
        poll_fn(|cx| {
            for at in 0..self.0.len() {
                let (address, attempt) = &mut self.0[at];
                if let Poll::Ready(result) = attempt.as_mut().poll(cx) {
                    let address = *address;
                    drop(self.0.remove(at));
                    return Poll::Ready(Some((address, result)));
                }
            }
            match &mut timer {
                Some(timer) => timer.as_mut().poll(cx).map(|()| None),
                None => Poll::Pending,
            }
        })
        .await
    }
}

/// Has a proxy lead the stream to the server.
async fn tunnel<N: Network>(
    stream: MaybeTls<N::Tcp>,
    mut exchange: Exchange,
    dialing: &mut Dialing<'_>,
) -> Result<MaybeTls<N::Tcp>, Reason> {
    let (mut wire, mut space) = (N::wire(stream), [0; 1024]);
    loop {
        let output = exchange.output();
        write_all(&mut wire, &output).await.map_err(|error| dialing.fail(error))?;
        let read = poll_fn(|cx| wire.poll_read(cx, &mut space)).await;
        let len = read.map_err(|error| dialing.fail(error))?;
        if exchange.receive(&space[..len])? {
            return Ok(N::stream(wire));
        }
    }
}

async fn write_all(wire: &mut impl Wire, mut output: &[u8]) -> io::Result<()> {
    poll_fn(|cx| {
        while !output.is_empty() {
            match ready!(wire.poll_write(cx, &[IoSlice::new(output)]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                len => output = &output[len..],
            }
        }
        wire.poll_flush(cx)
    })
    .await
}
