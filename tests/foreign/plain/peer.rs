//! The peer of a program: a thread that writes bytes and records all that it receives.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, OnceLock};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use websocket_proto::io::tls::{ClientTls, ServerTls};

use crate::GUARD;

const HOST: &str = "127.0.0.1";

/// The role of the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

/// A frame: its first byte and its payload.
pub(crate) type Frame = (u8, Vec<u8>);

/// Everything that the peer received.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) frames: Vec<Frame>,
    /// The bytes of a frame that was cut off by the end.
    pub(crate) part: usize,
    pub(crate) end: End,
}

/// How the stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// As it should, over TLS after a `close_notify`.
    Whole,
    /// Over TLS, without a `close_notify`.
    Cut,
    Failed(ErrorKind),
}

/// The settings of both sides for one certificate.
pub(crate) struct Certified {
    pub(crate) our_client: ClientTls,
    pub(crate) our_server: ServerTls,
    client: Arc<ClientConfig>,
    pub(crate) server: Arc<ServerConfig>,
}

pub(crate) fn certified() -> &'static Certified {
    static CERTIFIED: OnceLock<Certified> = OnceLock::new();
    CERTIFIED.get_or_init(|| {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed([HOST.to_owned()]).unwrap();
        let (chain, key) = (cert.pem(), signing_key.serialize_pem());
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).unwrap();
        let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let server = ServerConfig::builder().with_no_client_auth().with_single_cert(
            vec![CertificateDer::from_pem_slice(chain.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
        );
        Certified {
            our_client: ClientTls::with_roots(chain.as_bytes()).unwrap(),
            our_server: ServerTls::from_pem(chain.as_bytes(), key.as_bytes()).unwrap(),
            client: client.into(),
            server: server.unwrap().into(),
        }
    })
}

/// A stream whose writing direction can be ended alone.
pub(crate) trait Duplex: Write + Send {
    /// Reads, even if writing has failed.
    fn receive(&mut self, space: &mut [u8]) -> io::Result<usize>;

    fn end_writing(&mut self);
}

impl Duplex for TcpStream {
    fn receive(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.read(space)
    }

    fn end_writing(&mut self) {
        let _ = self.shutdown(Shutdown::Write);
    }
}

macro_rules! duplex {
    ($connection:ty) => {
        impl Duplex for StreamOwned<$connection, TcpStream> {
            fn receive(&mut self, space: &mut [u8]) -> io::Result<usize> {
                while self.conn.is_handshaking() {
                    self.conn.complete_io(&mut self.sock)?;
                }
                loop {
                    match self.conn.reader().read(space) {
                        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                        result => return result,
                    }
                    self.conn.read_tls(&mut self.sock)?;
                    self.conn.process_new_packets().map_err(io::Error::other)?;
                }
            }

            fn end_writing(&mut self) {
                self.conn.send_close_notify();
                let _ = self.flush();
                self.sock.end_writing();
            }
        }
    };
}

duplex!(ClientConnection);
duplex!(ServerConnection);

pub(crate) struct Peer {
    pub(crate) side: Side,
    stream: Box<dyn Duplex>,
    /// Whether a write has reported a reset, which reads then no longer report.
    write_failed: Option<ErrorKind>,
}

impl Peer {
    pub(crate) fn new(side: Side, secure: bool, stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(GUARD)).unwrap();
        stream.set_write_timeout(Some(GUARD)).unwrap();
        let Certified { client, server, .. } = certified();
        let stream: Box<dyn Duplex> = match (secure, side) {
            (false, _) => Box::new(stream),
            (true, Side::Client) => {
                let name = ServerName::try_from(HOST).unwrap();
                let connection = ClientConnection::new(Arc::clone(client), name).unwrap();
                Box::new(StreamOwned::new(connection, stream))
            }
            (true, Side::Server) => {
                let connection = ServerConnection::new(Arc::clone(server)).unwrap();
                Box::new(StreamOwned::new(connection, stream))
            }
        };
        Self { side, stream, write_failed: None }
    }

    /// Opens the WebSocket.
    pub(crate) fn shake_hands(&mut self) {
        match self.side {
            Side::Client => {
                self.request("");
                assert!(self.head().starts_with("HTTP/1.1 101"));
            }
            Side::Server => {
                let head = self.head();
                let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
                let accept = derive_accept_key(key.expect("a key").as_bytes());
                let response = format!(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
                     Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
                );
                self.stream.write_all(response.as_bytes()).unwrap();
            }
        }
    }

    pub(crate) fn request(&mut self, more: &str) {
        let request = format!(
            "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
             {more}\r\n"
        );
        self.stream.write_all(request.as_bytes()).unwrap();
    }

    pub(crate) fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.byte());
        }
        String::from_utf8(head).unwrap()
    }

    fn byte(&mut self) -> u8 {
        let mut byte = [0];
        assert_eq!(self.stream.receive(&mut byte).unwrap(), 1, "the end of the stream");
        byte[0]
    }

    /// Encodes a frame as this side has to send it.
    pub(crate) fn encode(&self, (first, payload): &Frame) -> Vec<u8> {
        let mask = if self.side == Side::Client { 0x80 } else { 0 };
        let mut bytes = vec![*first];
        match payload.len() {
            len @ ..126 => bytes.push(mask | len as u8),
            len @ 126..0x1_0000 => {
                bytes.push(mask | 126);
                bytes.extend((len as u16).to_be_bytes());
            }
            len => {
                bytes.push(mask | 127);
                bytes.extend((len as u64).to_be_bytes());
            }
        }
        if self.side == Side::Client {
            // Masking with zeros leaves the payload unchanged.
            bytes.extend([0; 4]);
        }
        bytes.extend(payload);
        bytes
    }

    /// Writes frames in one write, so that short ones arrive in one segment.
    pub(crate) fn write(&mut self, frames: &[Frame]) {
        let bytes: Vec<u8> = frames.iter().flat_map(|frame| self.encode(frame)).collect();
        let written = self.stream.write_all(&bytes).and_then(|()| self.stream.flush());
        self.write_failed = written.err().map(|error| error.kind());
    }

    pub(crate) fn end_writing(&mut self) {
        self.stream.end_writing();
    }

    /// Reads the next frame, which must be short.
    pub(crate) fn read_frame(&mut self) -> Frame {
        let mut bytes = Vec::new();
        loop {
            bytes.push(self.byte());
            if let Some((frame, _)) = decode(&bytes, self.side) {
                return frame;
            }
        }
    }

    /// Reads everything to the end. A server ends its direction when it has received a Close frame
    /// (§7.1.1).
    pub(crate) fn read_to_end(mut self) -> Seen {
        let (mut frames, mut bytes, mut space) = (Vec::new(), Vec::new(), [0; 4096]);
        let end = loop {
            match self.stream.receive(&mut space) {
                Ok(0) => break End::Whole,
                Ok(len) => bytes.extend(&space[..len]),
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => break End::Cut,
                Err(error) => break End::Failed(error.kind()),
            }
            while let Some((frame, len)) = decode(&bytes, self.side) {
                if frame.0 == 0x88 && self.side == Side::Server {
                    self.stream.end_writing();
                }
                bytes.drain(..len);
                frames.push(frame);
            }
        };
        let end = self.write_failed.map_or(end, End::Failed);
        Seen { frames, part: bytes.len(), end }
    }
}

/// The frame at the beginning and its length, if it is whole.
fn decode(bytes: &[u8], side: Side) -> Option<(Frame, usize)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    assert_eq!(second & 0x80 != 0, side == Side::Server, "clients mask, and servers do not");
    let (len, mut at) = match second & 0x7f {
        126 => (u16::from_be_bytes(bytes.get(2..4)?.try_into().unwrap()).into(), 4),
        127 => (u64::from_be_bytes(bytes.get(2..10)?.try_into().unwrap()) as usize, 10),
        len => (len.into(), 2),
    };
    let key = match side {
        Side::Server => bytes.get(at..at + 4)?,
        Side::Client => &[0; 4],
    };
    at += if side == Side::Server { 4 } else { 0 };
    let payload = bytes.get(at..at + len)?.iter().zip(key.iter().cycle());
    Some(((first, payload.map(|(byte, key)| byte ^ key).collect()), at + len))
}
