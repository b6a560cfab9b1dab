//! Our side of the matrix. What the two programs do is in `interop/README.md`.
//!
//! ```text
//! interop server --io std|tokio|smol
//! interop client --io std|tokio|smol URL CELL...
//! ```
//!
//! The server prints a line of JSON for each connection that has ended, and ends when its standard
//! input does.

mod client;
mod samples;
mod server;
mod settings;
mod socket;

use std::env::args;
use std::io;

use settings::Settings;

fn main() -> io::Result<()> {
    let arguments: Vec<_> = args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let settings = Settings::from_environment()?;
    match arguments[..] {
        ["server", "--io", adapter] => server::run(adapter, settings),
        ["client", "--io", adapter, url, ref cells @ ..] => {
            client::run(adapter, settings, url, cells)
        }
        _ => Err(usage("server --io NAME, or client --io NAME URL CELL...")),
    }
}

/// The error for arguments that make no sense.
fn usage(wanted: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("wanted: {wanted}"))
}

/// The error for an adapter that there is not.
fn no_such_adapter(name: &str) -> io::Error {
    usage(&format!("--io std, tokio or smol, not {name}"))
}
