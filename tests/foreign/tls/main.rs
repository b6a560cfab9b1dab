//! TLS over loopback: every adapter with every other, and connections that must be refused.
#![cfg(all(feature = "tls", feature = "tokio", feature = "smol"))]

mod alpn;
mod certificates;
mod deaf_peers;
mod expiry;
mod identity;
mod identity_and_proxy;
mod reconnecting;
mod writes;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use websocket_proto::handshake::{Acceptance, ClientRequest};
use websocket_proto::io::tls::{ClientTls, ServerTls};
use websocket_proto::io::{
    ConnectStage, Dial, Error, blocking, smol as for_smol, tokio as for_tokio,
};
use websocket_proto::{CloseCode, Config, Deadline, EndCause, Event, ProtocolError};

/// After this time a test is regarded as hanging. It is much longer than any test takes.
const GUARD: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug)]
enum Io {
    Blocking,
    Tokio,
    Smol,
}

const ALL: [Io; 3] = [Io::Blocking, Io::Tokio, Io::Smol];

/// An authority, and a certificate that it issued with the key, in PEM.
struct Issued {
    authority: String,
    chain: String,
    key: String,
}

fn issue(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Issued {
    let mut authority = CertificateParams::new([]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    // Authorities of the same name would be confused with each other.
    let unique = format!("authority {:?}", &authority_key.public_key_raw()[1..9]);
    authority.distinguished_name.push(DnType::CommonName, unique);
    let root = authority.self_signed(&authority_key).unwrap().pem();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let chain = params.signed_by(&key, &issuer).unwrap().pem();
    Issued { authority: root, chain, key: key.serialize_pem() }
}

fn good() -> Issued {
    issue("127.0.0.1", |_| {})
}

impl Issued {
    fn server(&self) -> ServerTls {
        ServerTls::from_pem(self.chain.as_bytes(), self.key.as_bytes()).unwrap()
    }

    fn client(&self) -> ClientTls {
        ClientTls::with_roots(self.authority.as_bytes()).unwrap()
    }
}

fn config() -> Config {
    let mut config = Config::default();
    config.handshake_timeout = Duration::from_secs(5);
    config
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Serves one connection in a thread; returns the port and the thread.
fn serve<T: Send + 'static>(
    serve: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (u16, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (port, thread::spawn(move || serve(listener.accept().unwrap().0)))
}

/// An echo server for one connection, whose thread returns how the connection ended.
fn echo_server(io: Io, tls: ServerTls) -> (u16, JoinHandle<Result<EndCause, Error>>) {
    serve(move |stream| match io {
        Io::Blocking => echo_blocking(stream, &tls),
        Io::Tokio => run(echo_tokio(stream, &tls)),
        Io::Smol => smol::block_on(echo_smol(stream, &tls)),
    })
}

fn echo_blocking(stream: TcpStream, tls: &ServerTls) -> Result<EndCause, Error> {
    let stream = blocking::tls_server(stream, tls, config().handshake_timeout)?;
    assert!(stream.is_tls());
    assert_eq!(stream.session().unwrap().alpn_protocol(), Some(&b"http/1.1"[..]));
    let mut socket = blocking::accept_with(stream, config(), |_| Ok(Acceptance::new()))?;
    loop {
        match socket.receive()? {
            Some((Event::Text(text), reply)) => reply.feed_text(text)?,
            Some((Event::Binary(data), reply)) => reply.feed_binary(data)?,
            Some((Event::Ended(ending), _)) => return Ok(ending.cause),
            Some(_) => {}
            None => unreachable!("told before"),
        }
    }
}

macro_rules! echo_task {
    ($name:ident, $adapter:ident, $adopt:expr) => {
        async fn $name(stream: TcpStream, tls: &ServerTls) -> Result<EndCause, Error> {
            stream.set_nonblocking(true)?;
            let stream = $adopt(stream)?;
            let stream = $adapter::tls_server(stream, tls, config().handshake_timeout).await?;
            let mut socket =
                $adapter::accept_with(stream, config(), async |_| Ok(Acceptance::new())).await?;
            loop {
                match socket.receive().await? {
                    Some((Event::Text(text), reply)) => reply.send_text(text).await?,
                    Some((Event::Binary(data), reply)) => reply.send_binary(data).await?,
                    Some((Event::Ended(ending), _)) => return Ok(ending.cause),
                    Some(_) => {}
                    None => unreachable!("told before"),
                }
            }
        }
    };
}

echo_task!(echo_tokio, for_tokio, tokio::net::TcpStream::from_std);
echo_task!(echo_smol, for_smol, smol::net::TcpStream::try_from);

/// Sends messages, receives their echoes, and closes.
fn exchange(io: Io, url: &str, tls: &ClientTls, messages: &[Vec<u8>]) -> Result<EndCause, Error> {
    let request = ClientRequest::new(url)?;
    match io {
        Io::Blocking => exchange_blocking(&request, tls, messages),
        Io::Tokio => run(exchange_tokio(&request, tls, messages)),
        Io::Smol => smol::block_on(exchange_smol(&request, tls, messages)),
    }
}

fn exchange_blocking(
    request: &ClientRequest,
    tls: &ClientTls,
    messages: &[Vec<u8>],
) -> Result<EndCause, Error> {
    let mut socket = blocking::dial(request, config(), &Dial::new().tls(tls.clone()))?;
    for message in messages {
        socket.send_binary(message)?;
        let Some((Event::Binary(data), _)) = socket.receive()? else { panic!("no echo") };
        assert!(data == message, "{} bytes came back, not {}", data.len(), message.len());
    }
    Ok(socket.close_with(CloseCode::NORMAL, "")?.cause)
}

macro_rules! exchange_task {
    ($name:ident, $adapter:ident) => {
        async fn $name(
            request: &ClientRequest,
            tls: &ClientTls,
            messages: &[Vec<u8>],
        ) -> Result<EndCause, Error> {
            let mut socket =
                $adapter::dial(request, config(), &Dial::new().tls(tls.clone())).await?;
            for message in messages {
                socket.send_binary(message).await?;
                let Some((Event::Binary(data), _)) = socket.receive().await? else {
                    panic!("no echo")
                };
                assert!(data == message, "{} bytes came back", data.len());
            }
            Ok(socket.close_with(CloseCode::NORMAL, "").await?.cause)
        }
    };
}

exchange_task!(exchange_tokio, for_tokio);
exchange_task!(exchange_smol, for_smol);

/// Connects to an echo server that has to be refused; returns the client's error as text.
fn refused(io: Io, issued: &Issued, host: &str, tls: &ClientTls) -> String {
    let start = Instant::now();
    let (port, server) = echo_server(io, issued.server());
    let error = exchange(io, &format!("wss://{host}:{port}/"), tls, &[]).unwrap_err();
    let Error::Connect(connect) = &error else { panic!("{error:?}") };
    assert_eq!((connect.host(), connect.port()), (host, port));
    assert_eq!(connect.stage(), ConnectStage::Tls);
    assert!(
        error.to_string().starts_with(&format!("cannot connect to {host}:{port}: ")),
        "{error}"
    );
    let told = server.join().unwrap().unwrap_err().to_string();
    assert!(told.contains("does not trust our certificate"), "{told}");
    assert!(start.elapsed() < GUARD);
    error.to_string()
}

#[test]
fn every_adapter_with_every_other() {
    let issued = good();
    let messages = [0, 1, 125, 16 << 10, 64 << 10, 1_000_003, 8 << 20]
        .map(|len| (0..len).map(|index| (index % 251) as u8).collect::<Vec<_>>());
    for server in ALL {
        for client in ALL {
            let (port, ended) = echo_server(server, issued.server());
            let url = format!("wss://127.0.0.1:{port}/");
            let how = exchange(client, &url, &issued.client(), &messages).unwrap();
            assert_eq!(how, EndCause::Clean, "{client:?} with {server:?}");
            assert_eq!(
                ended.join().unwrap().unwrap(),
                EndCause::Clean,
                "{server:?} with {client:?}"
            );
        }
    }
}

#[test]
fn a_plain_url_needs_no_tls() {
    let (port, server) = serve(|stream| {
        let mut socket = blocking::accept(stream).unwrap();
        while socket.receive()?.is_some() {}
        Ok::<_, Error>(())
    });
    let how = exchange(Io::Tokio, &format!("ws://127.0.0.1:{port}/"), &good().client(), &[]);
    assert_eq!(how.unwrap(), EndCause::Clean);
    server.join().unwrap().unwrap();
}

#[test]
fn another_name() {
    let issued = issue("example.com", |_| {});
    for io in ALL {
        let text = refused(io, &issued, "127.0.0.1", &issued.client());
        assert!(text.contains("is not for 127.0.0.1, but for"), "{text}");
        assert!(text.contains("example.com"), "{text}");
    }
}

#[test]
fn expired_and_not_valid_yet() {
    let issued = issue("127.0.0.1", |params| params.not_after = date_time_ymd(2020, 1, 1));
    for io in ALL {
        let text = refused(io, &issued, "127.0.0.1", &issued.client());
        assert!(text.ends_with("certificate has expired"), "{text}");
    }
    let issued = issue("127.0.0.1", |params| params.not_before = date_time_ymd(3000, 1, 1));
    let text = refused(Io::Smol, &issued, "127.0.0.1", &issued.client());
    assert!(text.contains("not valid yet"), "{text}");
}

#[test]
fn unknown_issuer() {
    for io in ALL {
        let text = refused(io, &good(), "127.0.0.1", &good().client());
        assert!(text.contains("issuer that is not among the roots"), "{text}");
    }
}

#[test]
fn nothing_is_checked_without_verification() {
    let issued = issue("example.com", |params| params.not_after = date_time_ymd(2020, 1, 1));
    let (port, server) = echo_server(Io::Smol, issued.server());
    let tls = ClientTls::dangerous_without_verification().unwrap();
    let how = exchange(Io::Blocking, &format!("wss://127.0.0.1:{port}/"), &tls, &[vec![7]]);
    assert_eq!(how.unwrap(), EndCause::Clean);
    assert_eq!(server.join().unwrap().unwrap(), EndCause::Clean);
}

/// A self-signed certificate that claims to be an authority's, as `openssl req -x509` makes them.
fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> Issued {
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let chain = params.self_signed(&key).unwrap().pem();
    Issued { authority: chain.clone(), chain, key: key.serialize_pem() }
}

#[test]
fn a_self_signed_certificate_is_its_own_root() {
    let issued = self_signed(|_| {});
    let (port, server) = echo_server(Io::Tokio, issued.server());
    let how = exchange(Io::Smol, &format!("wss://127.0.0.1:{port}/"), &issued.client(), &[vec![7]]);
    assert_eq!(how.unwrap(), EndCause::Clean);
    assert_eq!(server.join().unwrap().unwrap(), EndCause::Clean);

    let text = refused(Io::Blocking, &issued, "localhost", &issued.client());
    assert!(text.contains("is not for localhost, but for"), "{text}");
    let text = refused(Io::Blocking, &issued, "127.0.0.1", &self_signed(|_| {}).client());
    assert!(text.contains("not among the roots"), "{text}");
    let issued = self_signed(|params| params.not_after = date_time_ymd(2020, 1, 1));
    let text = refused(Io::Blocking, &issued, "127.0.0.1", &issued.client());
    assert!(text.ends_with("certificate has expired"), "{text}");
}

#[test]
fn the_platform_does_not_trust_a_test() {
    let (port, server) = echo_server(Io::Blocking, good().server());
    let url = format!("wss://127.0.0.1:{port}/");
    let text = match blocking::connect(&url) {
        Err(error @ (Error::Connect(_) | Error::Io(_))) => error.to_string(),
        other => panic!("{other:?}"),
    };
    // A machine may have no roots at all, and then no client connects.
    drop(TcpStream::connect(("127.0.0.1", port)));
    assert!(text.contains("among the roots") || text.contains("no roots"), "{text}");
    server.join().unwrap().unwrap_err();
}

#[test]
fn a_plain_client_at_a_tls_server() {
    for io in ALL {
        let (port, server) = echo_server(io, good().server());
        let error = blocking::connect(&format!("ws://127.0.0.1:{port}/")).map(drop).unwrap_err();
        let Error::BadResponse(bad) = &error else { panic!("{error}") };
        assert_eq!(bad.error(), ProtocolError::TlsRecord);
        assert!(error.to_string().contains("one side speaks ws://, the other wss://"), "{error}");
        let text = server.join().unwrap().unwrap_err().to_string();
        assert!(text.contains("is not TLS"), "{text}");
    }
}

#[test]
fn a_tls_client_at_a_plain_server() {
    for io in ALL {
        let (port, server) = serve(|stream| blocking::accept(stream).map(drop));
        let url = format!("wss://127.0.0.1:{port}/");
        let text = exchange(io, &url, &good().client(), &[]).unwrap_err().to_string();
        assert!(text.contains("is not TLS"), "{text}");
        let error = server.join().unwrap().unwrap_err();
        assert!(matches!(error, Error::Protocol(ProtocolError::TlsRecord)), "{error}");
    }
}

#[test]
fn a_silent_peer_is_left_in_time() {
    let issued = good();
    let short = Duration::from_millis(100);
    let mut config = config();
    config.handshake_timeout = short;
    for io in ALL {
        let (port, server) = serve(|mut stream| stream.read_to_end(&mut Vec::new()).unwrap());
        let request = ClientRequest::new(&format!("wss://127.0.0.1:{port}/")).unwrap();
        let tls = issued.client();
        let error = match io {
            Io::Blocking => {
                blocking::dial(&request, config, &Dial::new().tls(tls.clone())).map(drop)
            }
            Io::Tokio => {
                run(for_tokio::dial(&request, config, &Dial::new().tls(tls.clone()))).map(drop)
            }
            Io::Smol => {
                smol::block_on(for_smol::dial(&request, config, &Dial::new().tls(tls.clone())))
                    .map(drop)
            }
        };
        let Error::Connect(error) = error.unwrap_err() else { panic!() };
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut, "{io:?}");
        let text = "the TLS handshake took longer than 100ms (Config::handshake_timeout)";
        assert!(error.to_string().ends_with(text), "{io:?}: {error}");
        assert!(server.join().unwrap() > 0);
    }
    let (port, server) =
        serve(move |stream| blocking::tls_server(stream, &good().server(), short).unwrap_err());
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    // Bytes that arrive one by one do not extend the deadline.
    while stream.write_all(&[22]).is_ok() {
        thread::sleep(Duration::from_millis(10));
    }
    drop(server.join().unwrap());
}

#[test]
fn the_end_without_close_notify_is_an_end() {
    for io in ALL {
        let issued = good();
        let (port, server) = echo_server(io, issued.server());
        let url = format!("wss://127.0.0.1:{port}/");
        let request = ClientRequest::new(&url).unwrap();
        let socket = blocking::dial(&request, config(), &Dial::new().tls(issued.client())).unwrap();
        let stream = socket.into_parts().stream;
        stream.inner().shutdown(Shutdown::Write).unwrap();
        assert_eq!(server.join().unwrap().unwrap(), EndCause::Eof, "{io:?}");
    }
}

/// The body ends with the stream, whose end the server does not announce by `close_notify`.
#[test]
fn a_refusal_that_is_cut_off_is_truncated() {
    for io in ALL {
        for announced in [false, true] {
            let issued = good();
            let tls = issued.server();
            let (port, server) = serve(move |stream| {
                let mut stream = blocking::tls_server(stream, &tls, GUARD).unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).unwrap();
                    head.extend(byte);
                }
                stream.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\nnot before").unwrap();
                stream.flush().unwrap();
                match announced {
                    true => blocking::Stream::shutdown(&mut stream, Shutdown::Write).unwrap(),
                    false => stream.inner().shutdown(Shutdown::Write).unwrap(),
                }
            });
            let url = format!("wss://127.0.0.1:{port}/");
            let Err(Error::Refused(refused)) = exchange(io, &url, &issued.client(), &[]) else {
                panic!("{io:?} is not refused")
            };
            assert_eq!(refused.response().body(), b"not before", "{io:?}");
            assert_eq!(refused.response().is_body_truncated(), !announced, "{io:?}");
            server.join().unwrap();
        }
    }
}

#[test]
fn the_end_is_announced() {
    for io in ALL {
        let issued = good();
        let (port, server) = echo_server(io, issued.server());
        let request = ClientRequest::new(&format!("wss://127.0.0.1:{port}/")).unwrap();
        let mut socket =
            blocking::dial(&request, config(), &Dial::new().tls(issued.client())).unwrap();
        assert!(socket.close_with(CloseCode::NORMAL, "").unwrap().is_clean());
        let mut stream = socket.into_parts().stream;
        assert_eq!(stream.read(&mut [0; 8]).unwrap(), 0);
        assert!(stream.session().unwrap().peer_certificates().is_some());
        assert_eq!(server.join().unwrap().unwrap(), EndCause::Clean, "{io:?}");
    }
}

#[test]
fn messages_in_both_directions_at_once() {
    let messages = 64;
    for io in ALL {
        let issued = good();
        let (port, server) = echo_server(io, issued.server());
        let request = ClientRequest::new(&format!("wss://127.0.0.1:{port}/")).unwrap();
        run(async {
            let mut socket = for_tokio::dial(&request, config(), &Dial::new().tls(issued.client()))
                .await
                .unwrap();
            for index in 0..messages {
                socket.writer().send_binary(&vec![index; 70_001]).await.unwrap();
            }
            for index in 0..messages {
                let Some((Event::Binary(data), _)) = socket.receive().await.unwrap() else {
                    panic!()
                };
                assert!(data.len() == 70_001 && data.iter().all(|byte| *byte == index));
            }
            assert!(socket.close_with(CloseCode::NORMAL, "").await.unwrap().is_clean());
        });
        assert_eq!(server.join().unwrap().unwrap(), EndCause::Clean);
    }
}

/// A server that sends more than fits into the buffers of a peer that does not read, and closes;
/// returns how the connection ended.
fn flood(io: Io, stream: TcpStream, tls: &ServerTls, config: Config) -> EndCause {
    let role = websocket_proto::Role::Server;
    let message = vec![0; 32 << 20];
    macro_rules! flood_task {
        ($adapter:ident, $adopt:expr) => {
            async {
                stream.set_nonblocking(true).unwrap();
                let stream = $adopt(stream).unwrap();
                let stream = $adapter::tls_server(stream, tls, GUARD).await.unwrap();
                let mut socket = $adapter::WebSocket::established(stream, role, None, config, &[]);
                socket.feed_binary(&message).await.unwrap();
                socket.close_with(CloseCode::NORMAL, "").await.unwrap().cause
            }
        };
    }
    match io {
        Io::Tokio => run(flood_task!(for_tokio, tokio::net::TcpStream::from_std)),
        Io::Smol => smol::block_on(flood_task!(for_smol, smol::net::TcpStream::try_from)),
        Io::Blocking => {
            let stream = blocking::tls_server(stream, tls, GUARD).unwrap();
            let mut socket = blocking::WebSocket::established(stream, role, None, config, &[]);
            socket.writer().feed_binary(&message).unwrap();
            socket.close_with(CloseCode::NORMAL, "").unwrap().cause
        }
    }
}

#[test]
fn a_peer_that_does_not_read_holds_up_no_deadline() {
    for io in ALL {
        let issued = good();
        let tls = issued.server();
        let mut config = config();
        config.close_timeout = Duration::from_millis(200);
        let (port, server) = serve(move |stream| flood(io, stream, &tls, config));
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let client = blocking::tls_client(stream, &issued.client(), "127.0.0.1", GUARD).unwrap();
        let start = Instant::now();
        assert_eq!(server.join().unwrap(), EndCause::TimedOut(Deadline::Close), "{io:?}");
        assert!(start.elapsed() < GUARD, "{io:?}");
        drop(client);
    }
}

#[test]
fn bad_files() {
    let (one, other) = (good(), good());
    let (chain, key) = (one.chain.as_bytes(), one.key.as_bytes());
    let told = |result: std::io::Result<ServerTls>| result.map(drop).unwrap_err().to_string();
    assert_eq!(told(ServerTls::from_pem(key, key)), "TLS: no CERTIFICATE in the PEM");
    assert_eq!(told(ServerTls::from_pem(chain, chain)), "TLS: no PRIVATE KEY in the PEM");
    assert!(told(ServerTls::from_pem(&chain[..90], key)).contains("malformed PEM"));
    let text = told(ServerTls::from_pem(chain, other.key.as_bytes()));
    assert_eq!(text, "TLS: the key does not belong to the certificate");
    let text = told(ServerTls::from_pem_files("/no/such.pem", "/no/such.key"));
    assert!(text.starts_with("/no/such.pem: No such file"), "{text}");
    let text = ClientTls::with_roots(b"").map(drop).unwrap_err().to_string();
    assert_eq!(text, "TLS: no CERTIFICATE in the PEM");
    let told = |path: &str| ClientTls::with_roots_file(path).map(drop).unwrap_err().to_string();
    let text = told("/no/such.pem");
    assert!(text.starts_with("/no/such.pem: No such file"), "{text}");
    let not_pem = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    assert_eq!(told(not_pem), format!("{not_pem}: TLS: no CERTIFICATE in the PEM"));
}
