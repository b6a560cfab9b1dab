//! Sessions of TLS for both ends, with a certificate that is made once. No session is resumed, so that
//! no input depends on those before it.

use std::sync::{Arc, LazyLock};

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::client::Resumption;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::PrivateKeyDer;
use rustls::{
    ClientConfig, ClientConnection, Connection, RootCertStore, ServerConfig, ServerConnection,
};
use websocket_proto::io::tls::{ClientTls, ServerTls};

use super::Setup;

struct Configs {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    client_tls: ClientTls,
    server_tls: ServerTls,
}

static CONFIGS: LazyLock<Configs> = LazyLock::new(|| {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["h".to_owned()]).expect("a certificate");
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).expect("a root");
    let key: KeyPair = signing_key;
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let provider = Arc::new(default_provider());
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a key that belongs to it");
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.resumption = Resumption::disabled();
    let (client, server) = (Arc::new(client), Arc::new(server));
    Configs {
        client_tls: ClientTls::from_config(client.clone()),
        server_tls: ServerTls::from_config(server.clone()),
        client,
        server,
    }
});

/// The configuration of an adapter that is a client.
pub(crate) fn client() -> &'static ClientTls {
    &CONFIGS.client_tls
}

/// The configuration of an adapter that is a server.
pub(crate) fn server() -> &'static ServerTls {
    &CONFIGS.server_tls
}

/// The session of the peer of an adapter that is set up like this.
pub(crate) fn session(setup: Setup) -> Connection {
    if setup.is_server() {
        let name = "h".try_into().expect("a name");
        ClientConnection::new(CONFIGS.client.clone(), name).expect("a session").into()
    } else {
        ServerConnection::new(CONFIGS.server.clone()).expect("a session").into()
    }
}
