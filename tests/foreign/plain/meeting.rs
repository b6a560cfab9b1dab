//! Runs a program with its peer, in every setting.

use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Sender};
use std::thread;

use websocket_proto::Config;
use websocket_proto::handshake::{Acceptance, ClientRequest};
use websocket_proto::io::task::{GracefulShutdown, WebSocket, Wire};
use websocket_proto::io::{Dial, Error, MaybeTls, smol as for_smol, tokio as for_tokio};

use crate::GUARD;
use crate::peer::{Frame, Peer, Seen, Side, certified};
use crate::program::{Program, Work};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Io {
    Tokio,
    Smol,
}

/// What a program should not have to know: role, transport, runtime, and whether the server shuts
/// down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) io: Io,
    /// The role of the peer.
    pub(crate) side: Side,
    pub(crate) secure: bool,
    pub(crate) trailing: Trailing,
    /// Whether the connection is registered with a graceful shutdown.
    pub(crate) watched: bool,
}

/// What follows the frames that the program looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trailing {
    Nothing,
    /// A message of 1 MiB follows.
    Unread,
    /// The end of the stream follows.
    End,
}

/// A program, and how it is run.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) program: Program,
    pub(crate) config: Config,
    pub(crate) acceptance: Acceptance,
}

impl Run {
    pub(crate) fn of(program: Program) -> Self {
        Self { program, config: Config::default(), acceptance: Acceptance::new() }
    }
}

pub(crate) fn settings() -> impl Iterator<Item = Setting> {
    (0..48).map(|at| Setting {
        io: if at & 1 == 0 { Io::Tokio } else { Io::Smol },
        side: if at & 2 == 0 { Side::Client } else { Side::Server },
        secure: at & 4 != 0,
        watched: at & 8 != 0,
        trailing: [Trailing::Nothing, Trailing::Unread, Trailing::End][at >> 4],
    })
}

impl Setting {
    /// Runs a program whose peer sends these frames. Returns what the peer saw and what the program
    /// returned.
    pub(crate) fn play(self, run: Run, frames: &[Frame]) -> (Seen, Result<(), Error>) {
        let mut frames = frames.to_vec();
        if self.trailing == Trailing::Unread {
            frames.push((0x82, vec![7; 1 << 20]));
        }
        self.meet(run, move |mut peer, work_is_over| {
            peer.shake_hands();
            peer.write(&frames);
            if self.trailing == Trailing::End {
                peer.end_writing();
            }
            let _ = work_is_over.send(());
            peer.read_to_end()
        })
    }

    /// Runs a program with a peer that does `act`, which can end the program's work.
    pub(crate) fn meet<T: Send + 'static>(
        self,
        run: Run,
        converse: impl FnOnce(Peer, Sender<()>) -> T + Send + 'static,
    ) -> (T, Result<(), Error>) {
        let Self { side, secure, .. } = self;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (work_is_over, work) = mpsc::channel();
        let work = Work(work);
        let converse = move |stream| converse(Peer::new(side, secure, stream), work_is_over);
        let (peer, result) = match side {
            Side::Client => {
                let peer = thread::spawn(move || converse(TcpStream::connect(address).unwrap()));
                let (stream, _) = listener.accept().unwrap();
                (peer, self.serve(run, &work, stream))
            }
            Side::Server => {
                let peer = thread::spawn(move || converse(listener.accept().unwrap().0));
                let scheme = if secure { "wss" } else { "ws" };
                let request = ClientRequest::new(&format!("{scheme}://{address}/")).unwrap();
                (peer, self.connect(&run, &work, &request))
            }
        };
        (peer.join().unwrap(), result)
    }

    fn serve(self, run: Run, work: &Work, stream: TcpStream) -> Result<(), Error> {
        let Run { program, config, acceptance } = run;
        macro_rules! serve {
            ($adapter:ident, $stream:ty) => {
                async {
                    stream.set_nonblocking(true)?;
                    let stream = <$stream>::try_from(stream)?;
                    let stream = if self.secure {
                        $adapter::tls_server(stream, &certified().our_server, GUARD).await?
                    } else {
                        MaybeTls::plain(stream)
                    };
                    let accepting = $adapter::accept_with(stream, config, async |_| Ok(acceptance));
                    self.run(program, accepting.await?, work).await
                }
            };
        }
        match self.io {
            Io::Tokio => on_tokio(serve!(for_tokio, tokio::net::TcpStream)),
            Io::Smol => smol::block_on(serve!(for_smol, smol::net::TcpStream)),
        }
    }

    fn connect(self, run: &Run, work: &Work, request: &ClientRequest) -> Result<(), Error> {
        let Run { program, config, .. } = *run;
        let tls = &certified().our_client;
        match self.io {
            Io::Tokio => on_tokio(async {
                let socket =
                    for_tokio::dial(request, config, &Dial::new().tls(tls.clone())).await?;
                self.run(program, socket, work).await
            }),
            Io::Smol => smol::block_on(async {
                let socket = for_smol::dial(request, config, &Dial::new().tls(tls.clone())).await?;
                self.run(program, socket, work).await
            }),
        }
    }
}

impl Setting {
    async fn run<W: Wire>(
        self,
        program: Program,
        mut socket: WebSocket<W>,
        work: &Work,
    ) -> Result<(), Error> {
        let shutdown = GracefulShutdown::new();
        if self.watched {
            shutdown.watch(&mut socket);
        }
        program.run(socket, work).await
    }
}

pub(crate) fn on_tokio<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
