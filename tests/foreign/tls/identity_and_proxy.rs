//! Clients that show a certificate (mutual TLS) through an `https` proxy.

use std::net::TcpStream;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::tls::{ClientTls, ServerTls};
use websocket_proto::io::{
    ConnectStage, Dial, Error, blocking, smol as for_smol, tokio as for_tokio,
};

use super::identity::{VERSIONS, client, demanding, showing};
use super::{ALL, GUARD, Io, config, echo_server, good, run, serve};

/// A proxy for one connection, to this port.
fn proxy(tls: ServerTls, port: u16) -> u16 {
    let (proxy, _) = serve(move |stream: TcpStream| {
        stream.set_nonblocking(true).unwrap();
        run(async move {
            let stream = tokio::net::TcpStream::from_std(stream)?;
            let mut stream = for_tokio::tls_server(stream, &tls, GUARD).await?;
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await?);
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            stream.flush().await?;
            let mut server = tokio::net::TcpStream::connect(("127.0.0.1", port)).await?;
            copy_bidirectional(&mut stream, &mut server).await
        })
    });
    proxy
}

fn dial(io: Io, port: u16, proxy: u16, tls: &ClientTls) -> Result<(), Error> {
    let request = ClientRequest::new(&format!("wss://127.0.0.1:{port}/"))?;
    let proxy = format!("https://127.0.0.1:{proxy}").parse().unwrap();
    let options = Dial::new().proxy(proxy).tls(tls.clone());
    match io {
        Io::Blocking => blocking::dial(&request, config(), &options).map(drop),
        Io::Tokio => run(for_tokio::dial(&request, config(), &options)).map(drop),
        Io::Smol => smol::block_on(for_smol::dial(&request, config(), &options)).map(drop),
    }
}

#[test]
fn the_certificate_is_for_those_who_demand_it() {
    let (server, client) = (good(), client("client"));
    let tls = showing(server.client(), &client);
    for io in ALL {
        for version in VERSIONS {
            let demanding = || demanding(&server, &client, &[version]);
            for (of_server, of_proxy) in [
                (demanding(), server.server()),
                (server.server(), demanding()),
                (demanding(), demanding()),
            ] {
                let (port, _) = echo_server(io, of_server);
                dial(io, port, proxy(of_proxy, port), &tls).unwrap();
            }
        }
    }
}

#[test]
fn a_proxy_that_demands_a_certificate_in_vain() {
    let (server, client) = (good(), client("client"));
    for io in ALL {
        for version in VERSIONS {
            let (port, _) = echo_server(io, server.server());
            let proxy = proxy(demanding(&server, &client, &[version]), port);
            match dial(io, port, proxy, &server.client()).unwrap_err() {
                Error::Connect(error) => {
                    println!("{io:?} {version:?} {:?}: {error}", error.stage());
                    assert!(matches!(error.stage(), ConnectStage::ProxyTls | ConnectStage::Proxy));
                }
                error => panic!("{error:?}"),
            }
        }
    }
}
