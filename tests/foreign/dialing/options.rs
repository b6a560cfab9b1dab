//! Addresses, local addresses, and sockets that an application sets up.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddrV6, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use websocket_proto::Config;
use websocket_proto::io::{Dial, blocking, smol as for_smol, tokio as for_tokio};

use super::server::{CERTIFIED, Echo};
use super::{ALL, exchange, request, run, unconnected};

#[test]
fn host_and_certificate_are_those_of_the_url() {
    for secure in [false, true] {
        let echo = Echo::start(secure);
        let options = Dial::new().addresses([echo.address]).tls(CERTIFIED.client.clone());
        let scheme = if secure { "wss" } else { "ws" };
        for io in ALL {
            exchange(io, &request(&format!("{scheme}://server.test:8443/")), &options).unwrap();
            assert_eq!(echo.hosts.recv().unwrap().0, "server.test:8443");
        }
    }
    let echo = Echo::start(true);
    let options = Dial::new().addresses([echo.address]).tls(CERTIFIED.client.clone());
    let error = unconnected(ALL[0], &request("wss://other.test/"), &options);
    assert!(error.to_string().contains("certificate is not for other.test"), "{error}");
}

#[test]
fn no_addresses() {
    for io in ALL {
        let error = unconnected(io, &request("ws://127.0.0.1/"), &Dial::new().addresses([]));
        assert!(error.to_string().ends_with("the name has no address"), "{error}");
    }
}

#[test]
fn a_local_address() {
    let echo = Echo::start(false);
    let address = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 1));
    let options = Dial::new().local_address(address);
    for io in ALL {
        exchange(io, &request(&format!("ws://{}/", echo.address)), &options).unwrap();
        assert_eq!(echo.hosts.recv().unwrap().1.ip(), address, "{io:?}");
    }
    let other = Dial::new().local_address(Ipv6Addr::LOCALHOST.into());
    let strange = Dial::new().local_address(Ipv4Addr::new(192, 0, 2, 77).into());
    for io in ALL {
        let error = unconnected(io, &request(&format!("ws://{}/", echo.address)), &other);
        assert!(error.to_string().ends_with("the family of Dial::local_address"), "{error}");
        let error = unconnected(io, &request(&format!("ws://{}/", echo.address)), &strange);
        assert_eq!(error.kind(), io::ErrorKind::AddrNotAvailable, "{io:?}: {error}");
    }
}

#[test]
fn a_socket_is_seen_before_it_connects() {
    let echo = Echo::start(false);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&seen);
    let options = Dial::new().configure(move |socket| {
        note.lock().unwrap().push(socket.peer_addr().is_err());
        let socket = SockRef::from(socket);
        socket.set_keepalive(true)?;
        socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(Duration::from_secs(77)))
    });
    let request = request(&format!("ws://{}/", echo.address));
    macro_rules! check {
        ($socket:expr) => {{
            let socket = $socket.unwrap();
            let socket = socket.stream().inner();
            assert!(socket.nodelay().unwrap());
            assert!(SockRef::from(socket).keepalive().unwrap());
        }};
    }
    check!(blocking::dial(&request, Config::default(), &options));
    run(async { check!(for_tokio::dial(&request, Config::default(), &options).await) });
    smol::block_on(async { check!(for_smol::dial(&request, Config::default(), &options).await) });
    assert_eq!(*seen.lock().unwrap(), [true; 3]);
}

#[test]
fn a_socket_that_cannot_be_set_up_is_an_attempt_that_failed() {
    let echo = Echo::start(false);
    let failures = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&failures);
    let options = Dial::new().addresses([echo.address; 2]).configure(move |_| {
        match count.fetch_add(1, Ordering::Relaxed) % 2 {
            0 => Err(io::Error::other("no such device")),
            _ => Ok(()),
        }
    });
    for io in ALL {
        exchange(io, &request("ws://server.test/"), &options).unwrap();
    }
    let options = Dial::new().configure(|_| Err(io::Error::other("no such device")));
    for io in ALL {
        let error = unconnected(io, &request(&format!("ws://{}/", echo.address)), &options);
        assert!(error.to_string().ends_with(": no such device"), "{error}");
    }
}

#[test]
fn options_are_shown_without_secrets() {
    let proxy = "http://user:secret@127.0.0.1:3128".parse().unwrap();
    let text = format!("{:?}", Dial::new().proxy(proxy).tls(CERTIFIED.client.clone()));
    assert!(text.contains("127.0.0.1:3128") && !text.contains("secret"), "{text}");
}

/// A link-local address of this machine, and the number of its interface.
#[cfg(target_os = "linux")]
fn link_local() -> Option<(Ipv6Addr, u32)> {
    let table = std::fs::read_to_string("/proc/net/if_inet6").ok()?;
    table.lines().find_map(|line| {
        let mut fields = line.split(' ');
        let ip = Ipv6Addr::from(u128::from_str_radix(fields.next()?, 16).ok()?);
        let interface = u32::from_str_radix(fields.next()?, 16).ok()?;
        ip.is_unicast_link_local().then_some((ip, interface))
    })
}

#[test]
#[cfg(target_os = "linux")]
fn a_local_address_that_is_link_local() {
    let Some((ip, interface)) = link_local() else { return };
    let listener = TcpListener::bind(SocketAddrV6::new(ip, 0, 0, interface)).unwrap();
    let echo = Echo::on(listener, false);
    let url = format!("ws://[{ip}%25{interface}]:{}/", echo.address.port());
    for io in ALL {
        exchange(io, &request(&url), &Dial::new().local_address(ip.into())).unwrap();
        let (host, peer) = echo.hosts.recv().unwrap();
        assert_eq!((host, peer.ip()), (format!("[{ip}]:{}", echo.address.port()), ip.into()));
    }
}
