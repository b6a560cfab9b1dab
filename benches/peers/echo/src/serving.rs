//! The work of a server process.

use std::io::{self, Read};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

use crate::peers;
use crate::work::Work;

/// Runs the server of this name: prints its address, and serves until the standard input ends.
pub fn serve(name: &str, work: Work) -> io::Result<()> {
    allow_many_files()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(accept(name, work))
}

/// Lets this process open as many files as this user may.
pub(crate) fn allow_many_files() -> io::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}

async fn accept(name: &str, work: Work) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    std::thread::spawn(|| {
        let _ = io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        peers::spawn(name, stream, work);
    }
}
