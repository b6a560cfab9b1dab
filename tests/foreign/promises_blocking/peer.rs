//! Both ends of an open connection, plain or over TLS.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tokio_tungstenite::tungstenite;
use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::blocking::{self, WebSocket};
use websocket_proto::io::tls::{ClientTls, ServerTls};
use websocket_proto::io::{MaybeTls, OsEntropy};
use websocket_proto::{Config, Role};

/// After this time a test is regarded as hanging. It is much longer than any test takes.
pub(crate) const GUARD: Duration = Duration::from_secs(20);

pub(crate) type Socket = WebSocket<MaybeTls<TcpStream>>;

/// The role of the program under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Server,
    Client,
}

/// The two streams of a connection: that of the program under test, and that of its peer.
pub(crate) fn streams(side: Side, tls: bool) -> [MaybeTls<TcpStream>; 2] {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _) = listener.accept().unwrap();
    let [client, server] =
        if tls { encrypted(client, server) } else { [client, server].map(MaybeTls::plain) };
    match side {
        Side::Server => [server, client],
        Side::Client => [client, server],
    }
}

fn encrypted(client: TcpStream, server: TcpStream) -> [MaybeTls<TcpStream>; 2] {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (chain, key) = (cert.pem(), signing_key.serialize_pem());
    let shown = ServerTls::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
    let trusted = ClientTls::with_roots(chain.as_bytes()).unwrap();
    let server = thread::spawn(move || blocking::tls_server(server, &shown, GUARD).unwrap());
    let client = blocking::tls_client(client, &trusted, "localhost", GUARD).unwrap();
    [client, server.join().unwrap()]
}

/// An open socket, and the stream of its peer.
pub(crate) fn open(side: Side, tls: bool, config: Config) -> (Socket, MaybeTls<TcpStream>) {
    let [ours, theirs] = streams(side, tls);
    theirs.inner().set_read_timeout(Some(GUARD)).unwrap();
    theirs.inner().set_write_timeout(Some(GUARD)).unwrap();
    let role = match side {
        Side::Server => Role::Server,
        Side::Client => Role::Client(&OsEntropy),
    };
    (WebSocket::established(ours, role, None, config, &[]), theirs)
}

/// Writes all bytes, calling again where TLS accepts only a part.
pub(crate) fn write(stream: &mut MaybeTls<TcpStream>, bytes: &[u8]) {
    let _ = stream.write_all(bytes);
    while stream.flush().is_err_and(|error| error.kind() == ErrorKind::Interrupted) {}
}

/// Reads everything, to the end of the stream or to a reset.
pub(crate) fn read_to_end(stream: &mut MaybeTls<TcpStream>) -> Vec<u8> {
    let (mut all, mut space) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut space) {
            Ok(0) => return all,
            Ok(len) => all.extend(&space[..len]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("no end, after {all:?}"),
            Err(_) => return all,
        }
    }
}

/// A request to the address of a listener.
pub(crate) fn request(listener: &TcpListener) -> ClientRequest {
    ClientRequest::new(&format!("ws://{}/", listener.local_addr().unwrap())).unwrap()
}

/// A stream of a library that is not ours.
pub(crate) trait Duplex: Read + Write + Send {}

impl<S: Read + Write + Send> Duplex for S {}

/// Our server's socket, and a client of tungstenite over the TLS of rustls itself.
pub(crate) fn with_tungstenite(
    tls: bool,
    config: Config,
) -> (Socket, tungstenite::WebSocket<Box<dyn Duplex>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    client.set_read_timeout(Some(GUARD)).unwrap();
    let (server, _) = listener.accept().unwrap();
    let (server, client): (_, Box<dyn Duplex>) = match tls {
        false => (MaybeTls::plain(server), Box::new(client)),
        true => encrypted_by_rustls(client, server),
    };
    let role = tungstenite::protocol::Role::Client;
    let theirs = tungstenite::WebSocket::from_raw_socket(client, role, None);
    (WebSocket::established(server, Role::Server, None, config, &[]), theirs)
}

fn encrypted_by_rustls(
    mut client: TcpStream,
    server: TcpStream,
) -> (MaybeTls<TcpStream>, Box<dyn Duplex>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let shown =
        ServerTls::from_pem(cert.pem().as_bytes(), signing_key.serialize_pem().as_bytes()).unwrap();
    let accepting = thread::spawn(move || blocking::tls_server(server, &shown, GUARD).unwrap());
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = "localhost".try_into().unwrap();
    let mut session = ClientConnection::new(Arc::new(config), name).unwrap();
    session.complete_io(&mut client).unwrap();
    (accepting.join().unwrap(), Box::new(StreamOwned::new(session, client)))
}
