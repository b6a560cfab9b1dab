//! The client: a program on one of the adapters.

use std::net::TcpStream;
use std::thread;

use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::tls::ClientTls;
use websocket_proto::io::{Error, MaybeTls, blocking};
use websocket_proto::{CloseCode, Config, Event};

use crate::LIMIT;

/// The messages that each side sends, and their length in bytes: more than the system takes.
pub(crate) const MESSAGES: usize = 5;
pub(crate) const LEN: usize = 4 << 20;

#[derive(Clone, Copy, Debug)]
enum Adapter {
    Blocking,
    Tokio,
    Smol,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Client {
    adapter: Adapter,
    pub(crate) tls: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Program {
    /// It sends everything, and then reads.
    Unsplit,
    /// One half reads while the other one sends.
    Split,
}

/// Every client.
pub(crate) fn all() -> impl Iterator<Item = Client> {
    [Adapter::Blocking, Adapter::Tokio, Adapter::Smol]
        .into_iter()
        .flat_map(|adapter| [false, true].map(|tls| Client { adapter, tls }))
}

impl Client {
    /// Sends all messages and receives as many. Returns how many came.
    pub(crate) fn run(
        self,
        stream: TcpStream,
        tls: Option<&ClientTls>,
        program: Program,
        config: Config,
    ) -> Result<usize, Error> {
        match self.adapter {
            Adapter::Blocking => on_threads(stream, tls, program, config),
            Adapter::Tokio => on_tokio::run(stream, tls, program, config),
            Adapter::Smol => on_smol::run(stream, tls, program, config),
        }
    }
}

fn request() -> ClientRequest {
    ClientRequest::new("ws://localhost/").unwrap()
}

fn on_threads(
    stream: TcpStream,
    tls: Option<&ClientTls>,
    program: Program,
    config: Config,
) -> Result<usize, Error> {
    let stream = match tls {
        Some(tls) => blocking::tls_client(stream, tls, "localhost", LIMIT)?,
        None => MaybeTls::plain(stream),
    };
    let mut socket = blocking::client(stream, &request(), config)?;
    let mut received = 0;
    let Program::Split = program else {
        (0..MESSAGES).try_for_each(|_| socket.send_binary(&[0; LEN]))?;
        while received < MESSAGES && socket.receive()?.is_some() {
            received += 1;
        }
        return Ok(received);
    };
    let (sender, mut receiver) = socket.split();
    let sending = {
        let sender = sender.clone();
        thread::spawn(move || (0..MESSAGES).try_for_each(|_| sender.send_binary(&[0; LEN])))
    };
    while received < MESSAGES {
        received += usize::from(matches!(receiver.receive()?, Some(Event::Binary(_))));
    }
    sending.join().unwrap()?;
    sender.start_close(CloseCode::NORMAL, "")?;
    while receiver.receive()?.is_some() {}
    Ok(received)
}

/// The program on one of the runtimes.
macro_rules! asynchronous {
    ($name:ident, $adapter:ident, $block_on:expr, $stream:expr) => {
        mod $name {
            use super::*;
            use websocket_proto::io::$adapter::{client, tls_client};

            pub(super) fn run(
                stream: TcpStream,
                tls: Option<&ClientTls>,
                program: Program,
                config: Config,
            ) -> Result<usize, Error> {
                stream.set_nonblocking(true)?;
                $block_on(meet(stream, tls, program, config))
            }

            async fn meet(
                stream: TcpStream,
                tls: Option<&ClientTls>,
                program: Program,
                config: Config,
            ) -> Result<usize, Error> {
                let stream = $stream(stream);
                let stream = match tls {
                    Some(tls) => tls_client(stream, tls, "localhost", LIMIT).await?,
                    None => MaybeTls::plain(stream),
                };
                let mut socket = client(stream, &request(), config).await?;
                let mut received = 0;
                let Program::Split = program else {
                    for _ in 0..MESSAGES {
                        socket.send_binary(&[0; LEN]).await?;
                    }
                    while received < MESSAGES && socket.receive().await?.is_some() {
                        received += 1;
                    }
                    return Ok(received);
                };
                let (sender, mut receiver) = socket.split();
                let sending = async {
                    for _ in 0..MESSAGES {
                        sender.send_binary(&[0; LEN]).await?;
                    }
                    Ok::<(), Error>(())
                };
                let receiving = async {
                    while received < MESSAGES {
                        let event = receiver.receive().await?;
                        received += usize::from(matches!(event, Some(Event::Binary(_))));
                    }
                    Ok::<(), Error>(())
                };
                futures_util::future::try_join(sending, receiving).await?;
                sender.start_close(CloseCode::NORMAL, "")?;
                while receiver.receive().await?.is_some() {}
                Ok(received)
            }
        }
    };
}

asynchronous!(
    on_tokio,
    tokio,
    |program| {
        let runtime = ::tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(program)
    },
    |stream| ::tokio::net::TcpStream::from_std(stream).unwrap()
);
asynchronous!(on_smol, smol, ::smol::block_on, |stream: TcpStream| {
    ::smol::net::TcpStream::try_from(stream).unwrap()
});
