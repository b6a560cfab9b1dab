#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc(test(attr(deny(warnings), allow(dead_code, unused_variables))))]

mod rejection;
mod socket;
mod upgrade;

pub use rejection::WebSocketUpgradeRejection;
pub use socket::WebSocket;
pub use upgrade::WebSocketUpgrade;
#[cfg(feature = "deflate")]
pub use websocket_proto::Deflate;
pub use websocket_proto::handshake::OriginPolicy;
pub use websocket_proto::io::{Error, hyper::Receiver, hyper::Sender, tokio::GracefulShutdown};
pub use websocket_proto::{CloseCode, Config, Event, Message, Utf8Bytes};
