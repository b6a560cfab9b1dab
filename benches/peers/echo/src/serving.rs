//! A process that is a server.

use std::io::{self, Read};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

use crate::peers;

/// As one of the servers: says where it listens, and ends with its input.
pub fn serve(name: &str) -> io::Result<()> {
    allow_many_files()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(accept(name))
}

/// As many as this user may have.
pub(crate) fn allow_many_files() -> io::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}

async fn accept(name: &str) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    std::thread::spawn(|| {
        let _ = io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        peers::spawn(name, stream);
    }
}
