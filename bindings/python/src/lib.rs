//! The native half of the Python package `websocket_proto`: what its modules import as `_core`.
//!
//! What a Python programmer sees is described in `python/websocket_proto/_core.pyi`.

use pyo3::prelude::*;

mod attributes;
mod backoff;
mod client_request;
mod clock;
mod config;
mod connection;
mod deflate;
mod ending;
mod errors;
mod events;
mod exclusive;
mod headers;
mod link;
mod options;
mod payload;
mod prepared;
mod proxy;
mod proxy_errors;
mod request;
mod response;
mod totals;

#[pymodule]
mod _core {
    use super::*;

    #[pymodule_export]
    use crate::backoff::{Backoff, GiveUp};
    #[pymodule_export]
    use crate::client_request::ClientRequest;
    #[pymodule_export]
    use crate::config::{Config, Keepalive};
    #[pymodule_export]
    use crate::connection::Connection;
    #[pymodule_export]
    use crate::deflate::{Deflate, DeflateParameters};
    #[pymodule_export]
    use crate::ending::Ending;
    #[pymodule_export]
    use crate::errors::known_errors;
    #[pymodule_export]
    use crate::events::{
        Binary, Chunk, Close, End, Ended, Failed, Open, Ping, Pong, Refused, Start, Text,
    };
    #[pymodule_export]
    use crate::headers::Headers;
    #[pymodule_export]
    use crate::link::{Link, Recv, Send};
    #[pymodule_export]
    use crate::prepared::Prepared;
    #[pymodule_export]
    use crate::proxy::{Proxy, Tunnel};
    #[pymodule_export]
    use crate::request::Request;
    #[pymodule_export]
    use crate::response::Response;
    #[pymodule_export]
    use crate::totals::{Totals, Traffic};

    #[pymodule_init]
    fn initialize(module: &Bound<'_, PyModule>) -> PyResult<()> {
        clock::set_up(module.py())?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
