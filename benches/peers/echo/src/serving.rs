//! The work of a server process.

use std::io::{self, Read};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio_rustls::TlsAcceptor;
use websocket_proto::io::tls::ServerTls;

use crate::job::Job;
use crate::over::Over;
use crate::work::Work;
use crate::{peers, tls};

/// Runs a server: prints its address, and serves until the standard input ends. What it does is in
/// `job`, and after it the server's name.
pub fn serve(job: &str) -> io::Result<()> {
    let (job, name) =
        job.rsplit_once(':').ok_or_else(|| io::Error::other("a job without a name"))?;
    let job: Job = job.parse().map_err(io::Error::other)?;
    allow_many_files()?;
    let mut builder = match job.workers {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    if job.workers > 1 {
        common::cores::free_this_thread()?;
        builder.worker_threads(job.workers);
    }
    builder.enable_all().build()?.block_on(accept(name, job))
}

/// Lets this process open as many files as this user may.
pub(crate) fn allow_many_files() -> io::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}

async fn accept(name: &str, Job { over, work, .. }: Job) -> io::Result<()> {
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
