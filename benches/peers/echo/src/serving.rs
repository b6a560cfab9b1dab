//! The work of a server process.

use std::io::{self, Read};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio_rustls::TlsAcceptor;
use websocket_proto::io::tls::ServerTls;

use crate::over::Over;
use crate::work::Work;
use crate::{peers, tls};

/// Runs the server of this name: prints its address, and serves until the standard input ends.
pub fn serve(name: &str, over: Over, work: Work) -> io::Result<()> {
    allow_many_files()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(accept(name, over, work))
}

/// Lets this process open as many files as this user may.
pub(crate) fn allow_many_files() -> io::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}

async fn accept(name: &str, over: Over, work: Work) -> io::Result<()> {
    let spawn: Box<dyn Fn(TcpStream)> = match over {
        Over::Tcp if work == Work::Broadcast => peers::broadcaster(name),
        Over::Tcp => Box::new(|stream| peers::spawn(name, stream, work)),
        Over::Tls => {
            let config = tls::server_config().map_err(io::Error::other)?;
            let (ours, theirs) =
                (ServerTls::from_config(config.clone()), TlsAcceptor::from(config));
            Box::new(move |stream| peers::spawn_over_tls(name, stream, work, &ours, &theirs))
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    std::thread::spawn(|| {
        let _ = io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        spawn(stream);
    }
}
