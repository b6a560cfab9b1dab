//! Messages and closing, with WebSockets of ours at both ends.

use websocket_proto::io::Error;
use websocket_proto::io::h2::WebSocket;
use websocket_proto::{CloseCode, Config, Deflate, Ending, Event, Side};

use super::server::{both, builder, pair, pair_with};
use super::{guarded, patient};

/// Sends back what it receives, until the client closes.
pub(crate) async fn echo(mut socket: WebSocket) -> Result<Ending, Error> {
    loop {
        match socket.receive().await? {
            Some((Event::Text(text), reply)) => reply.send_text(text).await?,
            Some((Event::Binary(data), reply)) => reply.send_binary(data).await?,
            Some((Event::Ended(ending), _)) => return Ok(ending.clone()),
            Some(_) => {}
            None => unreachable!("the end was reported"),
        }
    }
}

/// The next message, as bytes.
pub(crate) async fn next(socket: &mut WebSocket) -> Vec<u8> {
    loop {
        match socket.receive().await.unwrap().expect("a message").0 {
            Event::Text(text) => return text.as_bytes().to_vec(),
            Event::Binary(data) => return data.to_vec(),
            Event::Ended(ending) => panic!("{ending}"),
            _ => {}
        }
    }
}

async fn talk(config: Config) {
    let (client, mut server) = pair().await;
    let (mut near, far) = both(&client, &mut server, config).await;
    let echoing = tokio::spawn(echo(far));
    near.send_text("hello").await.unwrap();
    assert_eq!(next(&mut near).await, b"hello");
    let mut long = vec![7; 1 << 20];
    long[1 << 19] = 8;
    near.send_binary(&long).await.unwrap();
    assert!(next(&mut near).await == long);
    let ending = near.close_with(CloseCode::NORMAL, "bye").await.unwrap();
    assert!(ending.is_clean(), "{ending}");
    assert_eq!(ending.code(), CloseCode::NORMAL);
    let far_ending = echoing.await.unwrap().unwrap();
    assert!(far_ending.is_clean(), "{far_ending}");
    assert_eq!(far_ending.received.as_ref().unwrap().reason.as_ref(), "bye");
    drop(near);
    // Nothing is left of the stream: another one works, and the connection ends with the client.
    let (near, far) = both(&client, &mut server, patient()).await;
    drop((near, far, client));
    server.ended().await.unwrap();
}

#[tokio::test]
async fn messages_of_all_kinds_and_a_clean_end() {
    guarded(talk(patient())).await;
}

#[cfg(feature = "deflate")]
#[tokio::test]
async fn compressed_messages() {
    let mut config = patient();
    config.deflate = Some(Deflate::default());
    guarded(talk(config)).await;
}

#[tokio::test]
async fn the_server_closes() {
    guarded(async {
        let (client, mut server) = pair().await;
        let (mut near, mut far) = both(&client, &mut server, patient()).await;
        let closing = async { far.close_with(CloseCode::GOING_AWAY, "later").await.unwrap() };
        let receiving = async {
            while let Some((event, _)) = near.receive().await.unwrap() {
                if let Event::Ended(ending) = event {
                    return ending.clone();
                }
            }
            unreachable!("the end was reported")
        };
        let (far_ending, near_ending) = tokio::join!(closing, receiving);
        assert!(far_ending.is_clean() && near_ending.is_clean(), "{far_ending}; {near_ending}");
        assert_eq!(near_ending.initiator, Some(Side::Peer));
        assert_eq!(near_ending.code(), CloseCode::GOING_AWAY);
        assert_eq!(far_ending.code(), CloseCode::GOING_AWAY);
    })
    .await;
}

/// Many sockets share a connection, and each gets what is its own.
#[tokio::test]
async fn many_sockets_over_one_connection() {
    guarded(async {
        let (client, mut server) = pair().await;
        let mut sockets = Vec::new();
        for _ in 0..50 {
            let (near, far) = both(&client, &mut server, patient()).await;
            tokio::spawn(echo(far));
            sockets.push(near);
        }
        for (number, socket) in sockets.iter_mut().enumerate() {
            socket.send_text(&number.to_string()).await.unwrap();
        }
        for (number, socket) in sockets.iter_mut().enumerate().rev() {
            assert_eq!(next(socket).await, number.to_string().as_bytes());
        }
        for mut socket in sockets {
            let ending = socket.close_with(CloseCode::NORMAL, "").await.unwrap();
            assert!(ending.is_clean(), "{ending}");
        }
    })
    .await;
}

/// Halves in two tasks, with much on its way in both directions.
#[tokio::test]
async fn a_split_socket() {
    guarded(async {
        let (client, mut server) = pair().await;
        let (near, far) = both(&client, &mut server, patient()).await;
        tokio::spawn(echo(far));
        let (sender, mut receiver) = near.split();
        let sending = tokio::spawn(async move {
            for number in 0..200_u32 {
                let mut message = vec![0; 20_000];
                message[..4].copy_from_slice(&number.to_be_bytes());
                sender.send_binary(&message).await.unwrap();
            }
            sender.start_close(CloseCode::NORMAL, "").unwrap();
        });
        let mut expected = 0_u32;
        while let Some(event) = receiver.receive().await.unwrap() {
            match event {
                Event::Binary(data) => {
                    assert_eq!(data[..4], expected.to_be_bytes());
                    expected += 1;
                }
                Event::Ended(ending) => assert!(ending.is_clean(), "{ending}"),
                _ => {}
            }
        }
        assert_eq!(expected, 200);
        sending.await.unwrap();
    })
    .await;
}

/// What a socket does after its message has come back, by its number.
async fn leave(mut socket: WebSocket, number: usize) {
    match number % 4 {
        0 => assert!(socket.close_with(CloseCode::NORMAL, "").await.unwrap().is_clean()),
        1 => socket.abort(),
        2 => socket.writer().start_close(CloseCode::NORMAL, "").unwrap(),
        _ => {}
    }
}

/// Sockets that come and go on several threads, in every way that there is. None is left over, or the
/// connection would not end.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn sockets_come_and_go_on_several_threads() {
    guarded(async {
        // By default, this server bears 130 short frames that wait, of all sockets together.
        let mut builder = builder();
        builder.data_frame_budget(1 << 20);
        let (client, mut server) = pair_with(builder).await;
        let serving = tokio::spawn(async move {
            while let Some(asked) = server.try_next().await {
                tokio::spawn(echo(asked.open(patient())));
            }
            server.ended().await
        });
        let tasks = (0..200).map(|number| {
            let client = client.clone();
            tokio::spawn(async move {
                let mut socket = client.connect(&super::request(), patient()).await.unwrap();
                socket.send_text(&number.to_string()).await.unwrap();
                assert_eq!(next(&mut socket).await, number.to_string().as_bytes());
                leave(socket, number).await;
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        drop(client);
        serving.await.unwrap().unwrap();
    })
    .await;
}
