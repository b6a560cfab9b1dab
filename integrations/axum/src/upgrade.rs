//! The extractor, from a request to the task that has the WebSocket.

use std::fmt;
use std::sync::Arc;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::Response;
use http::request::Parts;
use http::{HeaderValue, Method, header::UPGRADE};
use websocket_proto::handshake::{Acceptance, OriginPolicy, Request};
use websocket_proto::io::{Error, hyper::Offer, hyper::accept_parts, tokio::GracefulShutdown};
use websocket_proto::{Config, Leniency};

use crate::{WebSocket, WebSocketUpgradeRejection as Rejection};

/// A request to open a WebSocket, as an argument of a handler: a GET of HTTP/1.1, or an Extended
/// CONNECT of HTTP/2 (RFC 8441), so route it with axum's `any`. As an `Option`, it is `None` for a
/// request that asks for no WebSocket.
#[must_use = "the WebSocket opens when the response of `on_upgrade` is returned"]
pub struct WebSocketUpgrade {
    offer: Offer,
    config: Arc<Config>,
    offered: Vec<HeaderValue>,
    selected: Option<HeaderValue>,
    shutdown: Option<GracefulShutdown>,
    on_failed_upgrade: Box<dyn FnOnce(Error) + Send>,
}

impl WebSocketUpgrade {
    /// The request, with its target, headers, origin, cookies and credentials.
    pub fn request(&self) -> Request<'_> {
        self.offer.request()
    }

    /// Checks where the page that asks is from. Without this, any page may connect, with the cookies
    /// that the browser has for this server.
    ///
    /// # Errors
    ///
    /// [`Rejection::Origin`], which is a response with the status 403.
    pub fn origin(self, policy: &OriginPolicy<'_>) -> Result<Self, Rejection> {
        let is_allowed = self.request().is_origin_allowed(policy);
        if is_allowed { Ok(self) } else { Err(Rejection::Origin) }
    }

    /// Sets all options of the connection, perhaps as an `Arc<Config>` that others share. Methods
    /// below change one of them. The default is that of [`Config`].
    #[doc(alias("accept_unmasked_frames", "max_write_buffer_size", "write_buffer_size"))]
    pub fn config(mut self, config: impl Into<Arc<Config>>) -> Self {
        self.config = config.into();
        self
    }

    /// Compresses messages if the client offers it (RFC 7692). Default: no compression.
    #[cfg(feature = "deflate")]
    pub fn deflate(mut self, deflate: websocket_proto::Deflate) -> Self {
        Arc::make_mut(&mut self.config).deflate = Some(deflate);
        self
    }

    /// The longest message that is accepted, in bytes. Default: 64 MiB.
    pub fn max_message_size(mut self, max: usize) -> Self {
        Arc::make_mut(&mut self.config).limits.message = max as u64;
        self
    }

    /// The longest frame that is accepted, in bytes. Default: 64 MiB.
    pub fn max_frame_size(mut self, max: usize) -> Self {
        Arc::make_mut(&mut self.config).limits.frame = max as u64;
        self
    }

    /// Chooses the first of these subprotocols that the client offers, or none.
    pub fn protocols<I: IntoIterator<Item: AsRef<str>>>(mut self, supported: I) -> Self {
        let is_offered = |name: I::Item| self.offered.iter().find(|one| *one == name.as_ref());
        self.selected = supported.into_iter().find_map(is_offered).cloned();
        self
    }

    /// The subprotocols that the client offers, in its order.
    pub fn requested_protocols(&self) -> impl Iterator<Item = &HeaderValue> {
        self.offered.iter()
    }

    /// Chooses a subprotocol, or none if the client does not offer it.
    pub fn set_selected_protocol(&mut self, protocol: HeaderValue) {
        self.selected = Some(protocol).filter(|name| self.offered.contains(name));
    }

    /// The subprotocol that was chosen.
    pub const fn selected_protocol(&self) -> Option<&HeaderValue> {
        self.selected.as_ref()
    }

    /// Closes the connection when the server shuts down; see [`GracefulShutdown::watch`].
    pub fn watch(mut self, shutdown: &GracefulShutdown) -> Self {
        self.shutdown = Some(shutdown.clone());
        self
    }

    /// Sets what is called if no WebSocket opens after [`on_upgrade`](Self::on_upgrade), because the
    /// connection failed or another response took the place of ours.
    pub fn on_failed_upgrade(mut self, callback: impl FnOnce(Error) + Send + 'static) -> Self {
        self.on_failed_upgrade = Box::new(callback);
        self
    }

    /// The response that accepts the request. When hyper has written it, `callback` gets the
    /// WebSocket, in a task of its own. Panics outside of a tokio runtime, where no handler runs.
    pub fn on_upgrade<F: Future<Output = ()> + Send + 'static>(
        self,
        callback: impl FnOnce(WebSocket) -> F + Send + 'static,
    ) -> Response {
        let Self { offer, config, selected: protocol, shutdown, on_failed_upgrade, .. } = self;
        let chosen: Vec<_> = protocol.iter().flat_map(HeaderValue::to_str).collect();
        let acceptance = Acceptance::new().choose_subprotocol(offer.request(), &chosen);
        let (response, upgrading) = match offer.respond(&acceptance, config) {
            Ok(accepted) => accepted,
            Err(error) => return error.into(),
        };
        tokio::spawn(async move {
            match upgrading.await {
                Ok(mut inner) => {
                    shutdown.iter().for_each(|shutdown| shutdown.watch(&mut inner));
                    callback(WebSocket { inner, protocol }).await;
                }
                Err(error) => on_failed_upgrade(error),
            }
        });
        response
    }
}

impl fmt::Debug for WebSocketUpgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketUpgrade").field("offer", &self.offer).finish_non_exhaustive()
    }
}

impl<S: Sync> FromRequestParts<S> for WebSocketUpgrade {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let offer = accept_parts(parts, Leniency::default()).map_err(Rejection::Request)?;
        Ok(Self {
            offered: offer.request().subprotocols().flat_map(HeaderValue::from_str).collect(),
            offer,
            config: Arc::default(),
            selected: None,
            shutdown: None,
            on_failed_upgrade: Box::new(drop),
        })
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for WebSocketUpgrade {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Rejection> {
        let mut upgrades = parts.headers.get_all(UPGRADE).iter().flat_map(HeaderValue::to_str);
        let is_asked = upgrades.any(|list| list.to_ascii_lowercase().contains("websocket"));
        if !is_asked && parts.method != Method::CONNECT {
            return Ok(None);
        }
        <Self as FromRequestParts<S>>::from_request_parts(parts, state).await.map(Some)
    }
}
