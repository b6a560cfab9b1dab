//! The WebSockets of the server, which have names so that a client can ask for them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::Version;
use tokio::sync::watch;
use websocket_proto::handshake::{self, Acceptance, OriginPolicy, Rejection};
use websocket_proto::io::Error;
use websocket_proto::io::hyper::{Offer, Upgrading, WebSocket};
use websocket_proto::io::tokio::GracefulShutdown;
use websocket_proto::{CloseCode, Config, Deflate, Event};

use super::Answer;

/// All that there were, by name.
#[derive(Default)]
pub(super) struct Sockets(Mutex<HashMap<String, Arc<Known>>>);

/// What is known of a WebSocket.
#[derive(Default)]
struct Known {
    may_read: watch::Sender<bool>,
    ending: watch::Sender<Option<String>>,
}

/// What a client wants of its WebSocket.
struct Visit {
    version: Version,
    /// The two cookies of the request, if they are to be sent first.
    cookies: Option<String>,
    close: Option<CloseCode>,
    is_deaf: bool,
}

impl Sockets {
    pub(super) fn open(&self, offer: Offer, shutdown: &GracefulShutdown) -> Answer {
        let asked = offer.request();
        if !asked.is_origin_allowed(&OriginPolicy::SameHost) {
            return Rejection::forbidden().text("not from this page\n").into();
        }
        let known = self.known(&asked.query_parameter("id").unwrap_or_default());
        let visit = Visit::of(&offer);
        let acceptance = Acceptance::new().choose_subprotocol(asked, &[visit.subprotocol()]);
        let mut config = Config::default();
        config.deflate = wants(asked, "deflate").then(Deflate::default);
        match offer.respond(&acceptance, config) {
            Ok((answer, upgrading)) => {
                tokio::spawn(visit.serve(upgrading, known, shutdown.clone()));
                answer
            }
            Err(error) => error.into(),
        }
    }

    /// How the WebSocket ended. Waits until it has.
    pub(super) async fn seen(&self, id: &str) -> String {
        let mut ending = self.known(id).ending.subscribe();
        let seen = ending.wait_for(Option::is_some).await;
        seen.map_or_else(|_| "lost".into(), |seen| seen.clone().unwrap_or_default())
    }

    pub(super) fn read(&self, id: &str) -> String {
        self.known(id).may_read.send_replace(true);
        String::new()
    }

    fn known(&self, id: &str) -> Arc<Known> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(id.into()).or_default().clone()
    }
}

impl Visit {
    fn of(offer: &Offer) -> Self {
        let asked = offer.request();
        let cookies = || format!("{:?} {:?}", asked.cookie("a"), asked.cookie("b"));
        let close = asked.query_parameter("close").and_then(|code| code.parse().ok());
        Self {
            version: offer.version(),
            cookies: wants(asked, "cookies").then(cookies),
            close: close.map(CloseCode::new),
            is_deaf: wants(asked, "deaf"),
        }
    }

    fn subprotocol(&self) -> &'static str {
        if self.version == Version::HTTP_2 { "h2" } else { "http1.1" }
    }

    async fn serve(self, upgrading: Upgrading, known: Arc<Known>, shutdown: GracefulShutdown) {
        let served = async {
            let mut socket = upgrading.await?;
            shutdown.watch(&mut socket);
            self.echo(socket, &known).await
        };
        let ending = served.await.unwrap_or_else(|error| error.to_string());
        known.ending.send_replace(Some(format!("{:?} {ending}", self.version)));
    }

    /// Sends each message back; returns how the WebSocket ended.
    async fn echo(&self, mut socket: WebSocket, known: &Known) -> Result<String, Error> {
        if let Some(cookies) = &self.cookies {
            socket.send_text(cookies).await?;
        }
        if self.is_deaf {
            let _ = known.may_read.subscribe().wait_for(|may_read| *may_read).await;
        }
        while let Some((event, reply)) = socket.receive().await? {
            match event {
                Event::Text(text) => reply.send_text(text).await?,
                Event::Binary(data) => reply.send_binary(data).await?,
                Event::Ended(ending) => return Ok(ending.to_string()),
                _ => continue,
            }
            if let Some(code) = self.close {
                return Ok(socket.close_with(code, "enough").await?.to_string());
            }
        }
        Ok(String::new())
    }
}

/// Whether this is a part of the query.
fn wants(asked: handshake::Request<'_>, wish: &str) -> bool {
    asked.query().is_some_and(|query| query.split('&').any(|part| part == wish))
}
