//! How messages become DATA frames.

use tokio::io::AsyncReadExt;
use websocket_proto::Prepared;

use super::server::{Accepted, builder, opened, pair, pair_with};
use super::{guarded, patient};

/// The lengths of the DATA frames that come until this many bytes are there.
async fn lengths(accepted: &mut Accepted, total: usize) -> Vec<usize> {
    let (mut lengths, mut sum) = (Vec::new(), 0);
    while sum < total {
        let data = accepted.next().await.unwrap().unwrap();
        sum += data.len();
        lengths.push(data.len());
    }
    lengths
}

/// The length of a client's frame with a short payload.
const fn framed(payload: usize) -> usize {
    payload + 6
}

#[tokio::test]
async fn each_message_that_is_sent_is_one_data_frame() {
    guarded(async {
        let (client, mut server) = pair().await;
        let (mut socket, mut accepted) = opened(&client, &mut server, patient()).await;
        for len in [1, 50, 0, 100] {
            socket.send_binary(&vec![0; len]).await.unwrap();
            assert_eq!(lengths(&mut accepted, framed(len)).await, [framed(len)]);
        }
    })
    .await;
}

#[tokio::test]
async fn all_that_is_fed_before_a_flush_is_one_data_frame() {
    guarded(async {
        let (client, mut server) = pair().await;
        let (mut socket, mut accepted) = opened(&client, &mut server, patient()).await;
        for _ in 0..50 {
            socket.feed_text("0123456789").await.unwrap();
        }
        socket.flush().await.unwrap();
        assert_eq!(lengths(&mut accepted, 50 * framed(10)).await, [50 * framed(10)]);
    })
    .await;
}

/// Pieces that are held by reference, which `Outgoing` has beside its queue.
#[tokio::test]
async fn the_pieces_of_a_vectored_write_are_one_data_frame() {
    guarded(async {
        let (client, mut server) = pair().await;
        let (near, mut accepted) = opened(&client, &mut server, patient()).await;
        let mut parts = near.into_parts();
        let mut pieces = vec![vec![1; 300], vec![2; 300], vec![3; 300]];
        pieces.push(Vec::new());
        let slices: Vec<_> = pieces.iter().map(|piece| std::io::IoSlice::new(piece)).collect();
        let written = std::future::poll_fn(|cx| {
            use tokio::io::AsyncWrite;
            std::pin::Pin::new(&mut parts.stream).poll_write_vectored(cx, &slices)
        });
        assert_eq!(written.await.unwrap(), 900);
        let data = accepted.next().await.unwrap().unwrap();
        assert_eq!(data, pieces.concat());
    })
    .await;
}

/// A server holds a prepared message by reference, so what surrounds it is in other pieces.
#[tokio::test]
async fn a_prepared_message_and_what_surrounds_it_are_one_data_frame() {
    guarded(async {
        let (client, mut server) = pair().await;
        let request = super::request();
        let asking = tokio::spawn(async move { client.connect(&request, patient()).await });
        let mut far = server.next().await.open(patient());
        let mut near = asking.await.unwrap().unwrap().into_parts().stream;
        far.feed_text("before").await.unwrap();
        far.feed_prepared(&Prepared::binary(&[7; 4000])).await.unwrap();
        far.feed_text("after").await.unwrap();
        far.flush().await.unwrap();
        let mut received = [0; 8 + 4004 + 7 + 1];
        let len = near.read(&mut received).await.unwrap();
        assert_eq!(len, received.len() - 1);
    })
    .await;
}

/// A message that is longer than the peer's frames is cut at their length, and at nothing else.
#[tokio::test]
async fn a_long_message_fills_its_frames() {
    guarded(async {
        let mut builder = builder();
        builder.initial_window_size(1 << 20).initial_connection_window_size(1 << 20);
        let (client, mut server) = pair_with(builder).await;
        let (mut socket, mut accepted) = opened(&client, &mut server, patient()).await;
        let total = 40_000 + 8;
        let (sent, lengths) =
            tokio::join!(socket.send_binary(&[0; 40_000]), lengths(&mut accepted, total));
        sent.unwrap();
        assert_eq!(lengths, [16_384, 16_384, total - 2 * 16_384]);
    })
    .await;
}

/// What arrives in empty frames, in single bytes, several messages at a time.
#[tokio::test]
async fn messages_arrive_however_they_are_framed() {
    guarded(async {
        let (client, mut server) = pair().await;
        let (mut socket, mut accepted) = opened(&client, &mut server, patient()).await;
        let messages = b"\x81\x01a\x81\x02bc\x81\x03def";
        accepted.send(messages);
        accepted.send(b"");
        for byte in messages {
            accepted.send(&[*byte]);
            accepted.send(b"");
        }
        for expected in ["a", "bc", "def", "a", "bc", "def"] {
            assert_eq!(super::echo::next(&mut socket).await, expected.as_bytes());
        }
        // Empty frames are not the end, and what is the end is one.
        accepted.end();
        let (event, _) = socket.receive().await.unwrap().unwrap();
        assert!(matches!(event, websocket_proto::Event::Ended(_)), "{event:?}");
        drop(socket);
        assert_eq!(accepted.read_to_end().await.unwrap(), b"");
    })
    .await;
}
