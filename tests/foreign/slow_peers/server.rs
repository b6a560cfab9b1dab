//! The server: a program on one of the adapters, which sends and then receives, or does both at once.

use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use websocket_proto::io::tls::ServerTls;
use websocket_proto::io::{MaybeTls, blocking};
use websocket_proto::{EndCause, Event};

use crate::Case;

/// How long TLS may take.
const LIMIT: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug)]
pub(crate) enum Adapter {
    Blocking,
    Tokio,
    Smol,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Program {
    adapter: Adapter,
    pub(crate) tls: bool,
    /// One half receives while the other one sends.
    split: bool,
}

/// Every program.
pub(crate) fn programs() -> impl Iterator<Item = Program> {
    [Adapter::Blocking, Adapter::Tokio, Adapter::Smol].into_iter().flat_map(|adapter| {
        [(false, false), (false, true), (true, false), (true, true)].map(|(tls, split)| Program {
            adapter,
            tls,
            split,
        })
    })
}

/// How the connection ended, and how long after the server had sent the last message, or had failed
/// to send it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) cause: EndCause,
    pub(crate) took: Duration,
}

/// A certificate for `localhost` and its key, in PEM.
pub(crate) fn certificate() -> (String, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    (cert.pem(), signing_key.serialize_pem())
}

pub(crate) fn run(
    stream: TcpStream,
    certificate: &(String, String),
    program: Program,
    case: Case,
) -> Outcome {
    let (chain, key) = certificate;
    let tls = ServerTls::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
    let tls = program.tls.then_some(&tls);
    let start = Instant::now();
    let cause = match program.adapter {
        Adapter::Blocking => on_threads(stream, tls, program.split, case),
        Adapter::Tokio => on_tokio::run(stream, tls, program.split, case),
        Adapter::Smol => on_smol::run(stream, tls, program.split, case),
    };
    Outcome { cause, took: start.elapsed() }
}

fn on_threads(stream: TcpStream, tls: Option<&ServerTls>, split: bool, case: Case) -> EndCause {
    let stream = match tls {
        Some(tls) => blocking::tls_server(stream, tls, LIMIT).unwrap(),
        None => MaybeTls::plain(stream),
    };
    let accepted = blocking::accept_with(stream, case.config, |_| Ok(Default::default()));
    let mut socket = accepted.unwrap();
    let message = vec![b'a'; case.len];
    if split {
        let (sender, mut receiver) = socket.split();
        let sending = thread::spawn(move || {
            (0..case.messages).try_for_each(|_| sender.send_binary(&message))
        });
        let cause = loop {
            if let Some(Event::Ended(ending)) = receiver.receive().unwrap() {
                break ending.cause;
            }
        };
        let _ = sending.join().unwrap();
        return cause;
    }
    // How the connection ended is what receiving tells.
    let _ = (0..case.messages).try_for_each(|_| socket.send_binary(&message));
    loop {
        if let Some((Event::Ended(ending), _)) = socket.receive().unwrap() {
            return ending.cause;
        }
    }
}

/// The program on one of the runtimes.
macro_rules! asynchronous {
    ($name:ident, $adapter:ident, $block_on:expr, $stream:expr) => {
        mod $name {
            use super::*;
            use websocket_proto::io::$adapter::{accept_with, tls_server};

            pub(super) fn run(
                stream: TcpStream,
                tls: Option<&ServerTls>,
                split: bool,
                case: Case,
            ) -> EndCause {
                stream.set_nonblocking(true).unwrap();
                $block_on(serve(stream, tls, split, case))
            }

            async fn serve(
                stream: TcpStream,
                tls: Option<&ServerTls>,
                split: bool,
                case: Case,
            ) -> EndCause {
                let stream = $stream(stream);
                let stream = match tls {
                    Some(tls) => tls_server(stream, tls, LIMIT).await.unwrap(),
                    None => MaybeTls::plain(stream),
                };
                let accepted = accept_with(stream, case.config, async |_| Ok(Default::default()));
                let mut socket = accepted.await.unwrap();
                let message = vec![b'a'; case.len];
                if split {
                    let (sender, mut receiver) = socket.split();
                    let sending = async {
                        for _ in 0..case.messages {
                            if sender.send_binary(&message).await.is_err() {
                                break;
                            }
                        }
                    };
                    let receiving = async {
                        loop {
                            if let Some(Event::Ended(ending)) = receiver.receive().await.unwrap() {
                                return ending.cause;
                            }
                        }
                    };
                    return futures_util::future::join(sending, receiving).await.1;
                }
                for _ in 0..case.messages {
                    // How the connection ended is what receiving tells.
                    if socket.send_binary(&message).await.is_err() {
                        break;
                    }
                }
                loop {
                    if let Some((Event::Ended(ending), _)) = socket.receive().await.unwrap() {
                        return ending.cause;
                    }
                }
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
