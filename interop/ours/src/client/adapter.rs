//! Opening a connection, on each adapter.

use std::net::TcpStream;

use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::{Error, MaybeTls, blocking, smol as on_smol, tokio as on_tokio};

use crate::settings::Settings;
use crate::socket::Socket;

pub(super) trait Adapter {
    type Socket: Socket;

    async fn open(&self, request: &ClientRequest, with: &Settings) -> Result<Self::Socket, Error>;
}

pub(super) struct Blocking;
pub(super) struct OnTokio;
pub(super) struct OnSmol;

impl Adapter for Blocking {
    type Socket = blocking::WebSocket<MaybeTls<TcpStream>>;

    async fn open(&self, request: &ClientRequest, with: &Settings) -> Result<Self::Socket, Error> {
        blocking::dial(request, with.config, &with.dial)
    }
}

impl Adapter for OnTokio {
    type Socket = on_tokio::WebSocket;

    async fn open(&self, request: &ClientRequest, with: &Settings) -> Result<Self::Socket, Error> {
        on_tokio::dial(request, with.config, &with.dial).await
    }
}

impl Adapter for OnSmol {
    type Socket = on_smol::WebSocket;

    async fn open(&self, request: &ClientRequest, with: &Settings) -> Result<Self::Socket, Error> {
        on_smol::dial(request, with.config, &with.dial).await
    }
}
