//! Peers that close and read nothing: our Close frame cannot leave, so the end is not clean.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use websocket_proto::io::tls::ServerTls;
use websocket_proto::io::{blocking, smol as for_smol, tokio as for_tokio};
use websocket_proto::{Config, Deadline, EndCause, Ending, Event, Role, Side};

use super::{ALL, GUARD, Io, config, good, run, serve};

/// A Close frame with code 1000, masked with zeros.
const CLOSE: [u8; 8] = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8];

/// A server that sends more than the buffers hold, and receives to the end.
fn send_and_receive(io: Io, stream: TcpStream, tls: &ServerTls, config: Config) -> Ending {
    let message = vec![0; 32 << 20];
    macro_rules! program {
        ($adapter:ident, $adopt:expr) => {
            async {
                stream.set_nonblocking(true).unwrap();
                let stream =
                    $adapter::tls_server($adopt(stream).unwrap(), tls, GUARD).await.unwrap();
                let mut socket =
                    $adapter::WebSocket::established(stream, Role::Server, None, config, &[]);
                socket.feed_binary(&message).await.unwrap();
                loop {
                    if let Ok(Some((Event::Ended(ending), _))) = socket.receive().await {
                        return ending.clone();
                    }
                }
            }
        };
    }
    match io {
        Io::Tokio => run(program!(for_tokio, tokio::net::TcpStream::from_std)),
        Io::Smol => smol::block_on(program!(for_smol, smol::net::TcpStream::try_from)),
        Io::Blocking => {
            let stream = blocking::tls_server(stream, tls, GUARD).unwrap();
            let socket = blocking::WebSocket::established(stream, Role::Server, None, config, &[]);
            // An unsplit socket writes what is queued before it reads.
            let (sender, mut receiver) = socket.split();
            sender.feed_binary(&message).unwrap();
            loop {
                if let Ok(Some(Event::Ended(ending))) = receiver.receive() {
                    return ending.clone();
                }
            }
        }
    }
}

/// How it ended for the server, whose peer goes away after its Close frame, or stays.
fn ending(io: Io, goes_away: bool, change: impl FnOnce(&mut Config)) -> Ending {
    let (issued, mut config) = (good(), config());
    change(&mut config);
    let tls = issued.server();
    let (port, server) = serve(move |stream| send_and_receive(io, stream, &tls, config));
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut client = blocking::tls_client(stream, &issued.client(), "127.0.0.1", GUARD).unwrap();
    client.write_all(&CLOSE).unwrap();
    client.flush().unwrap();
    let start = Instant::now();
    // With input that was not read, the system resets the connection.
    let stays = (!goes_away).then_some(client);
    let ending = server.join().unwrap();
    assert!(start.elapsed() < GUARD, "{io:?}");
    drop(stays);
    ending
}

const SOON: Duration = Duration::from_millis(200);

#[test]
fn a_close_frame_that_cannot_leave_is_no_clean_end() {
    for io in ALL {
        let writing = ending(io, false, |config| config.write_timeout = Some(SOON));
        assert_eq!(writing.cause, EndCause::TimedOut(Deadline::Write), "{io:?}");
        let closing = ending(io, false, |config| config.close_timeout = SOON);
        assert_eq!(closing.cause, EndCause::TimedOut(Deadline::Close), "{io:?}");
        for ending in [writing, closing] {
            assert_eq!((ending.initiator, ending.code().get()), (Some(Side::Peer), 1000), "{io:?}");
            assert!(!ending.is_clean());
        }
        // Its Close frame may get lost as well.
        let gone = ending(io, true, |_| ());
        assert_eq!((gone.cause, gone.is_clean()), (EndCause::TransportFailed, false), "{io:?}");
    }
}
