//! Programs as somebody writes them after reading one page of the documentation, and what their
//! peers receive, frame by frame to the end of the stream. On both runtimes, in both roles, plain
//! and over TLS.
#![cfg(all(feature = "tokio", feature = "smol", feature = "tls", feature = "futures"))]

mod feed;
mod meeting;
mod peer;
mod program;
mod rows;
mod sending;
mod servers;
mod tungstenite;

// What the example is made of, under the names that it has there.
#[path = "../../../examples/echo/smol.rs"]
mod echo_on_smol;
#[path = "../../../examples/echo/tokio.rs"]
mod echo_on_tokio;
#[path = "../../../examples/echo/tls.rs"]
#[expect(dead_code, reason = "what loads certificates")]
mod tls;

/// After this time a test is regarded as hanging. It is much longer than any test takes.
const GUARD: std::time::Duration = std::time::Duration::from_secs(20);
