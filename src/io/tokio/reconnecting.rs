//! The client that connects again, on tokio.

use std::sync::Arc;

use ::tokio::io::{AsyncRead, AsyncWrite};
use ::tokio::net::TcpStream;
use ::tokio::time::sleep;

use super::super::{Dial, Error, MaybeTls, task};
use super::{WebSocket, Wire, dial};
use crate::Config;
use crate::backoff::Backoff;
use crate::handshake::ClientRequest;

/// A client that connects again when it has lost its connection. The [page of the
/// type](task::Reconnecting) says when it gives up. Methods that wait panic outside of a [runtime
/// with timers](crate::io::tokio#the-runtime).
///
/// ```no_run
/// # async fn example() -> Result<(), websocket_proto::io::Error> {
/// use websocket_proto::backoff::Backoff;
/// use websocket_proto::io::{Update, tokio::Reconnecting};
/// use websocket_proto::{Config, Event, handshake::ClientRequest};
///
/// let request = ClientRequest::new("ws://127.0.0.1:9001/")?;
/// let mut client = Reconnecting::new(request, Config::default(), Backoff::default());
/// while let Some(update) = client.receive().await {
///     match update {
///         // Without `?`: if the connection is lost again, `Update::Lost` says so next.
///         Update::Connected(_, sender) => drop(sender.send_text("subscribe").await),
///         Update::Event(Event::Text(text), _) => println!("{text}"),
///         Update::Event(..) => {}
///         Update::Lost(ending) => println!("lost the connection: {ending}"),
///         Update::Failed(error) => println!("cannot connect: {error}"),
///         Update::Waiting(delay) => println!("next attempt in {delay:?}"),
///         Update::GaveUp(reason) => println!("giving up: {reason}"),
///     }
/// }
/// # Ok(()) }
/// ```
pub type Reconnecting<S = MaybeTls<TcpStream>> = task::Reconnecting<Wire<S>>;

/// The sending side of a [`Reconnecting`] client, for other tasks.
pub type ReconnectingSender<S = MaybeTls<TcpStream>> = task::ReconnectingSender<Wire<S>>;

impl Reconnecting<MaybeTls<TcpStream>> {
    /// A client that connects as [`connect_with`](super::connect_with) does, for the first time when
    /// [`receive`](Self::receive) is awaited.
    pub fn new(request: ClientRequest, config: impl Into<Arc<Config>>, backoff: Backoff) -> Self {
        Self::with_options(request, config, Dial::new(), backoff)
    }

    /// A client that connects as [`dial`] does, with these options each time.
    pub fn with_options(
        request: ClientRequest,
        config: impl Into<Arc<Config>>,
        options: Dial,
        backoff: Backoff,
    ) -> Self {
        let config = config.into();
        let attempt = move || {
            let (request, config, options) = (request.clone(), config.clone(), options.clone());
            async move { dial(&request, config, &options).await }
        };
        Self::with_dial(attempt, backoff)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Reconnecting<S> {
    #[doc = include_str!("../task/docs/with_dial.md")]
    ///
    /// ```
    /// use websocket_proto::backoff::{Advice, Backoff, Disconnect};
    /// use websocket_proto::io::tokio::{Reconnecting, connect_with};
    /// use websocket_proto::{Config, handshake::ClientRequest};
    ///
    /// # async fn fetch_token() -> std::io::Result<String> { Ok(String::new()) }
    /// let dial = || async {
    ///     // If this fails, another attempt follows.
    ///     let token = fetch_token().await?;
    ///     let request = ClientRequest::new("ws://127.0.0.1:9001/")?.bearer(&token)?;
    ///     connect_with(&request, Config::default()).await
    /// };
    /// let mut backoff = Backoff::default();
    /// // The next attempt has another token, so it need not be refused as this one was.
    /// backoff.advise = |disconnect| match disconnect {
    ///     Disconnect::Refused(401) => Advice::Retry,
    ///     other => other.default_advice(),
    /// };
    /// let client = Reconnecting::with_dial(dial, backoff);
    /// ```
    pub fn with_dial<F>(mut dial: impl FnMut() -> F + Send + 'static, backoff: Backoff) -> Self
    where
        F: Future<Output = Result<WebSocket<S>, Error>> + Send + 'static,
    {
        let dial = Box::new(move || Box::pin(dial()) as _);
        Self::assemble(dial, |delay| Box::pin(sleep(delay)), backoff)
    }
}
