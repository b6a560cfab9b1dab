//! A stream with TLS where the environment asks for it.

use std::env::var;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
};

type Wrong = Box<dyn std::error::Error>;

pub enum Stream {
    Plain(TcpStream),
    Client(Box<StreamOwned<ClientConnection, TcpStream>>),
    Server(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Stream {
    pub fn client(tcp: TcpStream) -> Result<Self, Wrong> {
        let Ok(authority) = var("INTEROP_CA") else { return Ok(Self::Plain(tcp)) };
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(authority)?)?;
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from("127.0.0.1")?;
        let session = ClientConnection::new(Arc::new(config), name)?;
        Ok(Self::Client(Box::new(StreamOwned::new(session, tcp))))
    }

    pub fn server(tcp: TcpStream) -> Result<Self, Wrong> {
        let (Ok(chain), Ok(key)) = (var("INTEROP_CERTIFICATE"), var("INTEROP_KEY")) else {
            return Ok(Self::Plain(tcp));
        };
        let chain = vec![CertificateDer::from_pem_file(chain)?];
        let key = PrivateKeyDer::from_pem_file(key)?;
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
        let session = ServerConnection::new(Arc::new(config))?;
        Ok(Self::Server(Box::new(StreamOwned::new(session, tcp))))
    }
}

impl Read for Stream {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(space),
            Self::Client(stream) => stream.read(space),
            Self::Server(stream) => stream.read(space),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(data),
            Self::Client(stream) => stream.write(data),
            Self::Server(stream) => stream.write(data),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Client(stream) => stream.flush(),
            Self::Server(stream) => stream.flush(),
        }
    }
}
