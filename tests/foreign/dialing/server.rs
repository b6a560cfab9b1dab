//! The servers at the other end.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, mpsc};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use websocket_proto::handshake::Acceptance;
use websocket_proto::io::tls::{ClientTls, ServerTls};
use websocket_proto::io::{Error, blocking};
use websocket_proto::{CloseCode, Config, Event};

use super::GUARD;

/// Who is trusted here, and the certificate for all servers and proxies of the tests.
pub(crate) struct Certified {
    pub(crate) client: ClientTls,
    pub(crate) server: ServerTls,
}

pub(crate) static CERTIFIED: LazyLock<Certified> = LazyLock::new(|| {
    let mut authority = CertificateParams::new([]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let root = authority.self_signed(&authority_key).unwrap().pem();
    let names = ["127.0.0.1", "localhost", "server.test", "proxy.test"].map(str::to_owned);
    let key = KeyPair::generate().unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let chain = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap().pem();
    Certified {
        client: ClientTls::with_roots(root.as_bytes()).unwrap(),
        server: ServerTls::from_pem(chain.as_bytes(), key.serialize_pem().as_bytes()).unwrap(),
    }
});

/// A server that echoes messages, on each of its connections.
pub(crate) struct Echo {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    /// What stood in the field `Host` of each request, with the client's address.
    pub(crate) hosts: mpsc::Receiver<(String, SocketAddr)>,
}

impl Echo {
    pub(crate) fn start(secure: bool) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), secure)
    }

    pub(crate) fn on(listener: TcpListener, secure: bool) -> Self {
        let address = listener.local_addr().unwrap();
        let connections: Arc<AtomicUsize> = Arc::default();
        let ((note, hosts), count) = (mpsc::channel(), Arc::clone(&connections));
        thread::spawn(move || {
            for stream in listener.incoming() {
                count.fetch_add(1, Ordering::Relaxed);
                let (note, stream) = (note.clone(), stream.unwrap());
                thread::spawn(
                    move || if secure { echo_secure(stream, note) } else { echo(stream, note) },
                );
            }
        });
        Self { address, connections, hosts }
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

type Note = mpsc::Sender<(String, SocketAddr)>;

fn echo_secure(stream: TcpStream, note: Note) -> Result<(), Error> {
    let peer = stream.peer_addr()?;
    serve(blocking::tls_server(stream, &CERTIFIED.server, GUARD)?, peer, note)
}

fn echo(stream: TcpStream, note: Note) -> Result<(), Error> {
    let peer = stream.peer_addr()?;
    serve(stream, peer, note)
}

fn serve(stream: impl blocking::Stream, peer: SocketAddr, note: Note) -> Result<(), Error> {
    let mut socket = blocking::accept_with(stream, Config::default(), |request| {
        let _ = note.send((request.header("Host").unwrap_or_default().into(), peer));
        Ok(Acceptance::new())
    })?;
    while let Some((event, reply)) = socket.receive()? {
        match event {
            Event::Binary(data) => reply.send_binary(data)?,
            Event::Text("restart") => reply.start_close(CloseCode::SERVICE_RESTART, "")?,
            Event::Text(text) => reply.send_text(text)?,
            _ => {}
        }
    }
    Ok(())
}

/// An address that nobody listens at.
pub(crate) fn closed() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
