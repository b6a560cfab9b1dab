//! Thousands of connections that come, talk, stall, break and go, for as long as is wanted.
//!
//! A server on the adapter for tokio, with two workers, and its peers in a process of their own. In the
//! end, the server is shut down in the midst of it. Every message is accounted for on both sides, each
//! connection has to end once, and the server's memory and open files have to stay as they are.

mod account;
mod heap;
mod options;
mod peers;
mod plan;
mod random;
mod record;
mod server;
mod usage;

use std::error::Error;
use std::process::ExitCode;

use options::{HELP, Options};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The environment variable that makes this program the peers of the servers at two addresses: in
/// plain, and over TLS.
const PEERS_OF: &str = "SOAK_PEERS_OF";
/// The environment variable with the certificate of the server, in PEM.
const CERTIFICATE: &str = "SOAK_CERTIFICATE";
/// The line with which the peers confirm that the server will shut down.
const OVER: &str = "over";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("soak: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool, Box<dyn Error>> {
    let Some(options) = Options::read()? else {
        println!("{HELP}");
        return Ok(true);
    };
    allow_many_files()?;
    match std::env::var(PEERS_OF) {
        Ok(addresses) => peers::run(&addresses, options).map(|()| true),
        Err(_) => server::run(options),
    }
}

/// Lets this process open as many files as this user may.
fn allow_many_files() -> Result<(), rustix::io::Errno> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
}
